"""What one row of any dataset is: an ordered tuple of text, pictures, sound and features, with a target and a group."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from mmbench.files import canonical_json


class Modality(StrEnum):
    """The kinds of content. A video enters as frames and audio, or as features."""

    IMAGE = "image"
    TEXT = "text"
    AUDIO = "audio"
    FEATURES = "features"


class MediaError(Exception):
    """One sample's content cannot be used. It ends that sample, never the stream that the sample came from."""

    def __init__(self, sample_id: str, reason: str) -> None:
        super().__init__(f"sample {sample_id!r}: {reason}")
        self.sample_id = sample_id
        self.reason = reason

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str]]:
        return MediaError, (self.sample_id, self.reason)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text and its language (BCP 47, ``None`` where unknown)."""

    text: str
    language: str | None = None

    @property
    def modality(self) -> Modality:
        """Always ``Modality.TEXT``."""
        return Modality.TEXT

    @property
    def fingerprint(self) -> str:
        """The sha256 of the text's UTF-8 bytes."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MediaPart:
    """An undecoded picture or sound: bytes in memory, or a range of a file. ``mmbench.media`` reads and decodes it.

    Attributes:
        modality: ``IMAGE`` or ``AUDIO``.
        media_type: the declared type, as ``image/png``.
        sha256: of the encoded bytes; checked at every read.
        fingerprint: what identifies the content. Equal to ``sha256``, or for generated media the hash of the decoded pixels or
            samples, which does not depend on the version of the encoder.
        data: the encoded bytes, or ``None`` where ``path`` says where they are.
        path, offset, length: a file and the range inside it (``length`` ``None``: to the end).
        language: the language spoken, where there is one.
    """

    modality: Modality
    media_type: str
    sha256: str
    fingerprint: str
    data: bytes | None = field(default=None, repr=False)
    path: str | None = None
    offset: int = 0
    length: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeaturesPart:
    """A named array ``(T, D)`` of precomputed features, with ``(T, 2)`` start and end seconds where they are known."""

    name: str
    values: NDArray[np.float32] = field(repr=False)
    timestamps: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def modality(self) -> Modality:
        """Always ``Modality.FEATURES``."""
        return Modality.FEATURES

    @property
    def language(self) -> str | None:
        """Always ``None``: features have no language."""
        return None

    @property
    def fingerprint(self) -> str:
        """The sha256 of shape, values and timestamps."""
        times = b"" if self.timestamps is None else np.ascontiguousarray(self.timestamps, dtype=np.float64).tobytes()
        head = canonical_json([self.name, list(self.values.shape)]).encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.values, dtype=np.float32).tobytes() + times).hexdigest()


Part: TypeAlias = TextPart | MediaPart | FeaturesPart
P = TypeVar("P", TextPart, MediaPart)
Role: TypeAlias = Literal["query", "document"]
NO_META: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sample:
    """One row: one question, one caption pair, one utterance.

    Attributes:
        id: unique in its split.
        content: ordered parts; several pictures keep their order, five captions are five text parts.
        options: the choices of a multiple-choice question, else empty.
        target: the gold answer, label or value; ``None`` in what a model is shown.
        group: what the sample shares with others (picture, dialogue, speaker, family); intervals resample whole groups.
        meta: anything else, JSON values only.
    """

    id: str
    content: tuple[Part, ...]
    options: tuple[str, ...] = ()
    target: Any = None
    group: str | None = None
    meta: Mapping[str, Any] = field(default_factory=lambda: NO_META)

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy does not pickle, and a loader that fails on it hangs
        return _restored, (self.id, self.content, self.options, self.target, self.group, dict(self.meta))

    @property
    def text(self) -> str:
        """The only text, as a string. ``ValueError`` where there is none or more than one."""
        return self._only(Modality.TEXT, TextPart).text

    @property
    def image(self) -> MediaPart:
        """The only picture, undecoded. ``ValueError`` where there is none or more than one."""
        return self._only(Modality.IMAGE, MediaPart)

    @property
    def audio(self) -> MediaPart:
        """The only sound, undecoded. ``ValueError`` where there is none or more than one."""
        return self._only(Modality.AUDIO, MediaPart)

    @property
    def modalities(self) -> frozenset[Modality]:
        """The kinds of content that the sample has."""
        return frozenset(part.modality for part in self.content)

    @property
    def fingerprint(self) -> str:
        """The sha256 of everything that can move a score: id, content, options, target, group and meta (folds stand there)."""
        parts = [[part.modality, part.language, part.fingerprint] for part in self.content]
        return hashlib.sha256(
            canonical_json([self.id, parts, list(self.options), self.target, self.group, dict(self.meta)]).encode()
        ).hexdigest()

    def parts(self, modality: Modality) -> tuple[Part, ...]:
        """The parts of one modality, in order."""
        return tuple(part for part in self.content if part.modality is modality)

    def view(
        self, modalities: frozenset[Modality], *, languages: Mapping[Modality, str] | None = None, target: bool = False
    ) -> "Sample":
        """What a model is shown: only these modalities, each in its language, and the target only if ``target``.

        Args:
            modalities: the kinds of content to keep.
            languages: for a modality named here, only the parts in that language are kept.
            target: keep the target (training rows and privileged floor models).
        """
        wanted = languages or {}
        keep = tuple(
            part
            for part in self.content
            if part.modality in modalities and (part.modality not in wanted or part.language == wanted[part.modality])
        )
        return replace(self, content=keep, target=self.target if target else None, meta=NO_META)

    def _only(self, modality: Modality, kind: type[P]) -> P:
        found = [part for part in self.content if isinstance(part, kind) and part.modality is modality]
        if len(found) != 1:
            raise ValueError(f"sample {self.id!r} has {len(found)} {modality} parts where exactly one was asked for")
        return found[0]


def _restored(
    id: str,  # noqa: A002  (the field of a sample)
    content: tuple[Part, ...],
    options: tuple[str, ...],
    target: Any,
    group: str | None,
    meta: dict[str, Any],
) -> Sample:
    return Sample(id, content, options, target, group, MappingProxyType(meta) if meta else NO_META)


SamplePair: TypeAlias = tuple[Sample, Sample]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: who speaks, and ordered parts of text and media."""

    role: Literal["system", "user", "assistant"]
    content: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to generate.

    Attributes:
        sample_id: the sample that is asked about.
        messages: the conversation so far.
        options: the choices of a multiple-choice question, else empty.
        max_new_tokens, stop, temperature, seed, n: decoding parameters; they are part of the run's identity.
        target: the gold answer, for privileged floor models only.
    """

    sample_id: str
    messages: tuple[Message, ...]
    options: tuple[str, ...] = ()
    max_new_tokens: int = 32
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0
    n: int = 1
    target: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """All text of the last message, joined by newlines."""
        return "\n".join(part.text for part in self.messages[-1].content if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer took; ``None`` where nobody said. Provenance: it moves no score.

    Attributes:
        input_tokens, output_tokens: as the model or the server counted them.
        cost: in US dollars, by the price list that the model was given.
        seconds: from the first try to the last token.
        attempts: how often it was asked.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back for one request.

    Attributes:
        sample_id: of the request.
        text: the answer, whole: reasoning is cut by extractors, not here.
        finish_reason: ``stop``, or ``length`` where the answer was cut at ``max_new_tokens``.
        error: why there is no text.
        usage: what it took.
    """

    sample_id: str
    text: str
    finish_reason: str = "stop"
    error: str | None = None
    usage: Usage | None = None


def media_part(
    modality: Modality,
    media_type: str,
    data: bytes,
    *,
    fingerprint: str | None = None,
    language: str | None = None,
) -> MediaPart:
    """A media part from encoded bytes, hashed here."""
    sha256 = hashlib.sha256(data).hexdigest()
    return MediaPart(modality, media_type, sha256, fingerprint or sha256, data=data, language=language)
