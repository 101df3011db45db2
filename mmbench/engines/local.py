"""One machine, one process: fit where a model fits, then ask batch by batch and store each answer before the next."""

from dataclasses import dataclass

from tqdm.auto import tqdm

from mmbench.engines.asking import ask, shown
from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Restorable
from mmbench.runs.store import Store
from mmbench.samples import MediaError
from mmbench.tasks.base import Phase, Plan, Stage


@dataclass(frozen=True, slots=True)
class Settings:
    """How to execute: none of it but ``batch_size`` is part of a run's identity."""

    batch_size: int = 32
    progress: bool = True


def execute(model: LoadedModel, plan: Plan, store: Store, settings: Settings, title: str) -> int:
    """Ask everything that is not stored yet; returns how many items were asked.

    Raises:
        RunFailedError: the model broke its contract (a wrong shape, a missing response).
        UserError: a stored file is damaged.
    """
    store.open_for_writing()
    asked = 0
    for phase in plan.phases:
        missing = {stage.name: store.missing(stage) for stage in phase.stages}
        if any(missing.values()):
            _fit(model, phase, store)
        for stage in phase.stages:
            _ask_stage(model, stage, missing[stage.name], store, settings, title)
            asked += len(missing[stage.name])
            store.finish(stage)
    return asked


def _fit(model: LoadedModel, phase: Phase, store: Store) -> None:
    if not isinstance(model.model, Fittable):
        return
    state = store.load_fit(phase.name) if isinstance(model.model, Restorable) else None
    if state is not None and isinstance(model.model, Restorable):
        model.model.restore(state)
        return
    train, valid = phase.training()
    try:
        model.model.fit([shown(sample, model) for sample in train], [shown(sample, model) for sample in valid])
    except MediaError as error:
        raise RunFailedError(
            f"{model.card.name} cannot be fitted: the training split holds a broken {error}. Reinstall its data and run again."
        ) from error
    if isinstance(model.model, Restorable):
        state = dict(model.model.fitted())
        store.save_fit(phase.name, state)


def _ask_stage(
    model: LoadedModel, stage: Stage, missing: list[int], store: Store, settings: Settings, title: str
) -> None:
    """Batches lie on a fixed grid, so that a resumed run asks the same batches as an unbroken one."""
    batches = sorted({index // settings.batch_size for index in missing})
    todo = set(missing)
    label = f"{title}: {stage.name}"
    with tqdm(
        total=len(missing), desc=label, unit=" items", disable=None if settings.progress else True, leave=False
    ) as bar:
        for batch in batches:
            start = batch * settings.batch_size
            stop = min(start + settings.batch_size, len(stage.ids))
            wanted = [index for index in range(start, stop) if index in todo]
            asked = ask(model, stage, wanted if stage.ask == "generate" else range(start, stop))
            if asked.values is None:
                store.add_responses(stage.name, asked.responses, {"seconds": asked.seconds})
            else:
                store.add_array(stage.name, start, asked.values, asked.errors, {"seconds": asked.seconds})
            bar.update(len(wanted))
