"""Checks of how parts go together: how many of each, none that dropped out, no picture with two answers."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

from mmbench.loaders.checks.base import MEDIA, Evidence, Item, MediaProbe, Outcome, SampleProbe, Seen, Status, check
from mmbench.loaders.checks.contents import CONTENT, Content, contents
from mmbench.loaders.checks.decoding import Medium, Picture
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart

USUAL = 0.95  # from this share on a number is what was meant, and what differs from it is an exception worth a look
PLACEHOLDER = re.compile(r"<(image|audio)(?:[ _-]?(\d+))?>", re.IGNORECASE)
V = TypeVar("V")
Counts: TypeAlias = tuple[tuple[Modality, int], ...]


@dataclass(frozen=True, slots=True)
class _Marks:
    kind: str
    asked: int
    held: int


def _marks(sample: Sample) -> tuple[_Marks, ...] | None:
    """The placeholders of a sample that its media do not match: ``<image>`` each counts, ``<image 2>`` repeated counts once."""
    words = [*(part.text for part in sample.content if isinstance(part, TextPart)), *sample.options]
    found = [(match[1].lower(), match[2]) for text in words for match in PLACEHOLDER.finditer(text)]
    wrong = []
    for kind in sorted({kind for kind, _ in found}):
        numbers = [number for name, number in found if name == kind]
        asked = numbers.count(None) + len(set(numbers) - {None})
        held = len(sample.parts(Modality(kind)))
        wrong += [_Marks(kind, asked, held)] if asked != held else []
    return tuple(wrong) or None


def _counts(sample: Sample) -> Counts:
    return tuple((kind, len(sample.parts(kind))) for kind in (Modality.IMAGE, Modality.AUDIO))


PLACEHOLDERS = SampleProbe(_marks)
COUNTS = SampleProbe(_counts)


@check("Samples hold as many media as they should", "fail", PLACEHOLDERS, COUNTS, any_of=MEDIA)
def media_per_sample(evidence: Evidence) -> Outcome:
    """As many pictures and sounds as the text has placeholders; and where 95 % of a split hold one number, what differs is a warning."""
    wrong = [
        seen.item(f"{one.asked} <{one.kind}> in the text, {one.held} in the sample")
        for seen in evidence.seen(PLACEHOLDERS)
        for one in seen.value
    ]
    exceptions, said = [], []
    seen_counts = list(evidence.seen(COUNTS))
    for number, kind in enumerate((Modality.IMAGE, Modality.AUDIO)):
        odd, usual = _exceptions((seen, seen.value[number][1]) for seen in seen_counts)
        exceptions += [seen.item(f"{count} {kind} parts, usual are {usual[seen.split]}") for seen, count in odd]
        said += [f"{kind} parts per sample: {_spread(seen.value[number][1] for seen in seen_counts)}"]
    status: Status | None = "fail" if wrong else "warn" if exceptions else None
    return Outcome(
        len(evidence), wrong + exceptions, value=len(wrong), threshold=0, message=f"{'; '.join(said)}.", status=status
    )


LENGTH = SampleProbe(
    lambda sample: sum(isinstance(part, TextPart) and bool(part.text.strip()) for part in sample.content)
)
FIRST_PICTURE = SampleProbe(
    lambda sample: next(
        (bytes.fromhex(p.sha256)[:16] for p in sample.content if isinstance(p, MediaPart) and p.modality == "image"),
        None,
    )
)


@check("Samples and pictures hold as many texts as is usual", "warn", LENGTH, FIRST_PICTURE,
       all_of=frozenset({Modality.IMAGE, Modality.TEXT}))  # fmt: skip
def texts_per_picture(evidence: Evidence) -> Outcome:
    """Five captions per picture are a promise of COCO and Flickr30k: where 95 % of a split keep one number, what differs lost a row.

    Counted are texts per sample, and samples per picture (first picture of a sample) where more than one is usual.
    """
    lengths = list(evidence.seen(LENGTH))
    odd, usual = _exceptions((seen, seen.value) for seen in lengths)
    bad = [seen.item(f"{count} texts, usual are {usual[seen.split]}") for seen, count in odd]
    rows = Counter((seen.split, seen.value) for seen in evidence.seen(FIRST_PICTURE))
    first = {(seen.split, seen.value): seen for seen in reversed(list(evidence.seen(FIRST_PICTURE)))}
    per_picture, common = _exceptions((first[key], count) for key, count in rows.items())
    bad += [
        seen.item(f"{count} samples of this picture, usual are {common[seen.split]}")
        for seen, count in per_picture
        if common[seen.split] > 1
    ]
    said = (
        f"Texts per sample: {_spread(seen.value for seen in lengths)}; samples per picture: {_spread(rows.values())}."
    )
    return Outcome(len(lengths), bad, value=len(bad), threshold=0, message=said)


def _exceptions(
    counted: Iterable[tuple[Seen[V], int]],
) -> tuple[list[tuple[Seen[V], int]], Mapping[str, int]]:
    """What differs from the number that at least ``USUAL`` of a split have, and that number per split."""
    by_split: defaultdict[str, list[tuple[Seen[V], int]]] = defaultdict(list)
    for seen, count in counted:
        by_split[seen.split].append((seen, count))
    found, usual = [], {}
    for split, pairs in by_split.items():
        number, times = Counter(count for _, count in pairs).most_common(1)[0]
        if times / len(pairs) >= USUAL:
            usual[split] = number
            found += [(seen, count) for seen, count in pairs if count != number]
    return found, usual


def _spread(numbers: Iterable[int]) -> str:
    counted = Counter(numbers)
    shown = [f"{number} in {counted[number]:,}" for number in sorted(counted)[:6]]
    return ", ".join(shown + (["…"] if len(counted) > 6 else [])) or "none"


def _empty(sample: Sample) -> tuple[Modality, ...] | None:
    """The modalities that a sample holds in name only."""
    full: dict[Modality, bool] = {}
    for part in sample.content:
        one = part.modality
        if isinstance(part, TextPart):
            full[one] = full.get(one, False) or bool(part.text.strip())
        elif isinstance(part, FeaturesPart):
            full[one] = full.get(one, False) or bool(part.values.size and np.any(part.values))
    return tuple(kind for kind, held in full.items() if not held) or None


def _blank(medium: Medium) -> bool | None:
    """Whether a picture is one colour throughout."""
    if not isinstance(medium, Picture):
        return None
    extrema: Sequence[Sequence[float]] = medium.image.getextrema()  # type: ignore[assignment]  # RGB has three pairs
    return all(low == high for low, high in extrema) or None


HOLDS = SampleProbe(lambda sample: sample.modalities)
EMPTY = SampleProbe(_empty)
BLANK = MediaProbe(_blank)


@check("No modality drops out", "warn", HOLDS, EMPTY, BLANK)
def modality_drop_out(evidence: Evidence) -> Outcome:
    """A sample without its sound is scored as if the model had heard it.

    Found are missing parts, blank texts, features of zeros and pictures of one colour. Any share above zero is reported,
    by modality and split: a set with an optional modality should say so on its card.
    """
    lost = [
        (seen.split, kind, seen.item(f"{kind} is missing"))
        for seen in evidence.seen(HOLDS)
        for kind in sorted(evidence.modalities - seen.value)
    ]
    lost += [(seen.split, kind, seen.item(f"{kind} is empty")) for seen in evidence.seen(EMPTY) for kind in seen.value]
    bad = [item for _, _, item in lost]
    blank = [seen.item("the picture is one colour") for seen in evidence.seen(BLANK)]
    shares = Counter((kind, split) for split, kind, _ in lost)
    worst = max((count / len(evidence.splits[split]) for (_, split), count in shares.items()), default=0.0)
    named = [
        f"{kind} in {count / len(evidence.splits[split]):.1%} of {split}" for (kind, split), count in shares.items()
    ]
    named += [f"{len(blank)} pictures of one colour"] if blank else []
    message = f"Without {', '.join(named)}." if named else "Every sample holds every modality of the set."
    return Outcome(len(evidence), bad + blank, value=worst, threshold=0.0, message=message)


@check("Equal media have equal answers", "fail", *CONTENT, any_of=MEDIA)
def conflicting_duplicates(evidence: Evidence) -> Outcome:
    """Equal pixels and sound with the equal question and another answer: one of the two is wrong, and no model can get both.

    Samples without answers (caption sets) conflict where equal media stand with other texts in another group: each then counts as a
    wrong match of the other.
    """
    kept = [one for one in contents(evidence) if one.media]
    bad = _answers_differ([one for one in kept if one.target is not None])
    bad += _texts_differ([one for one in kept if one.target is None])
    message = f"{len(bad):,} samples contradict another." if bad else f"{len(kept):,} samples agree."
    return Outcome(len(kept), bad, value=len(bad), threshold=0, message=message)


def _answers_differ(rows: Iterable[Content]) -> list[Item]:
    alike: defaultdict[object, list[Content]] = defaultdict(list)
    for one in rows:
        alike[one.media, one.texts].append(one)
    return [
        one.item(f"another answer than {_other(one, found)}")
        for found in alike.values()
        if len({one.target for one in found}) > 1
        for one in found
    ]


def _texts_differ(rows: Iterable[Content]) -> list[Item]:
    alike: defaultdict[object, list[Content]] = defaultdict(list)
    for one in rows:
        alike[one.media].append(one)
    return [
        one.item(f"the same media as {_other(one, found)}, in another group and with other text")
        for found in alike.values()
        if len({one.family for one in found}) > 1 and len({one.texts for one in found}) > 1
        for one in found
    ]


@check("Texts belong to one picture or sound", "warn", *CONTENT, any_of=MEDIA, all_of=frozenset({Modality.TEXT}))
def repeated_text(evidence: Evidence) -> Outcome:
    """In retrieval a text that stands beside other media of another group has two right answers, of which one counts as wrong.

    Compared are normalised texts of one language. Samples with answers are left out: questions repeat by design.
    """
    kept = [one for one in contents(evidence) if one.media and one.texts and one.target is None]
    alike: defaultdict[tuple[str | None, bytes], list[Content]] = defaultdict(list)
    for one in kept:
        for text in dict.fromkeys(one.texts):
            alike[text].append(one)
    bad = [
        one.item(f"the {language or 'same'} text of {_other(one, found)}")
        for (language, _), found in alike.items()
        if len({one.family for one in found}) > 1 and len({one.media for one in found}) > 1
        for one in found
    ]
    places = len({(item.split, item.row) for item in bad})
    share = places / len(kept) if kept else 0.0
    message = f"{share:.1%} of the samples share a text with other media." if kept else "All samples have answers."
    return Outcome(len(kept), bad, value=share, threshold=0.0, message=message)


def _other(one: Content, found: Sequence[Content]) -> str:
    """The first sample beside ``one`` that differs from it, for a note."""
    others = [two for two in found if two.family != one.family or two.target != one.target]
    return others[0].id if others else found[0].id
