"""Checks of answers: in range, as many as there should be, not given away, not sorted, and not to be had without looking."""

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmbench.loaders.checks.base import MEDIA, Evidence, Outcome, SampleProbe, Seen, Status, check
from mmbench.loaders.checks.contents import normalised
from mmbench.loaders.splits import stable_fraction
from mmbench.samples import MediaPart, Sample, TextPart

USUAL = 0.95
SURE = 0.001
LETTER = re.compile(r"[A-Z]")


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer as text.

    Attributes:
        kind: what the target is: ``text``, ``number``, ``list`` or ``other``.
        texts: the accepted answers, normalised.
        question: the texts of the sample, normalised.
        options: how many choices there are.
        gold: which of them is the answer, where one is.
        wrong: what is wrong with it, or nothing.
        name: the names of its files, normalised to words.
    """

    kind: str
    texts: tuple[str, ...]
    question: str
    options: int
    gold: int | None
    wrong: str
    name: str


def _answer(sample: Sample) -> _Answer | None:
    target = sample.target
    if target is None:
        return None
    listed = list(target) if isinstance(target, list | tuple) else [target]
    kind = "list" if isinstance(target, list | tuple) else _kind(target)
    texts = tuple(normalised(one) for one in listed if isinstance(one, str))
    question = " ".join(normalised(part.text) for part in sample.content if isinstance(part, TextPart))
    gold, wrong = _choice(target, sample.options)
    if not wrong:
        wrong = _fault(target, listed)
    paths = [part.path or "" for part in sample.content if isinstance(part, MediaPart)]
    name = " ".join(re.split(r"[\W_\d]+", " ".join(path.rpartition("/")[2] for path in paths).casefold()))
    return _Answer(kind, texts, question, len(sample.options), gold, wrong, f" {name} ")


def _kind(target: object) -> str:
    if isinstance(target, str):
        return "text"
    return "number" if isinstance(target, int | float) and not isinstance(target, bool) else "other"


def _fault(target: object, listed: Sequence[object]) -> str:
    if not listed:
        return "the list of answers is empty"
    if any(isinstance(one, float) and not math.isfinite(one) for one in listed):
        return f"the answer is {target!r}"
    return "the answer is blank" if any(isinstance(one, str) and not one.strip() for one in listed) else ""


def _choice(target: object, options: Sequence[str]) -> tuple[int | None, str]:
    """Which option is the answer, and what is wrong."""
    if not options:
        return None, ""
    if isinstance(target, int) and not isinstance(target, bool):
        inside = 0 <= target < len(options)
        return (
            (target, "")
            if inside
            else (None, f"the answer is number {target} of {len(options)} options, counted from 0")
        )
    if not isinstance(target, str):
        return None, ""
    plain = [normalised(option) for option in options]
    if len(set(plain)) < len(plain):
        return None, "two options are equal"
    if normalised(target) in plain:
        return plain.index(normalised(target)), ""
    if LETTER.fullmatch(target.strip()) and ord(target.strip()) - ord("A") < len(options):
        return ord(target.strip()) - ord("A"), ""
    return None, f"the answer {target[:40]!r} is none of the {len(options)} options"


ANSWER = SampleProbe(_answer)


def _labelled(evidence: Evidence) -> list[Seen[_Answer]]:
    return list(evidence.seen(ANSWER))


@check("Answers are among the options and in range", "fail", ANSWER)
def answer_range(evidence: Evidence) -> Outcome:
    """An index beyond the options, an answer that no option is, equal options, blank answers, NaN, and answers of another kind."""
    seen = _labelled(evidence)
    kinds = Counter(one.value.kind for one in seen)
    usual = kinds.most_common(1)[0][0] if kinds else ""
    bad = [one.item(one.value.wrong) for one in seen if one.value.wrong]
    if usual and kinds[usual] >= USUAL * len(seen):
        bad += [
            one.item(f"the answer is a {one.value.kind}, usual is {usual}") for one in seen if one.value.kind != usual
        ]
    chosen = sum(one.value.gold is not None for one in seen)
    message = f"Kinds of answers: {', '.join(f'{kind} {count:,}' for kind, count in kinds.most_common())}; {chosen:,} with options."
    return Outcome(len(seen), bad, value=len(bad), threshold=0, message=message if seen else "No sample has an answer.")


@check("Questions have as many answers as is usual, at balanced places", "fail", ANSWER)
def answer_count(evidence: Evidence) -> Outcome:
    """VQA accuracy is defined on ten answers: where 95 % of a split keep one number, what differs fails.

    Where all questions of a split have equally many options, the right one's place is held against a fair die: a model that always
    says "A" should not win. A warning where one place holds more than twice its share and chi-square has p below 0.001.
    """
    seen = _labelled(evidence)
    by_split: defaultdict[str, list[Seen[_Answer]]] = defaultdict(list)
    for one in seen:
        by_split[one.split].append(one)
    bad, said = [], []
    for split, rows in by_split.items():
        lists = [one for one in rows if one.value.kind == "list"]
        number, times = Counter(len(one.value.texts) for one in lists).most_common(1)[0] if lists else (0, 0)
        if lists and times >= USUAL * len(lists):
            bad += [
                one.item(f"{len(one.value.texts)} answers, usual are {number}")
                for one in lists
                if len(one.value.texts) != number
            ]
        said += [_agreement(split, lists)] if lists else []
        said += _unbalanced(split, rows, evidence)
    skewed = [text for text in said if "stands at place" in text]
    status: Status | None = "fail" if bad else "warn" if skewed else None
    message = "; ".join(said) or "One answer per question" if seen else "No sample has an answer"
    return Outcome(len(seen), bad, value=len(bad), threshold=0, message=f"{message}.", status=status)


def _agreement(split: str, lists: Sequence[Seen[_Answer]]) -> str:
    """How many of a question's answers are its most frequent one, on average."""
    shares = [max(Counter(one.value.texts).values()) / len(one.value.texts) for one in lists if one.value.texts]
    return (
        f"{split}: {sum(shares) / len(shares):.0%} of a question's answers agree"
        if shares
        else f"{split}: lists without texts"
    )


def _unbalanced(split: str, rows: Sequence[Seen[_Answer]], evidence: Evidence) -> list[str]:
    places = Counter(one.value.gold for one in rows if one.value.gold is not None)
    sizes = {one.value.options for one in rows if one.value.gold is not None}
    if evidence.tools is None or len(sizes) != 1 or min(sizes) < 2:
        return []
    (options,) = sizes
    expected = places.total() / options
    statistic = sum((places[place] - expected) ** 2 / expected for place in range(options))
    top, count = places.most_common(1)[0]
    if top is None or count <= 2 * expected * (1 if options > 2 else 0.9):
        return []
    p = evidence.tools.chi_square_tail(statistic, options - 1)
    return (
        [f"{split}: the right option stands at place {top + 1} in {count / places.total():.0%} of the questions"]
        if p < SURE
        else []
    )


GIVEN_AWAY = 0.05


@check("Neither the question nor the file's name holds the answer", "warn", ANSWER)
def answer_leak(evidence: Evidence) -> Outcome:
    """The answer as a word in the question, or in the name of a file (``cat_001.jpg``), more often than another sample's answer is.

    Answers of one or two letters, yes and no, and questions with options are left out. Reported where at least 5 % more samples hold
    their own answer than hold that of the sample half a split away.
    """
    seen = [one for one in _labelled(evidence) if not one.value.options and any(map(_telling, one.value.texts))]
    bad, said, highest = [], [], 0.0
    for where in ("question", "name"):
        texts = [f" {getattr(one.value, where)} " for one in seen]
        own = [_holds(text, one.value.texts) for text, one in zip(texts, seen, strict=True)]
        other = [_holds(text, seen[(at + len(seen) // 2) % len(seen)].value.texts) for at, text in enumerate(texts)]
        excess = (sum(own) - sum(other)) / len(seen) if seen else 0.0
        highest = max(highest, excess)
        said.append(f"in the {'file name' if where == 'name' else where} {sum(own) / max(len(seen), 1):.1%}")
        if len(seen) > 1 and excess >= GIVEN_AWAY:
            bad += [
                one.item(f"the {'file name' if where == 'name' else where} holds the answer {one.value.texts[0]!r}")
                for one, held in zip(seen, own, strict=True)
                if held
            ]
    message = f"Answers that stand {', '.join(said)} of the samples." if seen else "No sample has an answer in words."
    return Outcome(len(seen), bad, value=highest, threshold=GIVEN_AWAY, message=message)


def _telling(text: str) -> bool:
    return len(text) > 2 and text not in ("yes", "true", "false", "none")


def _holds(text: str, answers: Sequence[str]) -> bool:
    return any(_telling(answer) and f" {answer} " in text for answer in answers)


SORTED_Z, SORTED_SHARE = 6.0, 0.2


@check("Labels come in no particular order", "warn", ANSWER)
def label_order(evidence: Evidence) -> Outcome:
    """Sorted labels: whoever takes the first thousand samples takes one class.

    Neighbours with equal answers (first sample of each group) are counted and held against their exact mean over all orders; reported
    where they are more by 6 deviations and by a fifth of all neighbours.
    """
    bad, said, worst, n = [], [], 0.0, 0
    for split in evidence.splits:
        rows = _first_of_groups(one for one in _labelled(evidence) if one.split == split)
        names = [one.value.texts[0] for one in rows if one.value.texts]
        if len(names) < 20 or len(set(names)) < 2:
            continue
        n += len(names)
        equal = [left == right for left, right in itertools.pairwise(names)]
        chance = sum(count * (count - 1) for count in Counter(names).values()) / (len(names) * (len(names) - 1))
        excess = sum(equal) / len(equal) - chance
        z = excess * math.sqrt(len(equal)) / max(math.sqrt(chance * (1 - chance)), 1e-9)
        worst = max(worst, excess)
        if z >= SORTED_Z and excess >= SORTED_SHARE:
            said.append(
                f"{split}: {sum(equal) / len(equal):.0%} of the neighbours have equal answers, by chance {chance:.0%}"
            )
            bad += [
                one.item("its answer is the next one's too") for one, same in zip(rows, equal, strict=False) if same
            ]
    return Outcome(
        n, bad, value=worst, threshold=SORTED_SHARE, message=f"{'; '.join(said) or 'No split is sorted by answer'}."
    )


def _first_of_groups(rows: Iterable[Seen[_Answer]]) -> list[Seen[_Answer]]:
    found: dict[str, Seen[_Answer]] = {}
    for one in rows:
        found.setdefault(one.group or f"id {one.id}", one)
    return list(found.values())


BLIND_NEAR = 0.9


@check("Questions cannot be answered without looking", "warn", ANSWER, any_of=MEDIA)
def blind_answers(evidence: Evidence) -> Outcome:
    """A lookup of the question's words alone, learnt on other groups, that is right nine times in ten: the picture is not needed.

    It says the commonest answer to the same question, else to the same first four words, first two words, or any question. Learnt on
    the other splits where there are some, else on the other groups of the same split (in two halves).
    """
    seen = [one for one in _labelled(evidence) if one.value.texts and one.value.question]
    splits = list(dict.fromkeys(one.split for one in seen))
    tested = [one for one in seen if one.split == splits[-1]] if splits else []
    learnt = [one for one in seen if one.split != splits[-1]] if splits else []
    if len(tested) < 20:
        return Outcome(0, message="There are too few questions with answers in words.")
    if learnt:
        right = _lookup(learnt, tested)
    else:
        halves = [[one for one in tested if _half(one.group or one.id) == half] for half in (0, 1)]
        right = _lookup(halves[0], halves[1]) + _lookup(halves[1], halves[0])
    share = right / len(tested)
    top = Counter(one.value.texts[0] for one in tested).most_common(1)[0][1] / len(tested)
    message = f"{tested[0].split}: {share:.1%} are right from the question alone; the commonest answer is right for {top:.1%}."
    status: Status = "warn" if share >= BLIND_NEAR else "pass"
    return Outcome(len(tested), value=share, threshold=BLIND_NEAR, message=message, status=status)


def _half(name: str) -> int:
    """0 or 1 by a stable hash."""
    return int(stable_fraction(name, "blind") >= 0.5)


def _lookup(learnt: Sequence[Seen[_Answer]], tested: Sequence[Seen[_Answer]]) -> int:
    """How many tested questions the table of the learnt ones answers."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in learnt:
        for key in _keys(one.value.question):
            table[key][one.value.texts[0]] += 1
    best = {key: counted.most_common(1)[0][0] for key, counted in table.items()}
    said = (next((best[key] for key in _keys(one.value.question) if key in best), "") for one in tested)
    return sum(answer in _top(one.value.texts) for answer, one in zip(said, tested, strict=True))


def _top(answers: Sequence[str]) -> list[str]:
    """The most frequent of the accepted answers: any of a few, but not what one of ten people said."""
    counted = Counter(answers)
    return [answer for answer, count in counted.items() if count == max(counted.values())]


def _keys(question: str) -> tuple[str, ...]:
    words = question.split()
    return (question, f"4 {' '.join(words[:4])}", f"2 {' '.join(words[:2])}", "")
