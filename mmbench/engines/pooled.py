"""The process that asks others: it fits, hands out batches, and writes what comes back, alone, as it arrives."""

from collections.abc import Iterator, Mapping
from contextlib import closing

from tqdm.auto import tqdm

from mmbench.engines.local import Settings, batches, fitted, keep
from mmbench.engines.pools import Crew, Engine
from mmbench.engines.remote import Piece, Recipe, States
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Restorable
from mmbench.runs.store import Store
from mmbench.tasks.base import Plan


def execute_with(
    engine: Engine,
    crew: Crew,
    recipe: Recipe,
    model: LoadedModel,
    plan: Plan,
    store: Store,
    settings: Settings,
    title: str,
) -> int:
    """As ``local.execute``, by the processes of an engine: the same batches, so the same outputs."""
    store.open_for_writing()
    missing = {stage.name: settings.left(stage, store) for stage in plan.stages}
    total = sum(map(len, missing.values()))
    if total:
        states = _states(model, plan, store, missing)
        stages = {stage.name: stage for stage in plan.stages}
        pieces = list(_pieces(plan, missing, settings))
        quiet = None if settings.progress else True
        with (
            tqdm(total=total, desc=title, unit=" items", disable=quiet, leave=False) as bar,
            closing(engine.answers(recipe, states, pieces, crew)) as answers,
        ):
            for piece, asked in answers:
                keep(store, stages[piece.stage], asked)
                bar.update(len(piece.wanted))
    for stage in plan.stages:
        store.finish(stage)
    return total


def _states(model: LoadedModel, plan: Plan, store: Store, missing: Mapping[str, list[int]]) -> States:
    """Per phase that has something to ask, what was fitted here; a model that cannot be restored fits in each process instead."""
    if not isinstance(model.model, Fittable) or not isinstance(model.model, Restorable):
        return {}
    return {
        number: fitted(model, phase, store)
        for number, phase in enumerate(plan.phases)
        if any(missing[stage.name] for stage in phase.stages)
    }


def _pieces(plan: Plan, missing: Mapping[str, list[int]], settings: Settings) -> Iterator[Piece]:
    for number, phase in enumerate(plan.phases):
        for stage in phase.stages:
            for wanted in batches(stage, missing[stage.name], settings.batch_size):
                yield Piece(number, stage.name, wanted)
