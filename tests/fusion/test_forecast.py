"""What a dry run says comes true, and saying it leaves nothing behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.fusion.comparison import compare_fusion
from mmbench.fusion.forecast import forecast
from mmbench.fusion.jobs import Job, Place
from mmbench.fusion.protocol import Protocol
from tests.fusion.small_tasks import BOTH, Counting, bring, classes, encoder, rows, worded

SMALL: dict[str, Any] = {
    "methods": "concat,mult",
    "budget": 600,
    "trials": 2,
    "seeds": 3,
    "updates": 4,
    "progress": False,
}


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    bring(monkeypatch, rows(lengths={"a": 1, "b": 3}))
    return classes()


def test_the_trainings_that_it_counts_are_those_that_are_made(task: Any, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    before = forecast(task, **SMALL, output_dir=root)
    assert not root.exists()
    (part,) = before["budgets"]
    names = ["concat", "mult", "decision-average", "only-a", "only-b", "unimodal-ensemble"]
    assert [one["name"] for one in part["methods"]] == names
    assert (part["trainings"], part["trained"], part["tests"], part["tested"]) == (6 * (2 + 2), 0, 6 * 3, 0)
    compare_fusion(task, **SMALL, output_dir=root, workers=1)
    (place,) = (root / ".fusion" / "studies").iterdir()
    assert len(list((place / "trainings").rglob("*.json"))) == part["trainings"]
    after = forecast(task, **SMALL, output_dir=root)
    assert (after["budgets"][0]["trained"], after["budgets"][0]["tested"]) == (part["trainings"], part["tests"])
    assert after["budgets"][0]["methods"] == part["methods"]
    assert (before["features"]["state"], after["features"]["state"]) == ("to be made", "on disk")
    assert {**before["features"], "state": "on disk"} == after["features"]
    for one in part["methods"]:  # the first trial is the default
        record = json.loads(Place(place, place, Protocol()).record(Job(one["name"], 0, 0)).read_text())
        assert (record["parameters"], record["widths"][0]) == (one["parameters"], one["width"])
    more = forecast(task, **{**SMALL, "trials": 3, "seeds": 4}, output_dir=root)["budgets"][0]
    assert (more["trained"], more["tested"]) == (6 * 2, 0)  # which trial the longer search chooses is not known yet


def test_raw_content_is_counted_by_its_different_parts_and_not_embedded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    bring(monkeypatch, worded(lambda split, row: [f"{split[:1]}{row % 5}"]))
    model = Counting()
    found = forecast(classes(BOTH), **SMALL, encoders={"text": encoder(model)}, output_dir=tmp_path)
    said = {one["name"]: (one["d"], one["kept"], one["distinct"]) for one in found["features"]["modalities"]}
    assert said == {"text": (None, 64, 10), "a": (4, 4, 1)}  # the words of train and test are the same
    assert model.shown == []
    with pytest.raises(UserError, match="How many features text has is known once it is embedded.*--reduce"):
        forecast(classes(BOTH), **SMALL, reduce=None, encoders={"text": encoder(model)}, output_dir=tmp_path)


def test_what_cannot_meet_the_budget_is_said_and_refused_where_it_was_named(task: Any, tmp_path: Path) -> None:
    small = {**SMALL, "budget": 100}
    (part,) = forecast(task, **{**small, "methods": "all"}, output_dir=tmp_path)["budgets"]
    names = {one["name"] for one in part["methods"]}
    assert "concat" in names
    assert not {"mult", "mbt"} & names
    assert any(sentence.startswith("mult is left out: mult needs at least") for sentence in part["left_out"])
    with pytest.raises(UserError, match="mult needs at least"):
        forecast(task, **small, output_dir=tmp_path)


def test_a_search_per_seed_is_counted(task: Any, tmp_path: Path) -> None:
    asked = {**SMALL, "trials": 3, "seeds": 2, "search_per_seed": True, "output_dir": tmp_path}
    (part,) = forecast(task, **asked)["budgets"]
    assert part["trainings"] == 3 * 2 * len(part["methods"])
    compare_fusion(task, **asked, workers=1)
    (part,) = forecast(task, **asked)["budgets"]
    assert (part["trained"], part["tested"]) == (part["trainings"], part["tests"])


def test_a_sensitivity_run_is_said_budget_by_budget(task: Any, tmp_path: Path) -> None:
    found = forecast(task, **SMALL, sensitivity=True, output_dir=tmp_path)
    assert [part["budget"] for part in found["budgets"]] == [600, 300, 1200]


def test_what_a_comparison_would_refuse_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    bring(monkeypatch, rows(lengths={"a": 1}))
    with pytest.raises(UserError, match="shows a in training rows, and there is nothing to fuse"):
        forecast(classes(), **SMALL, output_dir=tmp_path)
    with pytest.raises(UserError, match="openmoji.t2i asks a model to embed"):
        forecast("openmoji.t2i", **SMALL, output_dir=tmp_path)
