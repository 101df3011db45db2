"""The ways in which a model can be asked, and what came back: one exam per method and kinds of content."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.diagnosis.toys import COLOURS, toy
from mmbench.models import LoadedModel
from mmbench.models.base import Capability, Fittable, capabilities
from mmbench.samples import MediaError, Message, Modality, Part, Request, Response, Sample

MEDIA = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO)
ITEMS: Mapping[Capability, int] = {
    "embed": 32,
    "predict": 32,
    "score_pairs": 32,
    "generate": 8,
}  # answers take their time
TRAIN, VALID = 24, 8
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came back with: one of ``values``, ``texts``, ``error`` or ``problem``.

    Attributes:
        values: ``(n, d)`` numbers, as float64.
        texts: one answer per request.
        error: what was raised.
        problem: how the answer breaks the contract.
        failed: reason per id of the requests that came back with an error of their own.
        seconds: in the model.
    """

    values: Values | None = None
    texts: tuple[str, ...] = ()
    error: Exception | None = None
    problem: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether there is an answer for every item."""
        return self.error is None and not self.problem and not self.failed

    @property
    def why(self) -> str:
        """Why there is no answer, in one line."""
        if self.error is not None:
            first = str(self.error).strip().splitlines()
            return f"raised {type(self.error).__name__}: {first[0][:160] if first else 'without a word'}"
        return self.problem or "; ".join(dict.fromkeys(self.failed.values()))[:160]


@dataclass(frozen=True, slots=True)
class Exam:
    """One method on some kinds of content.

    Attributes:
        ask: the method.
        modalities: the kinds of content that the items hold.
        make: an id and content to an item.
        model: who is asked.
    """

    ask: Capability
    modalities: tuple[Modality, ...]
    make: Callable[[str, tuple[Part, ...]], Any]
    model: LoadedModel

    @property
    def name(self) -> str:
        """``embed image``, ``generate image + text``."""
        return f"{self.ask} {' + '.join(self.modalities)}"

    @property
    def items(self) -> list[Any]:
        """The toys of this exam; every call makes them anew, so that nothing that a model does to them is passed on."""
        return [self.item(number) for number in range(ITEMS[self.ask])]

    def item(self, number: int, replaced: Mapping[Modality, Part] | None = None) -> Any:
        """The toy with this number; ``replaced`` puts other content in the place of its own."""
        parts = {modality: toy(modality, number) for modality in self.modalities} | dict(replaced or {})
        return self.make(f"toy-{number:02d}", tuple(parts[modality] for modality in self.modalities))

    def call(self, items: list[Any]) -> Outcome:
        """Ask, and hold what comes back to the contract."""
        began = time.perf_counter()
        try:
            found = self._method(items)
        except Exception as error:  # noqa: BLE001  (a stranger's code may raise anything, and that is the finding)
            return Outcome(error=error, seconds=time.perf_counter() - began)
        seconds = time.perf_counter() - began
        return (
            _responses(found, items, seconds)
            if self.ask == "generate"
            else _numbers(found, len(items), self.ask, seconds)
        )

    def _method(self, items: list[Any]) -> Any:
        method: Callable[..., Any] = getattr(self.model.model, self.ask)
        if self.ask == "embed":
            return method(items, modalities=frozenset(self.modalities), role=None, instruction=None)
        if self.ask == "score_pairs":
            return method([left for left, _ in items], [right for _, right in items])
        return method(items)


@dataclass(frozen=True, slots=True)
class Tried:
    """An exam that works, and what came of its items in one batch."""

    exam: Exam
    first: Outcome


def exams(model: LoadedModel) -> Iterator[Exam]:
    """Every exam that the card calls for."""
    taken = tuple(modality for modality in MEDIA if modality in model.card.modalities)
    for ask in capabilities(model.model):
        yield from (Exam(ask, modalities, _maker(ask, model), model) for modalities in _contents(ask, taken))


def other_exams(model: LoadedModel) -> Iterator[Exam]:
    """Exams on kinds of content that the card does not claim."""
    if "embed" in capabilities(model.model):
        for modality in MEDIA:
            if modality not in model.card.modalities:
                yield Exam("embed", (modality,), _maker("embed", model), model)


def fit(model: LoadedModel, exam: Exam) -> str | None:
    """Fit a model that fits on toy rows; why that failed, or ``None``."""
    if not isinstance(model.model, Fittable):
        return None
    rows = [_training_row(exam, model, number) for number in range(100, 100 + TRAIN + VALID)]
    try:
        model.model.fit(rows[:TRAIN], rows[TRAIN:])
    except Exception as error:  # noqa: BLE001  (as above)
        return Outcome(error=error).why
    return None


def _training_row(exam: Exam, model: LoadedModel, number: int) -> Sample:
    """Pairs for embedders, answers for generators, numbers for the rest."""
    held = exam.modalities
    target: Any = None
    if exam.ask == "embed":
        others = [one for one in (Modality.TEXT, *MEDIA) if one not in held and one in model.card.modalities]
        held = (*held, *others[:1])
    else:
        target = COLOURS[number % len(COLOURS)] if exam.ask == "generate" else (number % 7) / 3 - 1
    return Sample(f"train-{number}", tuple(toy(modality, number) for modality in held), target=target)


def _contents(ask: Capability, taken: tuple[Modality, ...]) -> list[tuple[Modality, ...]]:
    if ask == "embed":
        return [(modality,) for modality in taken]
    if ask == "generate" and Modality.TEXT in taken:
        return [(Modality.TEXT,), *[(modality, Modality.TEXT) for modality in taken if modality is not Modality.TEXT]]
    return [taken] if taken else []


def _maker(ask: Capability, model: LoadedModel) -> Callable[[str, tuple[Part, ...]], Any]:
    shown = model.card.privileged
    if ask == "generate":
        return lambda key, content: Request(
            key,
            (Message("user", content),),
            max_new_tokens=8,
            target=COLOURS[int(key[-2:]) % len(COLOURS)] if shown else None,
        )
    if ask == "score_pairs":
        return lambda key, content: (
            Sample(f"{key}-left", content[:1], target=(key,) if shown else None),
            Sample(f"{key}-right", content[-1:], target=(key,) if shown else None),
        )
    if ask == "embed":
        return lambda key, content: Sample(key, content, target=(key,) if shown else None)
    return lambda key, content: Sample(key, content, target=int(key[-2:]) / 16 - 1 if shown else None)


def _numbers(found: Any, n: int, ask: Capability, seconds: float) -> Outcome:
    wanted = f"({n},)" if ask == "score_pairs" else f"({n}, d)"
    try:
        values = np.asarray(found)
    except (TypeError, ValueError, RuntimeError) as error:  # a tensor on a GPU, rows of different lengths
        return Outcome(
            problem=f"returned a {type(found).__name__} that is no array ({str(error).splitlines()[0]})",
            seconds=seconds,
        )
    right = values.ndim == (1 if ask == "score_pairs" else 2) and len(values) == n and values.size > 0
    if not right or not np.issubdtype(values.dtype, np.floating):
        return Outcome(
            problem=f"returned {values.dtype} of shape {values.shape} for {n} items, not floats {wanted}",
            seconds=seconds,
        )
    return Outcome(values=np.asarray(values, dtype=np.float64).reshape(n, -1), seconds=seconds)


def _responses(found: Any, requests: Sequence[Request], seconds: float) -> Outcome:
    wanted = [request.sample_id for request in requests]
    if not isinstance(found, list | tuple) or not all(isinstance(one, Response) for one in found):
        return Outcome(
            problem=f"returned a {type(found).__name__}, not a list of mmbench.models.Response", seconds=seconds
        )
    ids = [one.sample_id for one in found]
    if sorted(ids) != sorted(wanted):
        return Outcome(
            problem=f"returned {len(ids)} responses for {len(wanted)} requests, or with other sample_ids",
            seconds=seconds,
        )
    if not all(isinstance(one.text, str) for one in found):
        return Outcome(problem="returned a response whose text is no str", seconds=seconds)
    failed = {one.sample_id: one.error for one in found if one.error is not None}
    by_id = {one.sample_id: one.text for one in found}
    return Outcome(texts=tuple(by_id[key] for key in wanted), failed=failed, seconds=seconds)


def media_error(outcome: Outcome, key: str) -> bool:
    """Whether the outcome is the clean error of one sample: ``MediaError`` with its id, or a response with its error."""
    if isinstance(outcome.error, MediaError):
        return outcome.error.sample_id == key
    return set(outcome.failed) == {key}
