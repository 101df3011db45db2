"""Files in the layout of CMU-MOSI with a planted product of text and audio: the ranking that has to come out comes out."""

from pathlib import Path
from typing import Any

import pytest

import mmbench
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.report import plots
from tests.fakes import register
from tests.fusion.mosi_files import BEST_SUM, SHORT, card, planted, write

LAYOUTS = pytest.mark.parametrize("aligned", [True, False], ids=["aligned", "unaligned"])
ADDITIVE = {fusion.name for fusion in all_fusions() if fusion.additive}


@pytest.fixture
def compare(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def compare(aligned: bool, **how: Any) -> Any:
        found = planted(aligned=aligned, steps=SHORT[aligned])
        write(found, tmp_path / "files")
        register(monkeypatch, card(found, tmp_path / "files"))
        monkeypatch.setattr(plots, "draw", lambda results: [])
        task = "cmu-mosi.regression" if aligned else "cmu-mosi-unaligned.regression"
        fixed: dict[str, Any] = {
            "budget": 4_000,
            "reduce": 8,
            "updates": 300,
            "output_dir": tmp_path / "runs",
            "progress": False,
        }
        return mmbench.compare_fusion(task, **(fixed | how)).results

    return compare


def check(results: Any) -> None:
    rows = {row["name"]: row for row in results["rows"] if row["kind"] != "reported"}
    methods = {name: row for name, row in rows.items() if row["kind"] == "method"}
    able = set(methods) - ADDITIVE
    assert able
    assert ADDITIVE & set(methods)
    for name, row in methods.items():
        if name in able:
            assert row["value"] > 0.8, name
            assert row["wins"], name
        else:
            assert row["value"] < BEST_SUM + 0.1, name
            assert not row["wins"], name
    assert max(methods[name]["group"] for name in able) < min(
        methods[name]["group"] for name in ADDITIVE & set(methods)
    )
    for pair in results["pairs"]:
        if len({pair["a"], pair["b"]} & able) == 1:
            assert pair["p_holm"] < 0.05, pair
            assert pair[pair["better"]] in able, pair
    for name in ("only-text", "only-audio", "only-vision", "unimodal-ensemble"):
        assert rows[name]["value"] < BEST_SUM + 0.1, name
    assert rows["majority"]["value"] is None
    reported = [row for row in results["rows"] if row["kind"] == "reported"]
    assert reported
    assert all(row["group"] is None and row["citation"] for row in reported)


@LAYOUTS
def test_a_product_of_two_modalities_ranks_those_who_can_multiply_above_sums(compare: Any, aligned: bool) -> None:
    results = compare(aligned, methods="mlb,linear-sum", trials=1, seeds=2, workers=1)
    check(results)
    mlb = next(row for row in results["rows"] if row["name"] == "mlb")
    analyses = mlb["analyses"]
    assert analyses["shape"]["cooperation"] > 0.5
    assert analyses["emap"]["gap"] > 0.4
    assert (
        analyses["perceptual"]["vision"] < 0.1 < 0.4 < min(analyses["perceptual"][name] for name in ("text", "audio"))
    )
    steps = {one["name"]: one["steps"] for one in results["features"]}
    assert steps == dict(SHORT[aligned])


@pytest.mark.slow
@LAYOUTS
def test_every_method_comes_where_it_has_to(compare: Any, aligned: bool) -> None:
    results = compare(aligned, methods="all", trials=3, seeds=5, updates=600)
    assert {row["name"] for row in results["rows"] if row["kind"] == "method"} == {one.name for one in all_fusions()}
    check(results)
