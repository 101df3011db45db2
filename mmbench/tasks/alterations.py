"""What a task modifier is: a change of the samples that are scored, behind a name that goes after a task's id (``flickr30k.t2i+jpeg3``)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mmbench.errors import UserError
from mmbench.loaders.dataset import Change
from mmbench.samples import MediaError, MediaPart, Modality, Part, Sample

SEVERITIES = 5
PartChange: TypeAlias = Callable[[Part, np.random.Generator], Part]
NAME = re.compile(r"(?P<key>[a-z]+(?:-[a-z]+)*)(?P<severity>\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifier:
    """One way to make the scored samples harder, or to take something away from them. Training samples stay as they are.

    Attributes:
        key: the name, without a severity.
        title: for people.
        about: what is done, in one or two sentences.
        source: after whom.
        modality: the content that is changed; a task that does not show it cannot be modified so.
        strengths: the parameter at severities 1 to 5; empty where there are no severities.
        unit: of ``strengths``.
        make: a parameter (``None`` without severities) to the change.
        kinds: the kinds of task that it is for; empty for any.
        drops: whether the content is gone afterwards, so that a model need not take it.
        version: bumped by any change that moves a score.
    """

    key: str
    title: str
    about: str
    source: str
    modality: Modality
    make: Callable[[float | None], Change]
    strengths: tuple[float, ...] = ()
    unit: str = ""
    kinds: tuple[str, ...] = ()
    drops: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Applied:
    """A modifier at a severity, ready to be used."""

    name: str
    modifier: Modifier
    change: Change

    def __reduce__(self) -> tuple[Callable[[str], "Applied"], tuple[str]]:
        """By its name, since a change is made of functions: tasks travel to other processes."""
        return _named, (self.name,)


def apply(name: str, known: Mapping[str, Modifier]) -> Applied:
    """The modifier that ``jpeg3`` or ``blind`` names. ``UserError`` where there is none, or none of that severity."""
    found = NAME.fullmatch(name)
    if found is None or found["key"] not in known:
        raise UserError(f"There is no task modifier {name!r}: there are {', '.join(map(spelling, known.values()))}.")
    modifier = known[found["key"]]
    if not modifier.strengths and found["severity"]:
        raise UserError(f"The task modifier {modifier.key} has no severities: write +{modifier.key}.")
    if not modifier.strengths:
        return Applied(name, modifier, modifier.make(None))
    if found["severity"] not in {str(one + 1) for one in range(len(modifier.strengths))}:
        raise UserError(
            f"The task modifier {modifier.key} goes from +{modifier.key}1 to +{modifier.key}{len(modifier.strengths)}."
        )
    return Applied(name, modifier, modifier.make(modifier.strengths[int(found["severity"]) - 1]))


def _named(name: str) -> Applied:
    from mmbench.tasks.modifiers import all_modifiers

    return apply(name, {one.key: one for one in all_modifiers()})


def spelling(modifier: Modifier) -> str:
    """How a modifier is written: ``jpeg1-5``, ``blind``."""
    return f"{modifier.key}1-{len(modifier.strengths)}" if modifier.strengths else modifier.key


def each_part(key: str, modality: Modality, change: PartChange) -> Change:
    """Change every part of one kind by itself, each with random numbers of its own: equal content is changed in the same way everywhere.

    The numbers do not depend on the severity, so that a stronger noise is the weaker one, louder. A part that cannot be decoded stays as
    it is: the model meets the same error as without the modifier.
    """

    def changed(part: Part) -> Part:
        seed = hashlib.sha256(f"{key} {part.fingerprint}".encode()).digest()
        try:
            return change(part, np.random.default_rng(list(seed[:8])))
        except MediaError:
            return part

    def of(sample: Sample, _row: int, _whole: object) -> Sample:
        content = tuple(changed(part) if part.modality is modality else part for part in sample.content)
        return replace(sample, content=content)

    return of


def encoded(part: MediaPart, media_type: str, data: bytes) -> MediaPart:
    """A part with other bytes, in the same language."""
    sha256 = hashlib.sha256(data).hexdigest()
    return MediaPart(part.modality, media_type, sha256, sha256, data=data, language=part.language)
