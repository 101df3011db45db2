"""From finished studies to the document ``results.json``: values with intervals, who differs from whom, what it cost, where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.files import digest
from mmbench.fusion.data.problems import answers
from mmbench.fusion.data.shortcuts import majority, shortcut
from mmbench.fusion.data.stored import FusionData
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.report.recording import record
from mmbench.fusion.report.standings import Standings, standings
from mmbench.fusion.search import SPACE
from mmbench.fusion.study import LATE, Chosen, Study
from mmbench.fusion.testing import described, outputs_of
from mmbench.runs.records import Run
from mmbench.runs.reported import reported
from mmbench.tasks.base import Output, Plan, Scored, Task

Outputs = Mapping[str, NDArray[Any]]
UNKNOWN = (
    *("low", "high", "per_seed", "sd", "valid", "width", "parameters", "config", "expected_best", "group", "wins"),
    *("versus_floor", "cost", "run", "analyses", "equation", "formula"),
)  # of a number from a paper
SELECTION = (
    "Each method tries the same random configurations on train and is chosen by the measure on validation; training stops on the "
    "validation loss. {how}, and each of these models reads the test split once."
)
ONE_SEARCH = "The choice is trained under every seed"
SEARCH_PER_SEED = "Each seed searches for itself and keeps its own choice"


@dataclass(frozen=True, slots=True)
class Row:
    """What was predicted by one row of the table.

    Attributes:
        name, title, kind, paper: for people; kind ``method`` or ``floor``.
        scored: per seed, what the task's metric made of the predictions; the same for all where no seed moves them.
        chosen: of trained rows.
    """

    name: str
    title: str
    kind: str
    paper: str
    scored: tuple[Scored, ...]
    chosen: Chosen | None = None


def document(
    studies: Mapping[int, Study],
    budget: int,
    data: FusionData,
    task: Task,
    output_dir: Path,
    *,
    limit: int | None,
    progress: bool,
) -> dict[str, Any]:
    """Score the studies, record a run per row of the main one, and say all there is to say.

    Args:
        studies: by budget.
        budget: of the main one.
        data: what was learned.
        task: scores the predictions.
        output_dir: where run folders go.
        limit: of test samples.
        progress: of loading the split.
    """
    plan = task.plan(cache(partial(task.load, progress=progress)), limit=limit)
    by_budget = {part: _rows(one, data, plan) for part, one in studies.items()}
    placed = {
        part: standings(task, [(row.name, row.kind, row.scored) for row in rows]) for part, rows in by_budget.items()
    }
    main, rows, found = studies[budget], by_budget[budget], placed[budget]
    runs = {row.name: _run(row, main, data, task, plan, output_dir, limit) for row in rows}
    protocol = main.place.protocol
    return {
        "schema": 1,
        "id": digest({"studies": [one.id for one in studies.values()], "rows": [row.name for row in rows], **protocol.facts})[:12],
        "task": {name: getattr(task, name) for name in ("id", "title", "version", "kind", "dataset", "split")},
        "measure": _measure(task, plan),
        "protocol": {**protocol.facts, "seeds": list(range(protocol.seeds)), "space": dict(SPACE), "selection": _selection(protocol)},
        "features": [_features(one) for one in data.facts["modalities"]],
        "data": _data(data, task),
        "notes": _notes(studies, budget, data, limit),
        "rows": [
            *(_described(row, found, runs[row.name], output_dir, data, rows) for row in rows),
            *(_reported(one) for one in reported(task.dataset) if one.metric == task.primary),
        ],
        "pairs": found.pairs,
        "sensitivity": _sensitivity(by_budget, placed),
    }  # fmt: skip


def _rows(found: Study, data: FusionData, plan: Plan) -> list[Row]:
    """Trained rows, and the floors that need no training, with their predictions scored by the task."""
    rows = [
        Row(
            one.entry.name,
            one.entry.title,
            one.entry.kind,
            one.entry.needs,
            tuple(_scored(plan, data, outputs_of(found.place, job)) for job in one.jobs),
            one,
        )
        for one in found.chosen
    ]
    return [*rows, *_untrained(data, plan, found.place.protocol.seeds)]


def _scored(plan: Plan, data: FusionData, outputs: Outputs) -> Scored:
    """Predictions of the test split, scored as the task scores any model's."""
    stages = {
        stage.name: Output(answers(data.problem, outputs[fold], stage.ask), {})
        for fold, stage in zip(data.folds, plan.stages, strict=True)
    }
    return plan.score(stages)


def _untrained(data: FusionData, plan: Plan, seeds: int) -> list[Row]:
    guesses: dict[str, NDArray[Any]] = {}
    looked: dict[str, NDArray[Any]] = {}
    used: list[str] = []
    for fold in data.folds:
        train, valid, test = (data.block(fold, split) for split in ("train", "valid", "test"))
        guesses[fold] = majority(data.problem, train.targets, len(test))
        found = shortcut(data.problem, train, valid, test)
        looked[fold] = found.outputs["test"]
        used += [" and ".join(found.facts)] if found.facts else []
    guess = "the most frequent class of training" if data.problem.classes else "the mean of training"
    rows = [Row("majority", guess, "floor", "", (_scored(plan, data, guesses),) * seeds)]
    if used:
        title = f"lookup of {' or '.join(dict.fromkeys(used))}, without the content"
        rows.append(Row("shortcut", title, "floor", "", (_scored(plan, data, looked),) * seeds))
    return rows


def _run(
    row: Row, main: Study, data: FusionData, task: Task, plan: Plan, output_dir: Path, limit: int | None
) -> Run:  # fmt: skip
    weights = [] if row.chosen is None else [one["weights"] for one in row.chosen.seeds]
    chosen = {} if row.chosen is None else _agreed(row.chosen)
    protocol = main.place.protocol
    asked = {"budget": protocol.budget, "trials": protocol.trials, "seeds": protocol.seeds}
    config = asked | ({"search_per_seed": True} if protocol.search_per_seed else {}) | chosen
    return record(
        task,
        plan,
        row.scored,
        {
            "name": row.name,
            "title": row.title,
            "kind": "model" if row.kind == "method" else "floor",
            "parameters": None if row.chosen is None else _parameters(row.chosen),
            "weights": weights or [row.name, data.facts["id"]],
            "config": config,
            "modalities": [str(one) for one in task.modalities],
            "provenance": {"study": main.id, "features": data.facts["id"], "protocol": protocol.facts},
        },
        data.facts["data"]["test"],
        output_dir,
        limit=limit,
    )


def _described(
    row: Row, found: Standings, run: Run, output_dir: Path, data: FusionData, rows: Sequence[Row]
) -> dict[str, Any]:  # fmt: skip
    facts: dict[str, Any] = {
        "name": row.name,
        "title": row.title,
        "kind": row.kind,
        "paper": row.paper,
        **found.of(row.name),
        "valid": None,
        "width": None,
        "parameters": None,
        "config": None,
        "expected_best": None,
        "test_reads": 0,
        "cost": None,
        "analyses": None,
        "run": run.folder.relative_to(output_dir).as_posix(),
        "citation": None,
        "note": None,
        "equation": None,
        "formula": None,
    }
    if row.chosen is None:
        return facts
    one, better = row.chosen, data.problem.higher_is_better
    late = next((other.chosen for other in rows if other.name == LATE), None)
    said = described(one.looks, None if late is None else late.looks, higher_is_better=better)
    values = [seed["valid"] for seed in one.seeds]
    fusion = one.entry.fusion
    return facts | {
        "valid": None if None in values else float(np.mean(values)),
        "width": _same([seed["widths"][0] for seed in one.seeds]),
        "parameters": _parameters(one),
        "config": _config(one),
        "expected_best": one.expected(higher_is_better=better),
        "test_reads": one.reads,
        "cost": {**said["cost"], "train_seconds": float(np.mean([seed["seconds"] for seed in one.seeds]))},
        "analyses": said["analyses"],
        "equation": "; ".join([fusion.equation, *(switch.equation for switch in one.entry.switches)]),
        "formula": fusion.formula,
    }


def _config(one: Chosen) -> dict[str, Any]:
    """What the seeds trained with; lists, a value per seed, where their choices differ."""
    each = _configs(one)
    return {key: _same([config[key] for config in each]) for key in each[0]}


def _agreed(one: Chosen) -> dict[str, Any]:
    """What all seeds trained with: a run's name is told by it, and its weights say the rest."""
    first, *others = _configs(one)
    return {key: value for key, value in first.items() if all(other[key] == value for other in others)}


def _configs(one: Chosen) -> list[dict[str, Any]]:
    return [{**record["config"], "trial": trial} for record, trial in zip(one.seeds, one.picks, strict=True)]


def _same(values: list[Any]) -> Any:
    """The value of all seeds; the list where they differ."""
    return values[0] if all(value == values[0] for value in values) else values


def _parameters(one: Chosen) -> int:
    """On the mean over seeds: their choices may differ within the tolerance."""
    return round(float(np.mean([seed["parameters"] for seed in one.seeds])))


def _selection(protocol: Protocol) -> str:
    return SELECTION.format(how=SEARCH_PER_SEED if protocol.search_per_seed else ONE_SEARCH)


def _reported(one: Any) -> dict[str, Any]:
    """A number from a paper: beside ours, and never ranked."""
    empty = dict.fromkeys(UNKNOWN)
    about = {"name": one.name, "title": one.name, "kind": "reported", "paper": one.citation, "value": one.value}
    return {**about, **empty, "test_reads": 0, "citation": one.citation, "note": one.note or None}


def _measure(task: Task, plan: Plan) -> dict[str, Any]:
    facts = task.metric.keys[task.primary]
    share = facts.lower == 0.0 and facts.upper == 1.0 and not facts.unit
    return {
        "key": task.primary,
        "title": facts.title,
        "higher_is_better": facts.higher_is_better,
        "unit": "%" if share else facts.unit,
        "chance": plan.floors.get(task.primary),
        "definition": facts.definition,
    }


def _features(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one.get(key) for key in ("name", "encoder", "revision", "d", "kept", "steps")}


def _data(data: FusionData, task: Task) -> dict[str, Any]:
    facts = data.facts["data"]["test"]
    rows = data.facts["folds"][0]["rows"]
    kept = {key: facts.get(key) for key in ("key", "split", "revision", "fingerprint", "evidence", "attribution")}
    return {**kept, "toy": task.card.toy, "rows": rows, "folds": len(data.folds), "classes": list(data.problem.classes)}


def _notes(studies: Mapping[int, Study], budget: int, data: FusionData, limit: int | None) -> list[str]:
    main = studies[budget]
    partial_note = [f"Only about {limit:,} test samples: a partial comparison."] if limit is not None else []
    seen = [
        f"{one.entry.name} was chosen anew after its test: {one.reads} selections were tested."
        for one in main.chosen
        if one.reads > 1
    ]
    silent = [
        f"{one.entry.name} gave no number on validation under any setting, so that it stands with the default."
        for one in main.chosen
        if any(all(trial["valid"] is None for trial in trials) for trials in one.searches)
    ]
    left_out = [sentence for one in studies.values() for sentence in one.left_out]
    return [*partial_note, *data.facts.get("warnings", ()), *left_out, *seen, *silent]


def _sensitivity(
    rows: Mapping[int, Sequence[Row]], placed: Mapping[int, Standings]
) -> list[dict[str, Any]] | None:  # fmt: skip
    if len(placed) == 1:
        return None
    keys = ("value", "low", "high", "group")
    return [
        {"budget": part, "rows": [{"name": row.name, **{key: placed[part].of(row.name)[key] for key in keys}} for row in rows[part]]}
        for part in sorted(placed)
    ]  # fmt: skip
