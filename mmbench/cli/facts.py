"""What ``mmbench show`` shows of a dataset, a task, a model, a suite, a fusion method or a run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmbench.api import is_installed
from mmbench.errors import UserError, unknown_key
from mmbench.fusion.base import Fusion
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.sizing import choices
from mmbench.fusion.switching import Switch, all_switches
from mmbench.fusion.synthetic import all_known, must_pass
from mmbench.loaders import DatasetCard, all_cards, get_card, is_import, is_path
from mmbench.loaders.receipts import receipt_of
from mmbench.loaders.sources import HubSource
from mmbench.models import all_models
from mmbench.models.base import capabilities
from mmbench.runs.records import read_run
from mmbench.tasks import Suite, Task, all_suites, all_tasks, get_suite, get_task
from mmbench.tasks.labels import Labels
from mmbench.tasks.modifiers import MARK
from mmbench.tasks.user_suites import is_suite_file

BUDGET, DIMS, OUTPUTS = 50_000, (64, 64), 4  # at which sizes of fusion methods are shown


def facts_of(key: str) -> dict[str, Any]:
    """Everything that is known under a key. ``UserError`` where nothing has it."""
    if (Path(key) / "run.json").exists():
        run = read_run(Path(key))
        return {**run.record, "scores": run.report}
    if is_suite_file(key):
        return _suite(get_suite(key))
    if key in {card.key for card in all_cards()} or is_path(key) or is_import(key):
        return _dataset(get_card(key))
    if key.split(MARK)[0] in {task.id for task in all_tasks()}:
        return _task(get_task(key))
    for entry in all_models():
        if entry.card.name == key:
            card_facts = {**asdict(entry.card), "modalities": sorted(entry.card.modalities)}
            needs = f"pip install 'mmbench[{entry.extra}]'" if entry.extra else "nothing more"
            return {"model": key, "can": list(capabilities(entry.make)), "needs": needs, **card_facts}
    for suite in all_suites():
        if key in (suite.name, suite.family):
            return _suite(suite)
    fusions: dict[str, Fusion | Switch] = _fusions()
    if key in fusions:
        found = fusions[key]
        return _fusion(found) if isinstance(found, Fusion) else _switch(found)
    known = [
        *(card.key for card in all_cards()),
        *(task.id for task in all_tasks()),
        *(entry.card.name for entry in all_models()),
        *(suite.name for suite in all_suites()),
        *fusions,
    ]
    raise unknown_key("dataset, task, model, suite or fusion method", key, known)


def _dataset(card: DatasetCard) -> dict[str, Any]:
    receipt = receipt_of(card.key)
    checked = (
        {} if receipt is None else {"live_checked": receipt.date.isoformat(), "checked_revision": receipt.revision}
    )
    upstream = {"upstream": card.source.upstream} if isinstance(card.source, HubSource) else {}
    return {
        "dataset": card.key,
        "installed": is_installed(card),
        **upstream,
        **checked,
        **card.model_dump(mode="json", exclude={"key"}),
    }


def _suite(suite: Suite) -> dict[str, Any]:
    return {"suite": suite.name, **{name: value for name, value in asdict(suite).items() if name != "name"}}


def _task(task: Task) -> dict[str, Any]:
    labels = getattr(task, "labels", None)
    order = {"class_order": list(labels.classes.names)} if isinstance(labels, Labels) else {}
    return {
        "task": task.id,
        "title": task.title,
        "kind": task.kind,
        "version": task.version,
        "state": task.state or "current",
        "dataset": f"{task.dataset} {task.split}",
        "training": [split for split in (task.train_split, task.valid_split) if split is not None],
        "shows": sorted(task.takes(task.ask)),
        "needs": " or ".join(task.asks),
        **({"changes": {change.name: change.modifier.about for change in task.changes}} if task.changes else {}),
        "protocol": dict(task.protocol),
        **order,
        "metric": task.metric.signature,
        "primary": task.primary,
        "keys": {
            name: f"{facts.definition} ({'higher' if facts.higher_is_better else 'lower'} is better; {facts.source})"
            for name, facts in task.metric.keys.items()
        },
        "changelog": list(task.changelog),
    }


def _fusions() -> dict[str, Fusion | Switch]:
    """Fusion methods and switches by name; none where torch is not installed, of which `mmbench list fusions` speaks."""
    try:
        return {**{one.name: one for one in all_fusions()}, **{f"+{one.name}": one for one in all_switches()}}
    except UserError:
        return {}


def _fusion(one: Fusion) -> dict[str, Any]:
    knobs, size = choices(one, DIMS, OUTPUTS, BUDGET)[0]
    passes = {known.task: must_pass(one, known) for known in all_known()}
    return {
        "fusion": one.name,
        "title": one.title,
        "paper": one.paper,
        "equation": one.equation,
        "parameters": one.formula + ("" if one.decides else "; and the head, h c + c, which all methods share"),
        "takes": "steps" if one.sequences else "vectors: the mean over the steps that are there",
        "gives": "class scores, or a value" if one.decides else "a vector, for the head that all methods share",
        "additive": one.additive,
        "knobs": {name: list(values) for name, values in one.knobs.items()},
        "made_up_tasks": {
            "must_pass": [task for task, passed in passes.items() if passed],
            "must_fail": [task for task, passed in passes.items() if not passed],
        },
        "example": {
            "budget": BUDGET,
            "features": list(DIMS),
            "outputs": OUTPUTS,
            **knobs,
            "width": size.width,
            "parameters": size.parameters,
        },
        "use": f"mmbench fusion -t TASK -m {one.name}",
    }


def _switch(one: Switch) -> dict[str, Any]:
    return {
        "switch": f"+{one.name}",
        "title": one.title,
        "paper": one.paper,
        "equation": one.equation,
        "parameters": "none",
        "knobs": {name: list(values) for name, values in one.knobs.items()},
        "use": f"mmbench fusion -t TASK -m gmu+{one.name}",
    }
