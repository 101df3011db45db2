"""One batch: what is put to a model, what comes back, and what is an error of one item rather than of the run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.samples import MediaError, Modality, Request, Response, Sample, SamplePair
from mmbench.tasks.base import Stage


@dataclass(frozen=True, slots=True)
class Asked:
    """What one batch came back with.

    Attributes:
        start: the place of its first item in the stage.
        values: ``(n, d)``, NaN rows where an item failed; ``None`` for responses.
        responses: one per request.
        errors: reason per id of the items of ``values`` that failed.
        seconds: in the model.
    """

    start: int
    values: NDArray[Any] | None
    responses: Sequence[Response]
    errors: Mapping[str, str]
    seconds: float


def ask(model: LoadedModel, stage: Stage, wanted: Sequence[int]) -> Asked:
    """Put items of a stage to a model. Arrays need neighbouring items, since they are stored as a range.

    Raises:
        RunFailedError: the model broke its contract (a wrong shape, a missing response).
    """
    began = time.perf_counter()
    items: list[Any] = [stage.items[index] for index in wanted]
    if stage.ask == "generate":
        return Asked(wanted[0], None, _generate(model, stage, items), {}, _since(began))
    values, errors = _arrays(model, stage, items, [stage.ids[index] for index in wanted])
    return Asked(wanted[0], values, (), errors, _since(began))


def shown(sample: Sample, model: LoadedModel) -> Sample:
    """A floor model that takes fewer modalities than the task shows sees only those."""
    if sample.modalities <= model.card.modalities:
        return sample
    return sample.view(model.card.modalities & frozenset(Modality), target=True)


def _arrays(
    model: LoadedModel, stage: Stage, items: Sequence[Any], ids: Sequence[str]
) -> tuple[NDArray[Any], dict[str, str]]:
    """One batch ``(n, d)``; an item that cannot be decoded, or whose numbers are not finite, is a row of NaN with its reason."""
    errors: dict[str, str] = {}
    seen = [_shown_item(item, model) for item in items]
    values: NDArray[Any] | None = None
    while values is None:
        left = [index for index, key in enumerate(ids) if key not in errors]
        if not left:
            return np.full((len(seen), 1), np.nan), errors
        try:
            values = np.asarray(_call(model, stage, [seen[index] for index in left]))
        except MediaError as error:
            broken = [ids[index] for index in left if error.sample_id in _names(seen[index])]
            if not broken:
                raise
            errors |= dict.fromkeys(broken, error.reason)
    values = _checked(model, stage, values, len(left))
    finite = np.isfinite(values).all(axis=1)
    errors |= {
        ids[index]: "the model returned a number that is not finite"
        for index, good in zip(left, finite, strict=True)
        if not good
    }
    rows = np.full((len(seen), values.shape[1]), np.nan, dtype=values.dtype)
    rows[left] = np.where(finite[:, None], values, np.nan)
    return rows, errors


def _shown_item(item: Sample | SamplePair, model: LoadedModel) -> Sample | SamplePair:
    return (shown(item[0], model), shown(item[1], model)) if isinstance(item, tuple) else shown(item, model)


def _names(item: Sample | SamplePair) -> tuple[str, ...]:
    return tuple(one.id for one in item) if isinstance(item, tuple) else (item.id,)


def _call(model: LoadedModel, stage: Stage, items: Sequence[Any]) -> Any:
    method: Callable[..., Any] = getattr(model.model, stage.ask)
    if stage.ask == "embed":
        return method(items, modalities=stage.modalities, role=stage.role, instruction=stage.instruction)
    if stage.ask == "score_pairs":
        return method([left for left, _ in items], [right for _, right in items])
    return method(items)


def _checked(model: LoadedModel, stage: Stage, values: NDArray[Any], n: int) -> NDArray[Any]:
    """``(n, d)`` floats; scores of pairs ``(n,)`` become one column."""
    wanted = (n,) if stage.ask == "score_pairs" else (n, "d")
    if values.ndim != len(wanted) or len(values) != n or not np.issubdtype(values.dtype, np.floating):
        raise RunFailedError(
            f"{model.card.name}.{stage.ask} returned an array of shape {values.shape} and type {values.dtype} for {n} samples: "
            f"it has to return floats of shape ({', '.join(map(str, wanted))}{',' * (len(wanted) == 1)})."
        )
    return values[:, None] if values.ndim == 1 else values


def _generate(model: LoadedModel, stage: Stage, requests: Sequence[Any]) -> list[Response]:
    """One response per request; a request whose media cannot be decoded becomes a response with its reason."""
    seen = [_shown_request(request, model) for request in requests]
    generate: Callable[..., list[Response]] = getattr(model.model, stage.ask)
    failed: dict[str, Response] = {}
    found: Mapping[str, Response] = {}
    while len(failed) < len(seen):
        left = [request for request in seen if request.sample_id not in failed]
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
    return [failed.get(request.sample_id) or found[request.sample_id] for request in seen]


def _shown_request(request: Request, model: LoadedModel) -> Request:
    messages = tuple(
        replace(message, content=tuple(part for part in message.content if part.modality in model.card.modalities))
        for message in request.messages
    )
    return replace(request, messages=messages)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)
