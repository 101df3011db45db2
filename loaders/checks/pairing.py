"""Checks of how parts go together: how many of each, none that dropped out, and whether they are of one another."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.checks._matching import LAGS, Match, Matrix, lag_profile, match, similarities, standing
from mmbench.loaders.checks.base import (
    MEDIA,
    Evidence,
    Item,
    Outcome,
    Pairs,
    SampleProbe,
    Seen,
    Status,
    Tools,
    check,
)
from mmbench.samples import MediaPart, Modality, Sample, TextPart

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
        exceptions += [seen.item(f"{count} {kind}s, usual are {usual[seen.split]}") for seen, count in odd]
        if kind in evidence.modalities:
            said += [f"{kind}s per sample: {_spread(seen.value[number][1] for seen in seen_counts)}"]
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
    shown = [f"{number} ({counted[number]:,})" for number in sorted(counted)[:6]]
    return ", ".join(shown + (["…"] if len(counted) > 6 else [])) or "none"


MIN_PAIRS = 20  # independent of the map, below which no order is judged
CLEAR, ABSENT = 6.0, 3.0  # z at which pairs are told apart for certain, and below which they are not
UNMATCHED = 2.0  # z below which a part of a split is taken for shuffled
SURE = 0.001  # of a p-value after Holm's correction


@dataclass(frozen=True, slots=True)
class _Matched:
    """Embedded pairs of one split and kind, their rows that may be tested, and how well these match."""

    pairs: Pairs
    held: NDArray[np.int64]
    match: Match

    def expected(self, effect: float) -> float:
        """The z that this many pairs would have if they matched as well as others."""
        return effect * float(np.sqrt(len(self.held)))


def _matched(evidence: Evidence) -> list[_Matched]:
    found = []
    for pairs in evidence.pairs:
        held = np.flatnonzero(pairs.held)
        if len(held) >= MIN_PAIRS:
            found.append(_Matched(pairs, held, match(_scores(pairs, held))))
    return found


def _scores(pairs: Pairs, rows: NDArray[np.int64]) -> Matrix:
    return similarities(pairs.vectors[0][rows], pairs.vectors[1][rows])


def _found(evidence: Evidence, pairs: Pairs, rows: Iterable[int], note: str) -> Iterator[Item]:
    ids = evidence.table(pairs.split)[0]
    for row in rows:
        position = int(pairs.rows[row])
        yield Item(pairs.split, position, ids[position], note)


def _name(pairs: Pairs) -> str:
    return f"{pairs.split}, {pairs.left} and {pairs.right}"


def _few(evidence: Evidence) -> Outcome:
    if evidence.tools is None or evidence.tools.pairs is None:
        return Outcome(0, message="No embedder was asked.")
    return Outcome(0, message=f"No split has {MIN_PAIRS} pairs of two kinds of content to test.")


@check("Pairs match better than shuffled ones", "fail", embeds=True)
def pairing_shuffle(evidence: Evidence) -> Outcome:
    """The mean similarity of the pairs is held against that of all shuffles of one side, by its exact mean and variance.

    Pairs that match no better (z below 3) fail where the same embedder tells the pairs of another split apart well enough to expect
    z of at least 6 here. Where it does not, nothing is known: the embedder may be too weak, so the answer is inconclusive.
    """
    matched = _matched(evidence)
    if not matched:
        return _few(evidence)
    bad, unsure, said = [], 0, []
    for one in matched:
        said.append(f"{_name(one.pairs)}: z {one.match.z:.1f} of {one.match.n:,}")
        if one.match.z >= ABSENT:
            continue
        others = [
            two
            for two in matched
            if two is not one and (two.pairs.left, two.pairs.right) == (one.pairs.left, one.pairs.right)
        ]
        control = max((two for two in others if two.match.z >= CLEAR), key=lambda two: two.match.effect, default=None)
        if control is None or one.expected(control.match.effect) < CLEAR:
            unsure += 1
            continue
        note = f"its {one.pairs.left} and {one.pairs.right} match no better than shuffled ones, those of {control.pairs.split} do"
        bad += list(_found(evidence, one.pairs, one.held, note))
    status: Status | None = "fail" if bad else "inconclusive" if unsure else None
    weak = " This embedder cannot tell them apart; name a stronger one with --model." if unsure else ""
    message = f"{'; '.join(said)} ({matched[0].pairs.embedder}).{weak}"
    lowest = min(one.match.z for one in matched)
    return Outcome(_tested(matched), bad, value=lowest, threshold=ABSENT, message=message, status=status)


def _tested(matched: Sequence[_Matched]) -> int:
    return len({(one.pairs.split, int(row)) for one in matched for row in one.pairs.rows[one.held]})


def _labels(sample: Sample) -> tuple[tuple[str, str], ...] | None:
    """What a sample may be sorted by: short words in its meta."""
    found = [(key, value) for key, value in sample.meta.items() if isinstance(value, str) and 0 < len(value) <= 40]
    return tuple(found) or None


LABELS = SampleProbe(_labels)
WORDS = SampleProbe(lambda sample: sum(len(part.text) for part in sample.content if isinstance(part, TextPart)))
MOST_STRATA = 20
Part: TypeAlias = tuple[str, NDArray[np.int64]]


def _partitions(evidence: Evidence, pairs: Pairs) -> Iterator[list[Part]]:
    """Ways to cut a split into named parts: runs of rows, quarters by length of text, values of meta."""
    runs = [np.flatnonzero(pairs.windows == window) for window in np.unique(pairs.windows)]
    yield [(f"rows {pairs.rows[rows[0]]:,} to {pairs.rows[rows[-1]]:,}", rows) for rows in runs]
    place = {int(row): number for number, row in enumerate(pairs.rows)}
    lengths = np.zeros(len(pairs.rows))
    for seen in _inside(evidence.seen(WORDS), pairs, place):
        lengths[place[seen.row]] = seen.value
    quarters = np.searchsorted(np.quantile(lengths, (0.25, 0.5, 0.75)), lengths)
    yield [(f"texts of quarter {number + 1} by length", np.flatnonzero(quarters == number)) for number in range(4)]
    named: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for labelled in _inside(evidence.seen(LABELS), pairs, place):
        for key, value in labelled.value:
            named[key][value].append(place[labelled.row])
    for key, values in named.items():
        if 1 < len(values) <= MOST_STRATA:
            yield [(f"{key} {value}", np.asarray(rows)) for value, rows in sorted(values.items())]


def _inside(found: Iterable[Seen[V]], pairs: Pairs, place: Mapping[int, int]) -> Iterator[Seen[V]]:
    return (seen for seen in found if seen.split == pairs.split and seen.row in place)


@check("Pairs match in every part of a split", "fail", LABELS, WORDS, embeds=True)
def pairing_by_stratum(evidence: Evidence) -> Outcome:
    """One shard, source or kind of text whose pairs match no better than shuffled ones, where the rest of the split does.

    A split is cut into runs of rows, into quarters by length of text, and by values of meta. A part fails whose pairs match neither
    among themselves nor among all (z below 2), where half of the other parts of its cut let 6 or more be expected (parts differ in
    difficulty), and whose mean residual is lower than the rest's with p below 0.001 after Holm's correction over all parts. A part of
    like content that is shuffled within itself cannot be seen.
    """
    every = _matched(evidence)
    matched = [one for one in every if one.match.z >= CLEAR]
    if evidence.tools is None or not every:
        return _few(evidence)
    if not matched:
        return Outcome(0, message="No split's pairs match well enough to compare its parts.")
    tried = [
        (one, *part)
        for one in matched
        for partition in _partitions(evidence, one.pairs)
        for part in _shortfalls(one, partition, evidence.tools)
    ]
    corrected = evidence.tools.holm([p for *_, p in tried])
    worst = [(one, name, rows) for (one, name, rows, _), p in zip(tried, corrected, strict=True) if p < SURE]
    bad = [
        item
        for one, name, rows in worst
        for item in _found(evidence, one.pairs, rows, f"{name}: {one.pairs.left} and {one.pairs.right} do not match")
    ]
    parts = "; ".join(f"{_name(one.pairs)}: {name}" for one, name, _ in worst[:4])
    message = f"Do not match: {parts}." if worst else f"{len(tried):,} parts were compared with the others."
    lowest = float(min(corrected, default=1.0))
    return Outcome(_tested(matched), bad, value=lowest, threshold=SURE, message=message)


def _shortfalls(
    one: _Matched, partition: Sequence[Part], tools: Tools
) -> Iterator[tuple[str, NDArray[np.int64], float]]:
    """Per part of a cut that is large enough: its name, its rows that may be tested, and the p-value of its matching less than the rest.

    The p-value is 1 where its pairs do match, or could not be expected to.
    """
    residuals = np.full(len(one.pairs.rows), np.nan)
    residuals[one.held] = standing(_scores(one.pairs, one.held))[0]
    parts = [(name, rows[~np.isnan(residuals[rows])]) for name, rows in partition]
    parts = [(name, rows) for name, rows in parts if len(rows) >= MIN_PAIRS]
    means = [float(residuals[rows].mean()) for _, rows in parts]
    for number, (name, rows) in enumerate(parts):
        others = means[:number] + means[number + 1 :]
        root = float(np.sqrt(len(rows)))
        expected = float(np.median(others)) * root if others else 0.0
        own = max(match(_scores(one.pairs, rows)).z, means[number] * root)
        if own >= UNMATCHED or expected < CLEAR:
            yield name, rows, 1.0
            continue
        rest = residuals[np.setdiff1d(one.held, rows)]
        error = float(np.sqrt(rest.var() * (1 / len(rows) + 1 / len(rest))))
        yield name, rows, tools.normal_tail((float(rest.mean()) - means[number]) / max(error, 1e-9))


WORST = 0.05
STRONG_SHARE, STRONG_RANK, MISFIT = 0.8, 0.05, 0.5


@check("No pair stands out as mismatched", "warn", embeds=True)
def mismatched_pairs(evidence: Evidence) -> Outcome:
    """Pairs are ranked by their double-centred residual; the worst 5 % are listed.

    That is a ranking to look at and no verdict, unless the embedder is strong here (80 % of the pairs fit better than 95 % of the others
    do): then a pair that fits worse than half of the others is reported. Swaps between samples of like content cannot be seen.
    """
    worst: list[tuple[float, Item]] = []
    misfits: list[tuple[float, Item]] = []
    matched = [one for one in _matched(evidence) if one.match.z >= ABSENT]
    for one in matched:
        everything = np.arange(len(one.pairs.rows))
        residual, better = standing(_scores(one.pairs, everything))
        order = np.argsort(residual, kind="stable")
        rows = order[: max(1, int(WORST * len(order)))]
        note = f"{one.pairs.left} and {one.pairs.right}"
        said = [f"{note} fit worse than {share:.0%} of the others" for share in better[rows]]
        listed = [next(_found(evidence, one.pairs, [row], text)) for row, text in zip(rows.tolist(), said, strict=True)]
        ranked = list(zip(residual[rows].tolist(), listed, strict=True))
        worst += ranked
        if (better < STRONG_RANK).mean() >= STRONG_SHARE:
            misfits += [pair for pair, row in zip(ranked, rows.tolist(), strict=True) if better[row] > MISFIT]
    if not matched:
        weak = Outcome(0, message="No split's pairs match well enough to rank them.")
        return weak if _matched(evidence) else _few(evidence)
    shown = [item for _, item in sorted(misfits or worst, key=lambda pair: pair[0])]
    message = (
        f"{len(misfits):,} pairs fit worse than most others would."
        if misfits
        else f"The worst {WORST:.0%} of the pairs are listed: a ranking to look at, not a verdict."
    )
    n = len({(one.pairs.split, int(row)) for one in matched for row in one.pairs.rows})
    return Outcome(n, shown, value=len(misfits), threshold=0, message=message, status="warn" if misfits else "pass")


@check("Texts are not shifted against their media", "fail", embeds=True)
def shifted_pairs(evidence: Evidence) -> Outcome:
    """One lost caption line moves all that follow: in runs of up to 200 rows, the row's own partner is held against its ten neighbours.

    A run fails where a neighbour matches (p below 0.001 after Holm's correction over all runs and lags) and its z is above that of the
    row's own partner by 3 or more.
    """
    matched = _matched(evidence)
    if evidence.tools is None or not matched:
        return _few(evidence)
    tried = []
    for one in matched:
        for window in np.unique(one.pairs.windows):
            rows = np.flatnonzero(one.pairs.windows == window)
            if len(rows) >= MIN_PAIRS:
                profile = lag_profile(_scores(one.pairs, rows))
                lag = max(profile, key=lambda lag: profile[lag])
                tried.append((one.pairs, rows, lag, profile[lag], profile[0]))
    chances = [min(1.0, len(LAGS) * evidence.tools.normal_tail(z)) for *_, z, _ in tried]
    corrected = evidence.tools.holm(chances)
    shifted = [
        (pairs, rows, lag)
        for (pairs, rows, lag, z, own), p in zip(tried, corrected, strict=True)
        if lag and p < SURE and z - own >= ABSENT
    ]
    bad = [
        item
        for pairs, rows, lag in shifted
        for item in _found(
            evidence,
            pairs,
            rows,
            f"its {pairs.right} is that of the sample {abs(lag)} {'after' if lag > 0 else 'before'}",
        )
    ]
    first = [f"{_name(pairs)} from row {pairs.rows[rows[0]]:,} on by {lag:+d}" for pairs, rows, lag in shifted[:3]]
    message = f"Shifted: {'; '.join(first)}." if first else f"{len(tried)} runs of rows match best without a shift."
    return Outcome(_tested(matched), bad, value=len(shifted), threshold=0, message=message)
