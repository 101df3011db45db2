"""One machine, one process: fit where a model fits, then ask batch by batch and store each answer before the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tqdm.auto import tqdm

from mmbench.engines.asking import Asked, ask, shown
from mmbench.engines.shards import Shard
from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Fitted, Restorable
from mmbench.runs.store import Store
from mmbench.samples import MediaError
from mmbench.tasks.base import Phase, Plan, Stage


@dataclass(frozen=True, slots=True)
class Settings:
    """How to execute: none of it but ``batch_size`` is part of a run's identity."""

    batch_size: int = 32
    progress: bool = True
    shard: Shard | None = None

    def left(self, stage: Stage, store: Store) -> list[int]:
        """The items of a stage that are not stored yet and this process's to ask."""
        missing = store.missing(stage)
        return missing if self.shard is None else self.shard.of(missing, self.batch_size)


def execute(model: LoadedModel, plan: Plan, store: Store, settings: Settings, title: str) -> int:
    """Ask everything that is not stored yet; returns how many items were asked.

    Raises:
        RunFailedError: the model broke its contract (a wrong shape, a missing response).
        UserError: a stored file is damaged.
    """
    store.open_for_writing()
    asked = 0
    for phase in plan.phases:
        missing = {stage.name: settings.left(stage, store) for stage in phase.stages}
        if any(missing.values()):
            fitted(model, phase, store)
        for stage in phase.stages:
            _ask_stage(model, stage, missing[stage.name], store, settings, title)
            asked += len(missing[stage.name])
            store.finish(stage)
    return asked


def fitted(model: LoadedModel, phase: Phase, store: Store) -> Fitted | None:
    """Fit a model that fits, or restore what was fitted; returns the state of one that can be restored.

    Of several writers one fits; the others wait for what it stores. A model that cannot be restored fits in each.
    """
    if not isinstance(model.model, Fittable):
        return None
    if not isinstance(model.model, Restorable):
        learn(model, phase)
        return None
    with store.fitting(phase.name):
        state = store.load_fit(phase.name)
        if state is not None:
            model.model.restore(state)
            return state
        learn(model, phase)
        state = dict(model.model.fitted())
        store.save_fit(phase.name, state)
        return state


def learn(model: LoadedModel, phase: Phase) -> None:
    """Fit a model on a phase's training rows; nothing where it does not fit."""
    if not isinstance(model.model, Fittable):
        return
    train, valid = phase.training()
    try:
        model.model.fit([shown(sample, model) for sample in train], [shown(sample, model) for sample in valid])
    except MediaError as error:
        raise RunFailedError(
            f"{model.card.name} cannot be fitted: the training split holds a broken {error}. Reinstall its data and run again."
        ) from error


def batches(stage: Stage, missing: Sequence[int], batch_size: int) -> Iterator[Sequence[int]]:
    """Batches lie on a fixed grid, so that a resumed run asks the same batches as an unbroken one. Arrays come in whole batches."""
    todo = set(missing)
    for batch in sorted({index // batch_size for index in missing}):
        place = range(batch * batch_size, min((batch + 1) * batch_size, len(stage.ids)))
        yield [index for index in place if index in todo] if stage.ask == "generate" else place


def keep(store: Store, stage: Stage, asked: Asked) -> None:
    """Store what one batch came back with."""
    if asked.values is None:
        store.add_responses(stage.name, asked.responses, {"seconds": asked.seconds})
    else:
        store.add_array(stage.name, asked.start, asked.values, asked.errors, {"seconds": asked.seconds})


def _ask_stage(
    model: LoadedModel, stage: Stage, missing: list[int], store: Store, settings: Settings, title: str
) -> None:
    label = f"{title}: {stage.name}"
    with tqdm(
        total=len(missing), desc=label, unit=" items", disable=None if settings.progress else True, leave=False
    ) as bar:
        for wanted in batches(stage, missing, settings.batch_size):
            keep(store, stage, ask(model, stage, wanted))
            bar.update(len(wanted))
