"""Checks of what stands twice: between splits, and within one with another answer or beside other media."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from mmbench.loaders.checks._near import alike, difference_hash, near_pairs, near_sounds, sound_fingerprint, thumbnail
from mmbench.loaders.checks.base import MEDIA, Evidence, Item, MediaProbe, Outcome, Seen, Status, check
from mmbench.loaders.checks.contents import CONTENT, MEDIA_CONTENT, PRINTS, Content, contents
from mmbench.loaders.checks.decoding import Medium, Picture, Sound
from mmbench.samples import Modality

ONE_SPLIT = "Only one split was looked at."


@check("No sample stands in two splits", "fail", *CONTENT, PRINTS, between=True)
def cross_split_leakage(evidence: Evidence) -> Outcome:
    """Equal decoded pixels or sound, or all media and texts together, in two splits: the model has been shown what it is tested on.

    Named is the sample of the later split (training splits come first). Equal text alone is a warning in caption sets and nothing in
    sets with answers, where questions repeat by design; without media it is the whole sample. Copies that were encoded anew with
    loss are the business of the check of near copies.
    """
    if len(evidence.splits) < 2:
        return Outcome(0, message=ONE_SPLIT)
    kept = list(contents(evidence))
    whole = _twins(kept, lambda one: (one.media, one.texts), "the same sample as", evidence.side)
    media = _twins([one for one in kept if one.media], lambda one: one.media, "the same media as", evidence.side)
    captions = [one for one in kept if one.media and one.texts and one.target is None]
    texts = _twins(captions, lambda one: one.texts, "the same text as", evidence.side)
    bad = {(item.split, item.row): item for item in [*texts, *media, *whole]}  # the strongest note wins
    status: Status | None = "fail" if whole or media else "warn" if texts else None
    message = (
        f"In a second split: {len(whole):,} whole samples, {len(media):,} media, {len(texts):,} texts of captions."
    )
    ordered = sorted(bad.values(), key=lambda item: (list(evidence.splits).index(item.split), item.row))
    return Outcome(len(kept), ordered, value=len(bad), threshold=0, message=message, status=status)


def _twins(
    rows: Sequence[Content], key: Callable[[Content], Hashable], note: str, side: Callable[[str], str]
) -> list[Item]:
    """The samples whose key was seen in an earlier split."""
    first: dict[Hashable, Content] = {}
    found = []
    for one in rows:
        twin = first.setdefault(key(one), one)
        if side(twin.split) != side(one.split):
            found.append(one.item(f"{note} {twin.id} in {twin.split}", twin))
    return found


@check("Groups stay in one split", "warn")
def group_across_splits(evidence: Evidence) -> Outcome:
    """Samples of one speaker, video or picture in two splits: the score measures how well the group was learnt by heart."""
    if len(evidence.splits) < 2:
        return Outcome(0, message=ONE_SPLIT)
    splits_of: defaultdict[str, list[str]] = defaultdict(list)
    grouped, bad = 0, []
    for split in evidence.splits:
        for row, (key, group) in enumerate(zip(*evidence.table(split), strict=True)):
            if group is None:
                continue
            grouped += 1
            splits_of[group] += [] if split in splits_of[group] else [split]
            if splits_of[group][0] != split:
                bad.append(Item(split, row, key, f"its group {group!r} is in {splits_of[group][0]} too"))
    shared = sum(len(found) > 1 for found in splits_of.values())
    message = f"{shared:,} of {len(splits_of):,} groups are in two splits." if grouped else "No sample names its group."
    return Outcome(grouped, bad, value=shared, threshold=0, message=message)


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
        one.item(f"another answer than {_beside(one, found)}")
        for found in alike.values()
        if len({one.target for one in found}) > 1
        for one in found
    ]


def _texts_differ(rows: Iterable[Content]) -> list[Item]:
    alike: defaultdict[object, list[Content]] = defaultdict(list)
    for one in rows:
        alike[one.media].append(one)
    return [
        one.item(f"the same media as {_beside(one, found)}, in another group and with other text")
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
        one.item(f"the {language or 'same'} text of {_beside(one, found)}")
        for (language, _), found in alike.items()
        if len({one.family for one in found}) > 1 and len({one.media for one in found}) > 1
        for one in found
    ]
    places = len({(item.split, item.row) for item in bad})
    share = places / len(kept) if kept else 0.0
    message = f"{share:.1%} of the samples share a text with other media." if kept else "All samples have answers."
    return Outcome(len(kept), bad, value=share, threshold=0.0, message=message)


def _beside(one: Content, found: Sequence[Content]) -> str:
    """The first sample beside ``one`` that differs from it, for a note."""
    others = [two for two in found if two.family != one.family or two.target != one.target]
    return others[0].id if others else found[0].id


def _near(medium: Medium) -> tuple[int, bytes] | None:
    if not isinstance(medium, Picture):
        return None
    small = thumbnail(medium.image)
    return difference_hash(small), small.tobytes()


def _heard(medium: Medium) -> tuple[bytes, float] | None:
    if not isinstance(medium, Sound):
        return None
    found = sound_fingerprint(medium.wave, medium.rate)
    return None if found is None else (found, medium.wave.shape[1] / medium.rate)


HASHES = MediaProbe(_near)
SOUNDS = MediaProbe(_heard)
LENGTHS_ALIKE = 0.05  # of two sounds, as the logarithm of their ratio
TRIED = 16  # candidates that are verified before a picture counts as single
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Unit(Generic[V]):
    """A distinct picture or sound of a split: where it stands first, what it is, and its hash."""

    seen: Seen[V]
    content: bytes

    @property
    def family(self) -> str:
        return f"id {self.seen.id}" if self.seen.group is None else f"group {self.seen.group}"


@check(
    "No picture or sound has a near copy in another split",
    "fail",
    HASHES,
    SOUNDS,
    MEDIA_CONTENT,
    any_of=MEDIA,
    between=True,
)
def near_copies_across_splits(evidence: Evidence) -> Outcome:
    """A picture that was encoded anew, resized or made a little lighter is the same question: dHash within 6 of 64 bits, verified by the
    correlation of thumbnails (0.97). Sounds: 40 of 256 bits and lengths within 5 %, a warning only. Equal pixels are the business of
    the exact check. Crops beyond a few per cent, mirror images and sounds that start elsewhere are not found.
    """  # noqa: D205
    return _copies(evidence, lambda one, two: evidence.side(one.split) != evidence.side(two.split))


@check("No picture or sound has a near copy in its split", "warn", HASHES, SOUNDS, MEDIA_CONTENT, any_of=MEDIA)
def near_copies(evidence: Evidence) -> Outcome:
    """Near copies within a split that are in two groups (or in none) count as two questions where there is one.

    The intervals of scores then are too narrow, and in retrieval each is a wrong match of the other. Found as across splits.
    """
    return _copies(evidence, lambda one, two: one.split == two.split)


def _copies(evidence: Evidence, where: Callable[[Seen[Any], Seen[Any]], bool]) -> Outcome:
    content = {(one.split, one.row, one.part): one.value for one in evidence.seen(MEDIA_CONTENT)}
    pictures = list(_near_pictures(_units(evidence, HASHES, content), where))
    sounds = list(_near_sounds(_units(evidence, SOUNDS, content), where))
    status: Status | None = "warn" if sounds and not pictures else None
    message = f"{len(pictures):,} pictures and {len(sounds):,} sounds have a near copy."
    n = len(set(content.values()))
    return Outcome(
        n,
        [*pictures, *sounds],
        value=len(pictures) + len(sounds),
        threshold=0,
        message=message,
        status=status,
        unit="files",
    )


def _units(evidence: Evidence, probe: MediaProbe[V], content: Mapping[tuple[str, int, int], bytes]) -> list[_Unit[V]]:
    first: dict[tuple[str, bytes], _Unit[V]] = {}
    for seen in evidence.seen(probe):
        digest = content[seen.split, seen.row, seen.part]
        first.setdefault((seen.split, digest), _Unit(seen, digest))
    return list(first.values())


def _near_pictures(
    units: Sequence[_Unit[tuple[int, bytes]]], where: Callable[[Seen[Any], Seen[Any]], bool]
) -> Iterator[Item]:
    hashes = np.asarray([unit.seen.value[0] for unit in units], dtype=np.uint64)
    small = [np.frombuffer(unit.seen.value[1], dtype=np.uint8) for unit in units]
    tried: Counter[int] = Counter()
    twin: dict[int, int] = {}
    for ours, theirs in near_pairs(hashes, hashes):
        for one, two in zip(ours.tolist(), theirs.tolist(), strict=True):
            if two < one and one not in twin and tried[one] < TRIED and _other(units[one], units[two], where):
                tried[one] += 1
                if alike(small[one], small[two]):
                    twin[one] = two
    yield from (_item(units[one], units[two], "picture") for one, two in sorted(twin.items()))


def _near_sounds(
    units: Sequence[_Unit[tuple[bytes, float]]], where: Callable[[Seen[Any], Seen[Any]], bool]
) -> Iterator[Item]:
    if not units:
        return
    prints = np.frombuffer(b"".join(unit.seen.value[0] for unit in units), dtype=np.uint8).reshape(len(units), -1)
    seconds = np.asarray([unit.seen.value[1] for unit in units])
    twin: dict[int, int] = {}
    for ours, theirs in near_sounds(prints, prints):
        close = (theirs < ours) & (np.abs(np.log(seconds[ours] / seconds[theirs])) < LENGTHS_ALIKE)
        for one, two in zip(ours[close].tolist(), theirs[close].tolist(), strict=True):
            if one not in twin and _other(units[one], units[two], where):
                twin[one] = two
    yield from (_item(units[one], units[two], "sound") for one, two in sorted(twin.items()))


def _other(one: _Unit[V], two: _Unit[V], where: Callable[[Seen[Any], Seen[Any]], bool]) -> bool:
    """Whether two units are another picture in another family, at places that are to be compared."""
    return one.content != two.content and one.family != two.family and where(one.seen, two.seen)


def _item(one: _Unit[V], two: _Unit[V], kind: str) -> Item:
    return one.seen.item(f"its {kind} is a near copy of that of {two.seen.id} in {two.seen.split}", two.seen)
