"""The official scorers' own inputs and outputs: every row of the table of ``tests.metrics.vectors``."""

import pytest

from mmbench.discovery import modules_in

FAMILIES = list(modules_in("tests.metrics.vectors"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_mmbench_agrees_with_the_official_scorers(family: object) -> None:
    rows = list(family.rows())  # type: ignore[attr-defined]
    assert rows
    assert [row for row in rows if not row.ok] == []
