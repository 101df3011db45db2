"""The look at the test split: once per trained model, and written down before it is taken."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.files import atomic_path, file_sha256, read_json, write_json
from mmbench.fusion.analyses import Judge, analyse, robustness
from mmbench.fusion.analyses.cost import measure
from mmbench.fusion.analyses.emap import ROWS
from mmbench.fusion.blocks import Block, Problem, take
from mmbench.fusion.data.reading import value
from mmbench.fusion.data.shortcuts import majority
from mmbench.fusion.jobs import Bench, Job, Place, read_record, trained
from mmbench.fusion.training import Trained, arrays, pooled_block

LOG = "test-reads.jsonl"
TESTS = "tests"
COSTED = 256  # rows on which a pass is timed
ROWS_OF_STEPS = 60  # of EMAP's sample for methods that take steps: its passes grow with the square


def look(bench: Bench, job: Job) -> dict[str, Any]:
    """Predict the test split with a trained model and analyse it, unless that was done; returns what is said about it.

    The log gets a line before the split is opened; ``reads`` counts them.
    """
    place = bench.place
    known = read_look(place, job)
    if known is not None:
        return known
    paths, weights = _paths(place, job), (read_record(place, job) or {})["weights"]
    note(place, job, weights)
    outputs, said = {}, []
    for fold in bench.data.folds:
        model = trained(bench, job, fold)
        block, problem = bench.data.block(fold, "test"), bench.data.problem
        guess = majority(problem, bench.data.block(fold, "train").targets, len(block))
        shown = pooled_block(block, model.fusion)
        outputs[fold] = model([column.values for column in shown.inputs], [column.mask for column in shown.inputs])
        chance = value(problem, guess, block.targets)
        analyses = analyse(
            model,
            shown,
            _judge(problem, block),
            deviations=dict(zip(block.names, bench.data.deviations(fold), strict=True)),
            chance=chance if np.isfinite(chance) else 0.0,  # a constant correlates with nothing
            rows=ROWS if max(bench.data.steps) == 1 or not model.fusion.sequences else ROWS_OF_STEPS,
        )
        said.append(
            {"analyses": analyses, "cost": _cost(model, block), "chance": chance if np.isfinite(chance) else 0.0}
        )
    with atomic_path(paths[0]) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **outputs)  # type: ignore[arg-type]  # its own options come first
    names = {"entry": job.entry, "trial": job.trial, "seed": job.seed, "weights": weights}
    found = {**names, "outputs": file_sha256(paths[0]), **mean_of(said)}
    write_json(paths[1], found)
    return found


def read_look(place: Place, job: Job) -> dict[str, Any] | None:
    """What is said about a look that was taken with these weights, or ``None``; what is damaged counts as none."""
    outputs, said = _paths(place, job)
    record = read_record(place, job)
    try:
        found = read_json(said)
        whole = isinstance(found, dict) and found.get("outputs") == file_sha256(outputs)
    except (OSError, ValueError):
        return None
    return found if whole and record is not None and found["weights"] == record["weights"] else None


def _paths(place: Place, job: Job) -> tuple[Path, Path]:
    """Of what a model gave, and of what is said about it."""
    return place.study / TESTS / f"{job.stem}.npz", place.study / TESTS / f"{job.stem}.json"


def _cost(model: Trained, block: Block) -> dict[str, Any]:
    """Of all networks together, one after the other, on some rows; floating-point operations and milliseconds per row."""
    inputs, masks = arrays(take(block, slice(COSTED)), model.fusion)
    each = [
        measure(
            network,
            [inputs[m].to(model.device) for m in member.modalities],
            [masks[m].to(model.device) for m in member.modalities],
        )
        for member, network in zip(model.members, model.models, strict=True)
    ]
    return {
        "flops": sum(one.flops for one in each),
        "latency_ms": 1000 * sum(one.latency[0] for one in each),
        "batched_ms": 1000 * sum(one.latency[-1] for one in each),
        "memory_mb": max(one.memory for one in each) / 1e6,
        "memory_of": each[0].memory_of,
        "uncounted": sorted({name for one in each for name in one.uncounted}),
    }


def _judge(problem: Problem, block: Block) -> Judge:
    def judge(outputs: NDArray[np.float64], rows: NDArray[np.int64] | None = None) -> float:
        return value(problem, outputs, block.targets if rows is None else block.targets[rows])

    return judge


def outputs_of(place: Place, job: Job) -> dict[str, NDArray[np.float64]]:
    """What a model gave for the test split, by fold."""
    with np.load(_paths(place, job)[0], allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def note(place: Place, job: Job, weights: str) -> None:
    """Write down that the test split is about to be read."""
    line = {
        "entry": job.entry,
        "trial": job.trial,
        "seed": job.seed,
        "weights": weights,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    place.study.mkdir(parents=True, exist_ok=True)
    with (place.study / LOG).open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(line) + "\n")  # one write: lines of several processes do not mix


def reads(place: Place) -> dict[str, int]:
    """By entry, how many selections were tested under one seed: 1, or more where a longer search chose anew after a test."""
    path = place.study / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    seen: dict[str, dict[int, set[str]]] = {}
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            continue  # a line that a crash cut
        seen.setdefault(one["entry"], {}).setdefault(one["seed"], set()).add(one["weights"])
    return {name: max(len(weights) for weights in by_seed.values()) for name, by_seed in seen.items()}


def mean_of(parts: Sequence[Any]) -> Any:
    """The mean of like documents, number by number; what is no number is that of the first, and ``None`` counts in no mean."""
    first = parts[0]
    if isinstance(first, Mapping):
        return {key: mean_of([part[key] for part in parts if key in part]) for key in first}
    if isinstance(first, list):
        return [mean_of([part[i] for part in parts]) for i in range(len(first))]
    numbers = [part for part in parts if isinstance(part, int | float) and not isinstance(part, bool)]
    if not numbers:
        return first
    found = float(np.mean(numbers))
    return int(found) if found.is_integer() and all(isinstance(one, int) for one in numbers) else found


def described(
    looks: Sequence[Mapping[str, Any]], late: Sequence[Mapping[str, Any]] | None, *, higher_is_better: bool
) -> dict[str, Any]:
    """What the looks of all seeds say together: ``cost``, and ``analyses`` with the robustness to noise against late fusion's.

    Args:
        looks: of one entry, per seed.
        late: of late fusion.
        higher_is_better: the measure's direction.
    """
    found: dict[str, Any] = mean_of([{"cost": one["cost"], "analyses": one["analyses"]} for one in looks])
    noise = found["analyses"]["noise"]
    beside = None if late is None else mean_of([one["analyses"]["noise"]["curves"] for one in late])
    chance = mean_of([one["chance"] for one in looks])
    each = {
        name: robustness(
            noise["levels"],
            curve,
            chance=chance,
            late=None if beside is None else beside[name],
            higher_is_better=higher_is_better,
        )
        for name, curve in noise["curves"].items()
        if None not in curve and (beside is None or None not in beside[name])
    }
    for title, field in (("auc", "area"), ("retention", "kept"), ("effective", "effective")):
        noise[title] = {name: _finite(getattr(one, field)) for name, one in each.items()}
    return found


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
