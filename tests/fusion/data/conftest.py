"""The data of a task on rows that a test made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.fusion.data.reading import FusionData, fusion_data
from tests.fusion.small_tasks import (
    Given,
    bring,
    classes,
)


@pytest.fixture(autouse=True)
def _cache(cache: Path) -> None:
    """A cache of data sets per test, since all are called ``small``."""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FusionData]:
    """The data of a task on rows."""

    def reading_of(given: Given, task: Any = None, **how: Any) -> FusionData:
        bring(monkeypatch, given)
        return fusion_data(task or classes(), folder=tmp_path / "fusion", progress=False, **how)

    return reading_of
