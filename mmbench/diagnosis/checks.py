"""The checks of one exam: each asks the model something and says what it saw."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from mmbench.diagnosis.exams import Exam, Outcome, Tried, Values, media_error
from mmbench.diagnosis.report import Finding, Status
from mmbench.diagnosis.toys import awkward, broken, toy
from mmbench.samples import FeaturesPart, Modality, Request, Sample

Check: TypeAlias = Callable[[Tried], Iterator[Finding]]
BATCHES = {1: 8, 2: 8, 7: 14}  # sizes, and on how many items they are tried; the exam itself is one batch of all
EXACT, CLOSE = 1e-4, 2e-2  # relative: rounding of float32 in another order; of half precision
DRAW = 11
UNTOUCHED = 8

NOT_FINITE = "each of them would be an error of its sample"
NO_STATE = "a call must not change what the next one gives"
SEEDED = "switch dropout off (model.eval()), seed what is drawn, decode greedily at temperature 0"
IN_ORDER = "return row i for item i, from item i alone"
ANY_SIZE = "a batch may have any size, the last one of a split too"
ONE_WIDTH = "return vectors of one width"
EVAL_MODE = "a score would depend on --batch-size: model.eval(), no batch norm in training mode, padding masked"
PADDING = "common in half precision and with padding: compare runs of one --batch-size, or use float32"
A_COPY = "work on a copy: list(samples)"
NEW_SAMPLES = "samples are shared between models: make new ones with dataclasses.replace"
ONE_SAMPLE = "truncate or resize it, or raise MediaError(sample.id, reason): one sample, not the run"
DECODE = "decode with mmbench.media.decode_image and decode_audio, which raise MediaError(sample.id, reason), and let it pass"


def finite(tried: Tried) -> Iterator[Finding]:
    """Numbers are numbers, and vectors have a length."""
    exam, first = tried.exam, tried.first
    if first.values is None:
        return
    bad = int((~np.isfinite(first.values)).any(axis=1).sum())
    shape = f"{len(first.values)} x {first.values.shape[1]}"
    if bad:
        yield _at(
            exam,
            "finite",
            "fail",
            f"{bad} of {len(first.values)} items got NaN or infinity",
            NOT_FINITE,
        )
    elif exam.ask == "embed" and not np.linalg.norm(first.values, axis=1).all():
        yield _at(exam, "finite", "warn", "a vector of zeros has no direction, and retrieval compares directions")
    else:
        yield _at(exam, "finite", "pass", f"{shape}, all finite")


def same_twice(tried: Tried) -> Iterator[Finding]:
    """The same items, the same answers."""
    exam, first = tried.exam, tried.first
    again = exam.call(exam.items)
    apart = _apart(first, again)
    if apart is None:
        yield _at(
            exam,
            "deterministic",
            "fail",
            f"the second time it {again.why}",
            NO_STATE,
        )
    elif apart == 0:
        yield _at(exam, "deterministic", "pass", "twice the same, bit for bit")
    else:
        status: Status = "warn" if apart <= EXACT or exam.ask == "generate" else "fail"
        step = SEEDED
        yield _at(exam, "deterministic", status, f"the same items twice: {_said(first, apart)}", step)


def in_order(tried: Tried) -> Iterator[Finding]:
    """Permuted items, permuted answers."""
    exam, first = tried.exam, tried.first
    places = np.random.default_rng(DRAW).permutation(len(exam.items))
    items = exam.items
    found = exam.call([items[place] for place in places])
    apart = _apart(_taken(first, places), found)
    if apart is None:
        yield _at(exam, "order", "fail", f"on the same items in another order it {found.why}")
    elif apart <= CLOSE:
        yield _at(exam, "order", "pass", "answers follow their items")
    elif (_apart(first, found) or 0) <= CLOSE:
        yield _at(
            exam,
            "order",
            "fail",
            "another order of items gives the same order of answers",
            IN_ORDER,
        )
    else:
        yield _at(
            exam,
            "order",
            "fail",
            f"in another order: {_said(first, apart)}",
            IN_ORDER,
        )


def batches(tried: Tried) -> Iterator[Finding]:
    """The first items alone and in batches of several sizes, against all items in one batch."""
    exam, first = tried.exam, tried.first
    worst, largest, turned = 0.0, 0.0, 0
    for size, count in BATCHES.items():
        count = min(count, len(exam.items))
        parts = [exam.call(exam.items[start : min(start + size, count)]) for start in range(0, count, size)]
        bad = next((part for part in parts if not part.good), None)
        if bad is not None:
            yield _at(exam, "batches", "fail", f"in batches of {size} it {bad.why}", ANY_SIZE)
            return
        joined, same = _joined(parts), _taken(first, np.arange(count))
        apart = _apart(same, joined)
        if apart is None:
            yield _at(exam, "batches", "fail", f"in batches of {size} vectors have another width", ONE_WIDTH)
            return
        worst, largest = max(worst, apart), max(largest, _absolute(same, joined))
        turned = max(turned, _turned(exam, first, joined))
    yield _batch_finding(exam, first, worst, largest, turned)


def untouched(tried: Tried) -> Iterator[Finding]:
    """The model leaves what it is given as it is."""
    exam = tried.exam
    items = exam.items[::-1][:UNTOUCHED]  # not in the order of their ids, so that sorting shows
    given, before = list(items), [_print(item) for item in items]
    exam.call(items)
    if len(items) != len(given) or any(one is not other for one, other in zip(items, given, strict=True)):
        yield _at(
            exam,
            "untouched",
            "fail",
            "it reordered, removed or replaced items of the list that it was given",
            A_COPY,
        )
    elif [_print(item) for item in items] != before:
        yield _at(
            exam,
            "untouched",
            "fail",
            "it changed samples",
            NEW_SAMPLES,
        )
    else:
        yield _at(exam, "untouched", "pass", "items as they were")


def unusual(tried: Tried) -> Iterator[Finding]:
    """Empty, tiny, short and very long content, each beside a usual item."""
    exam = tried.exam
    fine, refused, wrong = [], [], []
    for modality in exam.modalities:
        for name, part in awkward(modality).items():
            found = exam.call([exam.item(0), exam.item(1, {modality: part})])
            if found.good and (found.values is None or np.isfinite(found.values).all()):
                fine.append(name)
            elif media_error(found, _key(exam, 1)):
                refused.append(name)
            else:
                wrong.append(f"{name}: it {found.why or 'got NaN'}")
    if wrong:
        yield _at(
            exam,
            "unusual",
            "fail",
            "; ".join(wrong),
            ONE_SAMPLE,
        )
    elif refused:
        yield _at(
            exam,
            "unusual",
            "warn",
            f"{', '.join(refused)}: counted as an error of the sample; fine: {', '.join(fine) or 'nothing'}",
        )
    else:
        yield _at(exam, "unusual", "pass", ", ".join(fine))


def broken_media(tried: Tried) -> Iterator[Finding]:
    """What cannot be decoded is an error of its sample."""
    exam = tried.exam
    if exam.model.card.kind != "model":  # a floor looks at nothing, and so at nothing broken
        return
    for modality in exam.modalities:
        if modality not in (Modality.IMAGE, Modality.AUDIO):
            continue
        step = DECODE
        for name, part in broken(modality).items():
            found = exam.call([exam.item(0), exam.item(1, {modality: part}), exam.item(2)])
            if media_error(found, _key(exam, 1)):
                continue
            seen = "was answered like any other" if found.good else f"is no MediaError with its id: it {found.why}"
            yield _at(exam, "broken media", "fail", f"{modality} {name}: {seen}", step)
            break
        else:
            yield _at(exam, "broken media", "pass", f"{modality}: a MediaError that names the sample")


def looked_at(tried: Tried) -> Iterator[Finding]:
    """Another picture, text or sound, another answer."""
    exam = tried.exam
    if exam.model.card.kind != "model":
        return
    n = min(8, len(exam.items))
    for modality in exam.modalities:
        base = {other: toy(other, 0) for other in exam.modalities if other is not modality}
        found = exam.call([exam.item(number, base) for number in range(n)])
        if not found.good:
            yield _at(exam, "looks at it", "fail", f"where only the {modality} differs it {found.why}")
        elif not _differ(found):
            status: Status = "warn" if exam.ask == "generate" else "fail"
            step = f"does it read the {modality}? Else leave it out of card.modalities"
            yield _at(
                exam, "looks at it", status, f"{n} items that differ in {modality} only got the same answer", step
            )
        else:
            yield _at(exam, "looks at it", "pass", f"another {modality}, another answer")


CHECKS: tuple[Check, ...] = (finite, same_twice, in_order, batches, untouched, unusual, broken_media, looked_at)


def _at(exam: Exam, check: str, status: Status, seen: str, step: str = "") -> Finding:
    return Finding(check, exam.name, status, seen, step)


def _key(exam: Exam, number: int) -> str:
    item = exam.item(number)
    return item.sample_id if isinstance(item, Request) else item.id if isinstance(item, Sample) else item[0].id


def _taken(outcome: Outcome, places: "np.ndarray[Any, np.dtype[np.int64]]") -> Outcome:
    if outcome.values is not None:
        return Outcome(values=outcome.values[places])
    return Outcome(texts=tuple(outcome.texts[place] for place in places))


def _joined(parts: Sequence[Outcome]) -> Outcome:
    arrays = [part.values for part in parts if part.values is not None]
    if not arrays:
        return Outcome(texts=tuple(text for part in parts for text in part.texts))
    if len({array.shape[1] for array in arrays}) > 1:
        return Outcome(problem="returned vectors of different widths")
    return Outcome(values=np.concatenate(arrays))


def _apart(one: Outcome, other: Outcome) -> float | None:
    """How far two outcomes are from one another: the largest relative distance of rows, or the share of other texts."""
    if not one.good or not other.good:
        return None
    if one.values is None or other.values is None:
        return sum(a != b for a, b in zip(one.texts, other.texts, strict=True)) / max(len(one.texts), 1)
    if one.values.shape != other.values.shape:
        return None
    a, b = np.nan_to_num(one.values), np.nan_to_num(other.values)
    scale = np.maximum(np.linalg.norm(a, axis=1), 1e-12)
    return float((np.linalg.norm(a - b, axis=1) / scale).max())


def _absolute(one: Outcome, other: Outcome) -> float:
    if one.values is None or other.values is None:
        return 0.0
    return float(np.abs(np.nan_to_num(one.values) - np.nan_to_num(other.values)).max())


def _said(outcome: Outcome, apart: float) -> str:
    return (
        f"{apart:.0%} of the answers differ"
        if outcome.values is None
        else f"vectors differ by up to {apart:.1e} of their length"
    )


def _turned(exam: Exam, first: Outcome, other: Outcome) -> int:
    """Items whose nearest neighbour among the toys is another one."""
    if exam.ask != "embed" or first.values is None or other.values is None:
        return 0
    gallery = _unit(first.values)
    tops = []
    for rows in (gallery[: len(other.values)], _unit(other.values)):
        scores = rows @ gallery.T
        scores[np.arange(len(rows)), np.arange(len(rows))] = -np.inf
        tops.append(scores.argmax(axis=1))
    return int((tops[0] != tops[1]).sum())


def _unit(rows: Values) -> Values:
    values = np.nan_to_num(rows)
    unit: Values = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return unit


def _batch_finding(exam: Exam, first: Outcome, worst: float, largest: float, turned: int) -> Finding:
    sizes = ", ".join(str(size) for size in (*BATCHES, len(exam.items)) if 1 < size <= len(exam.items))
    seen = f"alone against batches of {sizes}: "
    if worst == 0:
        return _at(exam, "batches", "pass", f"{seen}no difference")
    if first.values is None:
        return _at(exam, "batches", "warn", f"{seen}{_said(first, worst)}", PADDING)
    seen += f"largest difference {largest:.1e}, relative {worst:.1e}"
    if exam.ask == "embed":
        seen += f"; {turned or 'no'} nearest neighbour{'s' if turned > 1 else ''} would change"
    if worst > CLOSE:
        return _at(
            exam,
            "batches",
            "fail",
            seen,
            EVAL_MODE,
        )
    return _at(
        exam,
        "batches",
        "pass" if worst <= EXACT and not turned else "warn",
        seen,
        "" if worst <= EXACT and not turned else PADDING,
    )


def _differ(outcome: Outcome) -> bool:
    if outcome.values is None:
        return len(set(outcome.texts)) > 1
    rows = np.nan_to_num(outcome.values)
    spread = np.linalg.norm(rows - rows[0], axis=1).max()
    return bool(spread > 1e-6 * max(float(np.linalg.norm(rows[0])), 1e-12))


def _print(item: Any) -> Any:
    if isinstance(item, tuple):
        return tuple(_print(one) for one in item)
    if isinstance(item, Sample):
        return item.fingerprint
    return (
        item,
        tuple(
            part.fingerprint
            for message in item.messages
            for part in message.content
            if not isinstance(part, FeaturesPart)
        ),
    )
