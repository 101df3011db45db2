"""What a sample is about, as digests: its decoded media, its normalised texts and its answer. Checks of duplicates compare these."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from mmbench.files import canonical_json
from mmbench.loaders.checks.base import Evidence, Item, MediaProbe, SampleProbe
from mmbench.loaders.checks.decoding import Failure, Medium, Picture
from mmbench.media import pixel_fingerprint
from mmbench.samples import Sample, TextPart

Texts: TypeAlias = tuple[tuple[str | None, bytes], ...]  # language and digest of each text, in order
SIZE = 16  # bytes of sha256 that are kept: no chance of an accidental match


@dataclass(frozen=True, slots=True)
class Content:
    """One sample as digests.

    Attributes:
        media: of the decoded pixels and samples, in order; of the encoded bytes where they do not decode.
        texts: of the normalised texts, options last.
        target: of the answer, ``None`` where there is none.
    """

    split: str
    row: int
    id: str
    group: str | None
    media: tuple[bytes, ...]
    texts: Texts
    target: bytes | None

    @property
    def family(self) -> tuple[str, str]:
        """What the sample shares with others: its group, or itself."""
        return ("id", self.id) if self.group is None else ("group", self.group)

    def item(self, note: str, beside: "Content | None" = None) -> Item:
        """This sample as a finding, held against another one."""
        return Item(self.split, self.row, self.id, note, None if beside is None else (beside.split, beside.row))


def normalised(text: str) -> str:
    """NFKC, casefolded, single spaces, punctuation cut from both ends of each word; a word of punctuation alone stays."""
    words = unicodedata.normalize("NFKC", text).casefold().split()
    return " ".join(word.strip(_punctuation()) or word for word in words)


def _media(medium: Medium) -> bytes:
    if isinstance(medium, Failure):
        return bytes.fromhex(medium.part.sha256)[:SIZE]
    if isinstance(medium, Picture):
        return bytes.fromhex(pixel_fingerprint(medium.image))[:SIZE]
    head = f"{medium.rate} {medium.wave.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(medium.wave).tobytes()).digest()[:SIZE]


def _texts(sample: Sample) -> Texts | None:
    found = [(part.language, _digest(normalised(part.text))) for part in sample.content if isinstance(part, TextPart)]
    return (*found, *((None, _digest(normalised(option))) for option in sample.options)) or None


MEDIA_CONTENT = MediaProbe(_media)
TEXTS = SampleProbe(_texts)
TARGET = SampleProbe(lambda sample: None if sample.target is None else _digest(canonical_json(sample.target)))
PRINTS = MediaProbe(lambda medium: bytes.fromhex(medium.part.fingerprint)[:SIZE])
CONTENT = (MEDIA_CONTENT, TEXTS, TARGET)


def contents(evidence: Evidence) -> Iterator[Content]:
    """The samples that have any media or text, in order."""
    media: defaultdict[tuple[str, int], list[bytes]] = defaultdict(list)
    for seen in evidence.seen(MEDIA_CONTENT):
        media[seen.split, seen.row].append(seen.value)
    texts = {(seen.split, seen.row): seen.value for seen in evidence.seen(TEXTS)}
    targets = {(seen.split, seen.row): seen.value for seen in evidence.seen(TARGET)}
    for split in evidence.splits:
        for row, (key, group) in enumerate(zip(*evidence.table(split), strict=True)):
            place = (split, row)
            if place in media or place in texts:
                yield Content(
                    split, row, key, group, tuple(media.get(place, ())), texts.get(place, ()), targets.get(place)
                )


def twins(evidence: Evidence) -> dict[str, str]:
    """Fingerprints (32 digits) of media whose decoded content an earlier one has, to the fingerprint of the first."""
    if PRINTS not in evidence.columns or MEDIA_CONTENT not in evidence.columns:
        return {}
    first: dict[bytes, bytes] = {}
    found = {}
    for medium, content in zip(evidence.seen(PRINTS), evidence.seen(MEDIA_CONTENT), strict=True):
        if first.setdefault(content.value, medium.value) != medium.value:
            found[medium.value.hex()] = first[content.value].hex()
    return found


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:SIZE]


@cache
def _punctuation() -> str:
    return "".join(chr(code) for code in range(0x10000) if unicodedata.category(chr(code)).startswith("P"))
