"""The example of docs/fusion.md, as a stranger would run it."""

import re
from pathlib import Path

import pytest

from mmbench.fusion.comparison import compare_fusion
from mmbench.fusion.synthetic import all_known
from mmbench.loaders import get_card
from mmbench.loaders.sources import GeneratedSource
from mmbench.tasks import get_task

PAGE = Path(__file__).parent.parent.parent / "docs" / "fusion.md"


def test_a_method_of_ten_lines_learns_what_an_average_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    of_the_class = code.partition("class ")[2]
    assert len([line for line in of_the_class.splitlines() if line.strip()]) <= 10
    (tmp_path / "myfusion.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "mmbench fusion -t fusion-xor.class -m concat,myfusion:MyFusion" in page
    found = compare_fusion(
        "fusion-xor.class", methods="concat,myfusion:MyFusion", budget=3_000, trials=1, seeds=1, updates=300,
        output_dir=tmp_path / "runs", workers=1, progress=False,
    )  # fmt: skip
    rows = {row["name"]: row for row in found.results["rows"]}
    (known,) = (one for one in all_known() if one.task == "fusion-xor.class")
    assert known.passes(rows["myfusion:MyFusion"]["value"])
    assert known.fails(rows["decision-average"]["value"])
    assert rows["myfusion:MyFusion"]["wins"]


def test_the_sizes_of_the_made_up_sets_are_those_on_the_page() -> None:
    for known in all_known():
        source = get_card(get_task(known.task).dataset).source
        assert isinstance(source, GeneratedSource)
        assert list(source.sizes.values()) == [4_000, 1_000, 2_000]
