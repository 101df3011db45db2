"""The rows of a task that a test made, as fusion methods see them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.fusion.data.reading import FusionData, fusion_data
from tests.fusion.small_tasks import Given, bring, classes

Made = Callable[..., FusionData]


@pytest.fixture
def made(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The data of a task on rows, in a cache of the test's own."""

    def data_of(rows: Given, task: Any = None, **how: Any) -> FusionData:
        bring(monkeypatch, rows)
        return fusion_data(task or classes(), folder=tmp_path / "features", progress=False, **how)

    return data_of
