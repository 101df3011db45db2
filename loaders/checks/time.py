"""Checks of time: stamps that run forward inside their sound, streams that cover each other, speech as long as its words."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.checks.base import Evidence, Item, MediaProbe, Outcome, SampleProbe, Seen, check
from mmbench.loaders.checks.decoding import Sound
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart

TOLERANCE = 0.5  # seconds that a last frame may stand over the end of its sound
OFFSET = 1.0  # seconds between the beginnings of two streams of one sample
DROPPED = 0.05
SPAN_KEYS = ("start", "end")
Intervals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Stream:
    """The intervals of one array of features, in seconds.

    Attributes:
        name: of the features.
        faults: what is wrong with them alone.
        begin, end: of the first and last; NaN where there are none.
        overlap, gap: seconds that stand twice, and that no interval covers between begin and end.
    """

    name: str
    faults: tuple[str, ...]
    begin: float
    end: float
    overlap: float
    gap: float


@dataclass(frozen=True, slots=True)
class _Join:
    """What joining a stream to the intervals of a reference would drop: intervals of the reference that meet none, and their seconds."""

    reference: str
    other: str
    intervals: int
    dropped: int
    seconds: float
    covered: float


@dataclass(frozen=True, slots=True)
class _Timed:
    streams: tuple[_Stream, ...]
    joins: tuple[_Join, ...]
    span: float | None  # seconds from meta.start to meta.end
    notes: tuple[str, ...]


def _timed(sample: Sample) -> _Timed | None:
    tracks = {
        part.name: np.asarray(part.timestamps, dtype=np.float64).reshape(-1, 2)
        for part in sample.content
        if isinstance(part, FeaturesPart) and part.timestamps is not None and len(part.timestamps)
    }
    span, notes = _span(sample.meta)
    if not tracks and span is None and not notes:
        return None
    streams = tuple(_stream(name, times) for name, times in tracks.items())
    sound = {name: times[np.isfinite(times).all(1)] for name, times in tracks.items()}
    reference = min(sound, key=lambda name: (not name.startswith(("text", "word")), len(sound[name])), default="")
    joins = tuple(_join(reference, name, sound) for name in sound if name != reference)
    return _Timed(streams, joins, span, notes)


def _span(meta: Mapping[str, object]) -> tuple[float | None, tuple[str, ...]]:
    start, end = (meta.get(key) for key in SPAN_KEYS)
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return None, ()
    if not math.isfinite(start) or not math.isfinite(end):
        return None, ("meta.start or meta.end is no finite number",)
    return (end - start, ()) if end > start else (None, (f"meta.end {end:g} is not after meta.start {start:g}",))


def _stream(name: str, times: Intervals) -> _Stream:
    whole = times[np.isfinite(times).all(1)]
    faults = [f"{len(times) - len(whole)} stamps are not finite"] if len(whole) < len(times) else []
    if len(whole) == 0:
        return _Stream(name, tuple(faults), math.nan, math.nan, 0.0, 0.0)
    turned = int((whole[:, 1] < whole[:, 0]).sum())
    back = int((np.diff(whole[:, 0]) < 0).sum())
    early = int((whole[:, 0] < 0).sum())
    faults += [f"{turned} intervals end before they start"] if turned else []
    faults += [f"{back} starts run back"] if back else []
    faults += [f"{early} stamps are before 0"] if early else []
    merged = union(whole)
    covered = float((merged[:, 1] - merged[:, 0]).sum())
    total = float(np.maximum(whole[:, 1] - whole[:, 0], 0).sum())
    begin, end = float(whole[:, 0].min()), float(whole[:, 1].max())
    return _Stream(name, tuple(faults), begin, end, total - covered, max(0.0, end - begin - covered))


def union(times: Intervals) -> Intervals:
    """Intervals ``(n, 2)`` joined where they touch, ``(m, 2)`` ascending; those that end before they start are left out."""
    kept = times[times[:, 1] >= times[:, 0]]
    kept = kept[np.argsort(kept[:, 0], kind="stable")]
    if len(kept) == 0:
        return kept
    reach = np.maximum.accumulate(kept[:, 1])
    first = np.flatnonzero(np.r_[True, kept[1:, 0] > reach[:-1]])
    return np.stack([kept[first, 0], reach[np.r_[first[1:] - 1, len(kept) - 1]]], axis=1)


def _join(reference: str, other: str, tracks: Mapping[str, Intervals]) -> _Join:
    ours, theirs = tracks[reference], union(tracks[other])
    lengths = np.maximum(ours[:, 1] - ours[:, 0], 0)
    if len(theirs) == 0:
        return _Join(reference, other, len(ours), len(ours), float(lengths.sum()), 0.0)
    at = np.searchsorted(theirs[:, 1], ours[:, 0], side="left")
    inside = at < len(theirs)
    meets = inside & (theirs[np.minimum(at, len(theirs) - 1), 0] <= ours[:, 1])
    merged = union(ours)
    shared = sum(
        float(np.clip(np.minimum(theirs[:, 1], b) - np.maximum(theirs[:, 0], a), 0, None).sum()) for a, b in merged
    )
    whole = float((merged[:, 1] - merged[:, 0]).sum())
    return _Join(
        reference, other, len(ours), int((~meets).sum()), float(lengths[~meets].sum()), shared / whole if whole else 1.0
    )


TIMED = SampleProbe(_timed)
SECONDS = MediaProbe(
    lambda medium: (medium.wave.shape[1] / medium.rate, medium.part.language) if isinstance(medium, Sound) else None
)


@check("Time stamps run forward, inside their sound", "fail", TIMED, SECONDS)
def time_stamps(evidence: Evidence) -> Outcome:
    """Stamps that are no numbers, run back, end before they start, run past the decoded sound (by more than 0.5 s), or streams of one
    sample that begin more than a second apart. A thousandfold length is named as milliseconds.
    """  # noqa: D205
    seen = list(evidence.seen(TIMED))
    lasts: defaultdict[tuple[str, int], float] = defaultdict(float)
    for sound in evidence.seen(SECONDS):
        place = (sound.split, sound.row)
        lasts[place] = max(lasts[place], sound.value[0])
    bad = [one.item(note) for one in seen for note in _faults(one.value, lasts.get((one.split, one.row)))]
    streams = [stream for one in seen for stream in one.value.streams]
    overlap, gap = sum(stream.overlap for stream in streams), sum(stream.gap for stream in streams)
    message = (
        f"{len(streams):,} streams; {overlap:,.1f} s stand twice, {gap:,.1f} s lie between intervals."
        if seen
        else "No stamps."
    )
    return Outcome(len(seen), bad, value=len({(item.split, item.row) for item in bad}), threshold=0, message=message)


def _faults(timed: _Timed, lasts: float | None) -> Iterator[str]:
    yield from timed.notes
    for stream in timed.streams:
        yield from (f"{stream.name}: {fault}" for fault in stream.faults)
        if lasts is not None and stream.end > lasts + TOLERANCE:
            unit = ", which looks like milliseconds" if 300 < stream.end / lasts < 3000 else ""
            yield f"{stream.name} runs to {stream.end:,.1f} s, the sound lasts {lasts:.1f} s{unit}"
    begins = {stream.name: stream.begin for stream in timed.streams if math.isfinite(stream.begin)}
    if begins and max(begins.values()) - min(begins.values()) > OFFSET:
        first, last = min(begins, key=lambda name: begins[name]), max(begins, key=lambda name: begins[name])
        yield f"{last} begins {begins[last] - begins[first]:.1f} s after {first}"
    if timed.span is not None and lasts is not None and abs(timed.span - lasts) > max(TOLERANCE, 0.2 * lasts):
        yield f"meta.start to meta.end is {timed.span:.1f} s, the sound lasts {lasts:.1f} s"


@check("A join of the streams by time keeps everything", "warn", TIMED)
def interval_join(evidence: Evidence) -> Outcome:
    """What aligning features to words would drop in silence: reference intervals (words, else the stream with fewest) that meet none.

    Reported per sample where that is more than 5 % of its intervals; the message says how much of the reference each stream covers.
    """
    seen = [one for one in evidence.seen(TIMED) if one.value.joins]
    bad = [
        one.item(
            f"{join.dropped} of {join.intervals} intervals of {join.reference} meet none of {join.other} ({join.seconds:.1f} s)"
        )
        for one in seen
        for join in one.value.joins
        if join.dropped > DROPPED * join.intervals
    ]
    covered: defaultdict[str, list[float]] = defaultdict(list)
    for one in seen:
        for join in one.value.joins:
            covered[f"{join.other} covers {join.reference}"].append(join.covered)
    dropped = sum(join.dropped for one in seen for join in one.value.joins)
    total = sum(join.intervals for one in seen for join in one.value.joins)
    shares = ", ".join(f"{name} {sum(values) / len(values):.1%}" for name, values in covered.items())
    message = (
        f"{dropped:,} of {total:,} intervals would be dropped; {shares}."
        if seen
        else "No sample has two streams with stamps."
    )
    return Outcome(len(seen), bad, value=dropped / max(total, 1), threshold=DROPPED, message=message)


SLOWEST, FASTEST = 0.5, 40.0  # letters per second
ODD, ENOUGH, TIMES = 6.0, 20, 3.0
TEXTS = SampleProbe(
    lambda sample: (
        {part.language: len(part.text.strip()) for part in sample.content if isinstance(part, TextPart)}
        if any(isinstance(part, MediaPart) and part.modality is Modality.AUDIO for part in sample.content)
        else None
    )
)


@check("Speech is as long as its words", "warn", SECONDS, TEXTS, all_of=frozenset({Modality.AUDIO, Modality.TEXT}))
def speech_rate(evidence: Evidence) -> Outcome:
    """A cut sound or another one's transcript: letters per second of speech, where sound and text name the same language.

    Reported outside of 0.5 to 40 letters per second; and, in a split and language with 20 samples or more, where the logarithm lies
    beyond 6 robust deviations (median absolute deviation) and a factor of 3 from the median.
    """
    texts = {(one.split, one.row): one.value for one in evidence.seen(TEXTS)}
    rates: defaultdict[tuple[str, str], list[tuple[Seen[tuple[float, str | None]], float]]] = defaultdict(list)
    for one in evidence.seen(SECONDS):
        seconds, language = one.value
        letters = texts.get((one.split, one.row), {}).get(language, 0) if language else 0
        if letters and seconds > 0 and language:
            rates[one.split, language].append((one, letters / seconds))
    bad = [item for found in rates.values() for item in _odd(found)]
    values = sorted(rate for found in rates.values() for _, rate in found)
    middle = values[len(values) // 2] if values else None
    message = (
        f"{len(values):,} sounds with words of their language, {middle:.1f} letters per second in the middle."
        if middle
        else "None."
    )
    return Outcome(len(values), bad, value=middle, message=message, unit="files")


def _odd(found: Sequence[tuple[Seen[tuple[float, str | None]], float]]) -> Iterator[Item]:
    logs = np.log([rate for _, rate in found])
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    reach = max(ODD * spread, math.log(TIMES)) if len(found) >= ENOUGH else math.inf
    for (one, rate), value in zip(found, logs, strict=True):
        if not SLOWEST <= rate <= FASTEST or abs(float(value) - middle) > reach:
            yield one.item(f"{one.value[1]}: {rate:.1f} letters per second, usual are {math.exp(middle):.1f}")
