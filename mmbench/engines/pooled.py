"""The process that asks others: it fits, hands out batches, and writes what comes back, alone, as it arrives."""

from collections.abc import Iterator, Mapping
from contextlib import closing

from tqdm.auto import tqdm

from mmbench.engines.local import Asking, Settings, batches, fitted
from mmbench.engines.measures import Tally
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
    tally: Tally | None = None,
) -> int:
    """As ``local.execute``, by the processes of an engine: the same batches and draws, so the same outputs."""
    store.open_for_writing()
    tally = tally or Tally()
    missing = {stage.name: settings.left(stage, store) for stage in plan.stages}
    total, done = sum(map(len, missing.values())), 0
    if total:
        states = _states(model, plan, store, missing, settings.seed, tally)
        takers = {
            stage.name: Asking(model, stage, store, settings, tally, missing[stage.name], f"{title}: {stage.name}")
            for stage in plan.stages
        }
        for taker in takers.values():
            taker.begin()
        quiet = None if settings.progress else True
        with (
            tqdm(total=total, desc=title, unit=" items", disable=quiet, leave=False) as bar,
            closing(engine.answers(recipe, states, list(_pieces(plan, missing, settings)), crew)) as answers,
        ):
            for piece, asked in answers:
                taker, wanted = takers[piece.stage], set(missing[piece.stage])
                taker.take(asked)
                n = sum(place in wanted for place in piece.wanted)
                done += n
                bar.update(n)
                taker.say(bar)
                if not taker.goes_on():
                    break
        for taker in takers.values():
            taker.end(total - done)
    for stage in plan.stages:
        store.finish(stage)
    return total


def _states(
    model: LoadedModel, plan: Plan, store: Store, missing: Mapping[str, list[int]], seed: int, tally: Tally
) -> States:
    """Per phase that has something to ask, what was fitted here; a model that cannot be restored fits in each process instead."""
    if not isinstance(model.model, Fittable) or not isinstance(model.model, Restorable):
        return {}
    return {
        number: fitted(model, phase, store, seed, tally)
        for number, phase in enumerate(plan.phases)
        if any(missing[stage.name] for stage in phase.stages)
    }


def _pieces(plan: Plan, missing: Mapping[str, list[int]], settings: Settings) -> Iterator[Piece]:
    for number, phase in enumerate(plan.phases):
        for stage in phase.stages:
            for wanted in batches(stage, missing[stage.name], settings.batch_size):
                yield Piece(number, stage.name, wanted)
