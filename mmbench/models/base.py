"""What a model is to mmbench: any object with one or more of four methods, and a card."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mmbench.samples import Modality, Request, Response, Role, Sample, Usage

Capability: TypeAlias = Literal["embed", "generate", "predict", "score_pairs"]
Kind: TypeAlias = Literal["model", "floor", "ceiling"]
Fitted: TypeAlias = Mapping[str, NDArray[Any] | str]
CAPABILITIES: tuple[Capability, ...] = ("embed", "generate", "predict", "score_pairs")
ALL_MODALITIES = frozenset(Modality)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Facts about a model. What is not known is ``None``, and a board shows it as unknown.

    Attributes:
        name: what boards call it.
        revision: a commit, a version or a digest of the weights; ``None`` where nothing identifies the weights.
        modalities: what it takes in. A floor model may take fewer than a task shows.
        kind: ``floor`` (random, constant, majority, blind), ``ceiling`` (oracle) or ``model``.
        privileged: whether it is shown the targets. Only the oracle is.
        parameters: their number.
        licence: SPDX id or name.
        open_weights: whether anybody can get the weights.
        languages: BCP 47 tags, ``None`` where unknown.
        release_date: ISO 8601.
        training_datasets: keys of datasets that it was trained on; ``None`` is unknown, which is never called zero-shot.
        summary: one sentence.
    """

    name: str
    revision: str | None
    modalities: frozenset[Modality]
    kind: Kind = "model"
    privileged: bool = False
    parameters: int | None = None
    licence: str | None = None
    open_weights: bool | None = None
    languages: tuple[str, ...] | None = None
    release_date: str | None = None
    training_datasets: tuple[str, ...] | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """The models of one library behind a prefix: ``open_clip:ViT-B-32/openai``. Nothing heavy is imported before ``make`` is called.

    Attributes:
        prefix: what stands before the colon.
        make: what stands behind it, and keyword arguments (``--model-args``), to the model. Where it takes ``device`` and ``dtype``,
            ``--device`` and ``--dtype`` reach it. The model's ``card.revision`` identifies its weights.
        can: what its models can do; a model has only those of them that its class has.
        extra: the extra of mmbench that it needs, ``""`` for none.
        example: a spec that works where the hub can be reached.
        summary: one sentence.
        settings: arguments that move no answer (how many requests at once, prices): provenance, no part of a run's identity.
        local: the name is a path of this machine, and the arguments say how to read it: neither stands in a record, and the card's
            revision alone identifies the model.
    """

    prefix: str
    make: Callable[..., object]
    can: tuple[Capability, ...]
    extra: str
    example: str
    summary: str
    settings: tuple[str, ...] = ()
    local: bool = False


@runtime_checkable
class Embedder(Protocol):
    """Turns samples into vectors."""

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.floating[Any]]:
        """Float vectors ``(n, d)``, one per sample, in order. ``MediaError`` for a sample that cannot be decoded."""
        ...


@runtime_checkable
class Generator(Protocol):
    """Turns requests into text."""

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One response per request, in order."""
        ...


@runtime_checkable
class StreamingGenerator(Protocol):
    """A generator that keeps several requests in flight: each answer is stored as it arrives, whatever happens to the others."""

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One response per request, in order."""
        ...

    def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
        """One response per request, in any order, each as soon as it is there. Requests are taken as they are needed.

        A request that cannot be answered, or whose media cannot be decoded, is a response with its ``error``.
        """
        ...


@runtime_checkable
class Estimator(Protocol):
    """A generator that can say what requests will take before any is sent: ``--dry-run`` prints it."""

    def estimate(self, requests: Iterable[Request]) -> Usage:
        """The totals of all requests: tokens in and out (at most), and cost in US dollars where prices are known."""
        ...


@runtime_checkable
class Predictor(Protocol):
    """Turns samples into numbers."""

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.floating[Any]]:
        """Floats ``(n, k)``, one row per sample, in order."""
        ...


@runtime_checkable
class PairScorer(Protocol):
    """Scores pairs of samples."""

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.floating[Any]]:
        """Floats ``(n,)``, higher for pairs that belong together."""
        ...


@runtime_checkable
class Fittable(Protocol):
    """Learns from the training split before it is asked. Views of training rows keep their targets."""

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Forget what was fitted before and fit anew."""
        ...


@runtime_checkable
class Restorable(Protocol):
    """A fitted model whose fitted state is stored with the run, so that a resumed run does not fit again."""

    def fitted(self) -> Fitted:
        """The fitted state as arrays and strings."""
        ...

    def restore(self, state: Fitted) -> None:
        """Become what ``fitted`` returned."""
        ...


@runtime_checkable
class Witness(Protocol):
    """A model that learns while it is asked who really answered, as a server that names its model."""

    def provenance(self) -> Mapping[str, Any]:
        """Facts for the run's provenance, JSON values without secrets."""
        ...


def capabilities(model: object) -> tuple[Capability, ...]:
    """Which of the four methods an object has."""
    return tuple(name for name in CAPABILITIES if callable(getattr(model, name, None)))
