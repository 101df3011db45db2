"""One machine, one process: fit where a model fits, then ask batch by batch and store each answer before the next."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Restorable
from mmbench.runs.store import Store
from mmbench.samples import MediaError, Modality, Request, Response, Sample
from mmbench.tasks.base import Phase, Plan, Stage

GENERATE = "generate"


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
        model.model.fit([_shown(sample, model) for sample in train], [_shown(sample, model) for sample in valid])
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
            began = time.perf_counter()
            if stage.ask == "generate":
                wanted = [index for index in range(start, stop) if index in todo]
                responses = _generate(model, [stage.items[index] for index in wanted])
                store.add_responses(stage.name, responses, {"seconds": _since(began)})
            else:
                values, errors = _arrays(model, stage, list(stage.items[start:stop]))
                store.add_array(stage.name, start, values, errors, {"seconds": _since(began)})
            bar.update(sum(index in todo for index in range(start, stop)))


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)


def _arrays(model: LoadedModel, stage: Stage, items: list[Any]) -> tuple[NDArray[Any], dict[str, str]]:
    """One batch ``(n, d)``; an item that cannot be decoded, or whose numbers are not finite, is a row of NaN with its reason."""
    errors: dict[str, str] = {}
    samples = [_shown(item, model) for item in items]
    values: NDArray[Any] | None = None
    while values is None:
        left = [sample for sample in samples if sample.id not in errors]
        if not left:
            return np.full((len(samples), 1), np.nan), errors
        try:
            values = np.asarray(_call(model, stage, left))
        except MediaError as error:
            if error.sample_id in errors or error.sample_id not in {sample.id for sample in left}:
                raise
            errors[error.sample_id] = error.reason
    _check_shape(model, stage, values, len(left))
    finite = np.isfinite(values).all(axis=1)
    for sample, good in zip(left, finite, strict=True):
        if not good:
            errors[sample.id] = "the model returned a number that is not finite"
    rows = np.full((len(samples), values.shape[1]), np.nan, dtype=values.dtype)
    kept = [index for index, sample in enumerate(samples) if sample.id in {one.id for one in left}]
    rows[kept] = np.where(finite[:, None], values, np.nan)
    return rows, errors


def _call(model: LoadedModel, stage: Stage, samples: Sequence[Sample]) -> Any:
    method: Callable[..., Any] = getattr(model.model, stage.ask)
    if stage.ask == "embed":
        return method(samples, modalities=stage.modalities, role=stage.role, instruction=None)
    return method(samples)


def _check_shape(model: LoadedModel, stage: Stage, values: NDArray[Any], n: int) -> None:
    if values.ndim != 2 or len(values) != n or not np.issubdtype(values.dtype, np.floating):
        raise RunFailedError(
            f"{model.card.name}.{stage.ask} returned an array of shape {values.shape} and type {values.dtype} for {n} samples: "
            f"it has to return floats of shape ({n}, d)."
        )


def _generate(model: LoadedModel, requests: Sequence[Any]) -> list[Response]:
    """One response per request; a request whose media cannot be decoded becomes a response with its reason."""
    shown = [_shown_request(request, model) for request in requests]
    generate: Callable[..., list[Response]] = getattr(model.model, GENERATE)
    failed: dict[str, Response] = {}
    found: Mapping[str, Response] = {}
    while len(failed) < len(shown):
        left = [request for request in shown if request.sample_id not in failed]
        try:
            found = {response.sample_id: response for response in generate(left)}
        except MediaError as error:
            if error.sample_id not in {request.sample_id for request in left}:
                raise
            failed[error.sample_id] = Response(error.sample_id, "", "error", error.reason)
            continue
        if set(found) != {request.sample_id for request in left}:
            raise RunFailedError(
                f"{model.card.name}.generate returned responses for {len(found)} of {len(left)} requests: it has to answer each once."
            )
        break
    return [failed.get(request.sample_id) or found[request.sample_id] for request in shown]


def _shown(sample: Sample, model: LoadedModel) -> Sample:
    """A floor model that takes fewer modalities than the task shows sees only those."""
    if sample.modalities <= model.card.modalities:
        return sample
    return sample.view(model.card.modalities & frozenset(Modality), target=True)


def _shown_request(request: Request, model: LoadedModel) -> Request:
    messages = tuple(
        replace(message, content=tuple(part for part in message.content if part.modality in model.card.modalities))
        for message in request.messages
    )
    return replace(request, messages=messages)
