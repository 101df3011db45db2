"""One batch: what is put to a model, what comes back, and what is an error of one item rather than of the run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.engines.putting import Put, put
from mmbench.engines.reading import Batch, read
from mmbench.engines.seeds import seed_all
from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.samples import MediaError, Response
from mmbench.tasks.base import Stage

NOT_FINITE = "the model returned a number that is not finite"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one batch came back with.

    Attributes:
        start: the place of its first item in the stage.
        n: its items.
        values: ``(n, d)``, NaN rows where an item failed; ``None`` for responses.
        responses: one per request.
        errors: reason per id of the items that failed.
        seconds: in the model.
        size: items per call that memory was enough for.
        raised: how many items failed because the model raised.
        apart: why the items were put one by one, where they were.
        cached: nothing was asked, the values were known.
    """

    start: int
    n: int
    values: NDArray[Any] | None
    responses: Sequence[Response]
    errors: Mapping[str, str]
    seconds: float
    size: int
    raised: int = 0
    apart: str | None = None
    cached: bool = False


def ask(
    model: LoadedModel,
    stage: Stage,
    wanted: Sequence[int],
    *,
    batch: Batch | None = None,
    size: int | None = None,
    seed: int = 0,
) -> Asked:
    """Put items of a stage to a model. Arrays need neighbouring items, since they are stored as a range.

    Args:
        model: answers by the method that the stage asks for.
        stage: holds the items.
        wanted: their places in it.
        batch: the items, where they were read already.
        size: items per call to begin with; all of them by default.
        seed: of the run; each call is seeded by it, the stage (of embeddings: no stage) and the call's first item.

    Raises:
        RunFailedError: the model broke its contract (a wrong shape, a missing response).
    """
    items = (read(model, stage, wanted) if batch is None else batch).items
    broken = {index: item.reason for index, item in enumerate(items) if isinstance(item, MediaError)}
    names = [(stage.ids[place], *_samples(item)) for place, item in zip(wanted, items, strict=True)]
    method = _generated if stage.ask == "generate" else _arrays
    where = "embed" if stage.ask == "embed" else stage.name  # tasks share embeddings, whatever their stages are called
    ids = [stage.ids[place] for place in wanted]
    call = partial(_seeded, partial(method, model, stage, items), ids, (seed, where))
    began = time.perf_counter()
    found: Put[Any] = put(call, names, size or len(items), broken)
    seconds = round(time.perf_counter() - began, 6)
    if stage.ask == "generate":
        values, responses = None, _responses(ids, found)
        errors = {one.sample_id: one.error for one in responses if one.error is not None}
    else:
        values, responses = _rows(model, stage, len(ids), found), []
        errors = {ids[index]: found.errors[index] for index in sorted(found.errors)}
    return Asked(
        wanted[0], len(ids), values, responses, errors, seconds, found.size, raised=found.raised, apart=found.apart
    )


def _seeded(
    call: Callable[[Sequence[int]], Any], ids: Sequence[str], seed: tuple[int, str], part: Sequence[int]
) -> Any:
    seed_all(*seed, ids[part[0]])
    return call(part)


def _samples(item: Any) -> tuple[str, ...]:
    """The ids that a ``MediaError`` of an item may name."""
    if isinstance(item, tuple):
        return tuple(one.id for one in item)
    return (item.sample_id if hasattr(item, "sample_id") else item.id,)


def _arrays(model: LoadedModel, stage: Stage, items: Sequence[Any], part: Sequence[int]) -> NDArray[Any]:
    """``(n, d)`` floats; scores of pairs ``(n,)`` become one column."""
    asked = [items[index] for index in part]
    method: Callable[..., Any] = getattr(model.model, stage.ask)
    if stage.ask == "embed":
        values = method(asked, modalities=stage.modalities, role=stage.role, instruction=stage.instruction)
    elif stage.ask == "score_pairs":
        values = method([left for left, _ in asked], [right for _, right in asked])
    else:
        values = method(asked)
    return _checked(model, stage, np.asarray(values), len(part))


def _checked(model: LoadedModel, stage: Stage, values: NDArray[Any], n: int) -> NDArray[Any]:
    wanted = (n,) if stage.ask == "score_pairs" else (n, "d")
    if values.ndim != len(wanted) or len(values) != n or not np.issubdtype(values.dtype, np.floating):
        raise RunFailedError(
            f"{model.card.name}.{stage.ask} returned an array of shape {values.shape} and type {values.dtype} for {n} samples: "
            f"it has to return floats of shape ({', '.join(map(str, wanted))}{',' * (len(wanted) == 1)})."
        )
    return values[:, None] if values.ndim == 1 else values


def _rows(model: LoadedModel, stage: Stage, n: int, found: Put[NDArray[Any]]) -> NDArray[Any]:
    """The calls' arrays as one ``(n, d)``; what failed is a row of NaN, and an item whose numbers are not finite fails here."""
    widths = sorted({values.shape[1] for _, values in found.pieces})
    if len(widths) > 1:
        raise width_error(model, stage, widths)
    if not widths:
        return np.full((n, 1), np.nan)
    dtype = np.result_type(*(values.dtype for _, values in found.pieces))
    rows = np.full((n, widths[0]), np.nan, dtype=dtype)
    for part, values in found.pieces:
        rows[list(part)] = values
    for index in np.flatnonzero(~np.isfinite(rows).all(axis=1)).tolist():
        found.errors.setdefault(index, NOT_FINITE)
        rows[index] = np.nan
    return rows


def width_error(model: LoadedModel, stage: Stage, widths: Sequence[int]) -> RunFailedError:
    """What to say of vectors that cannot be compared."""
    return RunFailedError(
        f"{model.card.name}.{stage.ask} returned vectors of different lengths ({', '.join(map(str, widths))}): it has to keep to one."
    )


def _generated(model: LoadedModel, stage: Stage, items: Sequence[Any], part: Sequence[int]) -> Mapping[str, Response]:
    """One response per request, by id."""
    asked = [items[index] for index in part]
    generate: Callable[..., Sequence[Response]] = getattr(model.model, stage.ask)
    returned = list(generate(asked))
    found: dict[str, Response] = {}
    for response in returned:
        check_response(model, response)
        found[response.sample_id] = response
    missing = [request.sample_id for request in asked if request.sample_id not in found]
    if missing or len(returned) != len(asked):
        named = f" (the first without one is {missing[0]})" if missing else ""
        raise RunFailedError(
            f"{model.card.name}.generate returned {len(returned)} responses for {len(asked)} requests{named}: "
            "it has to answer each once."
        )
    return found


def check_response(model: LoadedModel, response: object) -> None:
    """``RunFailedError`` where a model returned something else than a response with a text."""
    if not isinstance(response, Response) or not isinstance(response.text, str):
        what = type(response).__name__
        said = f"a Response whose text is {type(response.text).__name__}" if isinstance(response, Response) else what
        raise RunFailedError(
            f"{model.card.name} returned {said} where an mmbench.Response with a text has to be (see mmbench.samples)."
        )


def _responses(ids: Sequence[str], found: Put[Mapping[str, Response]]) -> list[Response]:
    answers = {key: response for _, responses in found.pieces for key, response in responses.items()}
    failed = {ids[index]: Response(ids[index], "", "error", reason) for index, reason in found.errors.items()}
    return [failed[key] if key in failed else answers[key] for key in ids]
