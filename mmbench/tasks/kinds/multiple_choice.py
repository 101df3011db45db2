"""Questions with options under letters, as they are or in every rotation (CircularEval), and sets that mix them with open questions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import Any, NamedTuple

import numpy as np

from mmbench.metrics.functional.choices import multiple_choice_accuracy_metric, open_answer_accuracy, parse_choice
from mmbench.metrics.functional.grouped import circular_accuracy_metric, grouped_accuracy_metric
from mmbench.metrics.functional.math_answers import math_answer
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import MediaPart, Modality, Part, Sample, TextPart
from mmbench.tasks.extractors.number import NUMBER
from mmbench.tasks.kinds.answering import Answers, Levels, joined
from mmbench.tasks.kinds.generation import GenerationTask, generation_task
from mmbench.tasks.prompts import LETTER

TAG = re.compile(r"<image (\d+)>")


class Picked(NamedTuple):
    """The options of a question, which of them are right (several where their texts are equal), and its type where types are reported."""

    options: tuple[str, ...]
    right: frozenset[int]
    type: str


@dataclass(frozen=True)
class Choice:
    """A question with options under letters.

    Attributes:
        parser: how answers are read, in ``CHOICE_PARSERS``.
        circular: ask every rotation of the options; a question counts only where all are right.
        letters: how many options the question's own text lists, where the sample has none; 0 where it has them.
        listed: the question's own text lists the sample's options already.
        tags: ``<image 2>`` in question and options is replaced by the second picture.
        by: a key of ``meta``; accuracy is reported by its values, too.
        types: these values.
    """

    parser: str = "lenient"
    circular: bool = False
    letters: int = 0
    listed: bool = False
    tags: bool = False
    by: str = ""
    types: tuple[str, ...] = ()

    @property
    def facts(self) -> Mapping[str, Any]:
        """How options are shown and answers read."""
        shown = "in the question" if self.letters or self.listed else "A. text, a line each"
        return {"form": "circular" if self.circular else "multiple choice", "parser": self.parser, "options": shown}

    @property
    def metric(self) -> Metric:
        """Accuracy; by type, or over all rotations, where those are asked for."""
        if self.circular:
            return circular_accuracy_metric(self.parser)
        return (
            grouped_accuracy_metric((), self.types, self.parser)
            if self.by
            else multiple_choice_accuracy_metric(self.parser)
        )

    def options(self, sample: Sample) -> tuple[str, ...]:
        """The letters."""
        return tuple(ascii_uppercase[: self.letters or len(sample.options)])

    def truth(self, sample: Sample) -> Picked | None:
        """Options and which is right. ``ValueError`` where there are none, or the label is none of them."""
        if sample.target is None:
            return None
        options = tuple(ascii_uppercase[: self.letters]) if self.letters else sample.options
        right = _places(options, str(sample.target))
        if not right:
            raise ValueError(
                f"the label of {sample.id!r} is {str(sample.target)[:80]!r}, which is none of its {len(options)} options"
            )
        return Picked(options, right, str(sample.meta.get(self.by)) if self.by else "")

    def ways(self, truth: Picked) -> int:
        """One, or the number of options."""
        return len(truth.options) if self.circular else 1

    def content(self, sample: Sample, modalities: frozenset[Modality], way: int) -> tuple[Part, ...]:
        """The sample's content, then its options; tags replaced by pictures where the set has them."""
        lines = [] if self.listed or self.letters else lettered(sample.options, way)
        view = sample.view(modalities).content
        return placed(view, lines) if self.tags else joined((*view, *lines))

    def accepted(self, truth: Picked) -> Sequence[str]:
        """The text of the right option."""
        return (truth.options[min(truth.right)],)

    def best(self, truth: Picked) -> str:
        """The text of the right option."""
        return self.accepted(truth)[0]

    def said(self, truth: Picked, answer: str, way: int) -> str:
        """The letter of an option in this rotation."""
        place = truth.options.index(answer) if answer in truth.options else 0
        return ascii_uppercase[(place - way) % len(truth.options)]

    def readable(self, truth: Picked, answer: str | None, way: int) -> bool:
        """Whether the parser finds an option."""
        return answer is not None and self._parsed(truth, answer, way) is not None

    def correct(self, truth: Picked, answer: str | None, way: int) -> float:
        """1 where an answer names a right option, 0 where another, NaN where none."""
        place = None if answer is None else self._parsed(truth, answer, way)
        return np.nan if place is None else float(place in truth.right)

    def arrays(self, answers: Answers, truths: Sequence[Picked]) -> dict[str, Array]:
        """What the metric gives."""
        rows = [
            np.asarray([self.correct(truth, answer, way) for way, answer in enumerate(row)])
            for row, truth in zip(answers, truths, strict=True)
        ]
        if self.circular:
            return self.metric.per_sample(rows)
        correct = np.asarray([row[0] for row in rows], dtype=np.float64)
        if self.by:
            return self.metric.per_sample(correct, None, [truth.type for truth in truths])
        return {"accuracy": np.nan_to_num(correct), "unparsed": np.isnan(correct).astype(np.float64)}

    def floors(self, truths: Sequence[Picked]) -> Levels:
        """Guessing: of k options 1 / k, in all k rotations 1 / k ** k; with the mean over questions."""
        once = np.asarray([len(truth.right) / len(truth.options) for truth in truths])
        sizes = np.asarray([len(truth.options) for truth in truths])
        if self.circular:
            return {"circular": float(np.mean(once**sizes)), "accuracy": float(once.mean())}
        own = {name: once[[truth.type == name for truth in truths]] for name in self.types}
        by_type = {f"accuracy/{name}": float(values.mean()) for name, values in own.items() if len(values)}
        return {"accuracy": float(once.mean()), **by_type}

    def ceilings(self, truths: Sequence[Picked]) -> Levels | None:
        """Those of the right option every time."""
        return None

    def _parsed(self, truth: Picked, answer: str, way: int) -> int | None:
        """The place, among the options as they are, of the one that an answer names."""
        n = len(truth.options)
        shown: Any = n if self.letters else [truth.options[(place + way) % n] for place in range(n)]
        letter = parse_choice(answer, shown, parser=self.parser)
        return None if letter is None else (ascii_uppercase.index(letter) + way) % n


class Free(NamedTuple):
    """The label of an open question among multiple-choice ones: accepted answers, and of a number its kind and decimals."""

    answers: tuple[str, ...]
    kind: str
    precision: float | None
    options: tuple[str, ...] = ()
    type: str = "open"


@dataclass(frozen=True)
class Mixed:
    """Multiple-choice questions, and open ones where a sample has no options.

    Attributes:
        choice: the form of the former; it names no ``by``.
        numbers: open answers are values of ``meta.answer_type`` (MathVista); else they are read by MMMU's rules.
        strict: of numbers: only an answer that is nothing but the value can be read, the rest is for a judge.
    """

    choice: Choice = field(default_factory=Choice)
    numbers: bool = False
    strict: bool = False

    @property
    def facts(self) -> Mapping[str, Any]:
        """How either is read."""
        free = "numbers, alone" if self.strict else "numbers" if self.numbers else "mmmu"
        return {**self.choice.facts, "form": "multiple choice and open", "open": free}

    @property
    def metric(self) -> Metric:
        """Accuracy, and by form of question."""
        how = f"{self.choice.parser!r} and {self.facts['open']!r}"
        return grouped_accuracy_metric((), ("multiple-choice", "open"), how)

    def options(self, sample: Sample) -> tuple[str, ...]:
        """The letters, where there are options."""
        return self.choice.options(sample)

    def truth(self, sample: Sample) -> Picked | Free | None:
        """What is right, by form of question."""
        if sample.target is None or sample.options:
            picked = self.choice.truth(sample)
            return None if picked is None else picked._replace(type="multiple-choice")
        answers = (sample.target,) if isinstance(sample.target, str) else tuple(sample.target)
        kind = str(sample.meta.get("answer_type") or "text") if self.numbers else "text"
        return Free(answers, kind, sample.meta.get("precision") if self.numbers else None)

    def ways(self, truth: Picked | Free) -> int:
        """One."""
        return 1

    def content(self, sample: Sample, modalities: frozenset[Modality], way: int) -> tuple[Part, ...]:
        """The question, with its options where it has some."""
        return self.choice.content(sample, modalities, way)

    def accepted(self, truth: Picked | Free) -> Sequence[str]:
        """The text of the right option, or the accepted answers."""
        return self.choice.accepted(truth) if isinstance(truth, Picked) else truth.answers

    def best(self, truth: Picked | Free) -> str:
        """The first of them."""
        return self.accepted(truth)[0]

    def said(self, truth: Picked | Free, answer: str, way: int) -> str:
        """A letter, or the answer as it is."""
        return self.choice.said(truth, answer, way) if isinstance(truth, Picked) else answer

    def readable(self, truth: Picked | Free, answer: str | None, way: int) -> bool:
        """Whether there is an option, or a value of the right kind."""
        return not np.isnan(self._correct(truth, answer))

    def arrays(self, answers: Answers, truths: Sequence[Picked | Free]) -> dict[str, Array]:
        """What the metric gives."""
        correct = np.asarray(
            [self._correct(truth, one) for truth, (one,) in zip(truths, answers, strict=True)], dtype=np.float64
        )
        return self.metric.per_sample(correct, None, [truth.type for truth in truths])

    def floors(self, truths: Sequence[Picked | Free]) -> Levels:
        """Guessing: 1 / k of the options, and nothing of open questions."""
        chance = [len(truth.right) / len(truth.options) if isinstance(truth, Picked) else 0.0 for truth in truths]
        closed = [value for value, truth in zip(chance, truths, strict=True) if isinstance(truth, Picked)]
        opened = {"accuracy/open": 0.0} if len(closed) < len(truths) else {}
        return {
            "accuracy": float(np.mean(chance)),
            **({"accuracy/multiple-choice": float(np.mean(closed))} if closed else {}),
            **opened,
        }

    def ceilings(self, truths: Sequence[Any]) -> Levels | None:
        """Those of the best accepted answer to every question."""
        return None

    def _correct(self, truth: Picked | Free, answer: str | None) -> float:
        if answer is None:
            return np.nan
        if isinstance(truth, Picked):
            return self.choice.correct(truth, answer, 0)
        if not self.numbers:
            return float(open_answer_accuracy([answer], [list(truth.answers)])[0])
        given = math_answer(answer, truth.kind, truth.precision)
        if given is None and not self.strict and truth.kind in ("integer", "float"):
            given = math_answer(NUMBER(answer) or "", truth.kind, truth.precision)
        return np.nan if given is None else float(given == math_answer(truth.answers[0], truth.kind, truth.precision))


def _places(options: Sequence[str], label: str) -> frozenset[int]:
    """The options that equal a label; only where there is none those that do but for white space ("Ff" and "ff" are two genotypes)."""
    plain = " ".join(label.split())
    exact = frozenset(place for place, option in enumerate(options) if option == label)
    return exact or frozenset(place for place, option in enumerate(options) if " ".join(option.split()) == plain)


def lettered(options: Sequence[str], rotation: int = 0) -> list[TextPart]:
    """The options as lines ``A. text``, from the one at ``rotation`` on."""
    turned = [options[(place + rotation) % len(options)] for place in range(len(options))]
    return [TextPart(f"{letter}. {text}", "en") for letter, text in zip(ascii_uppercase, turned, strict=False)]


def placed(content: Sequence[Part], lines: Sequence[TextPart]) -> tuple[Part, ...]:
    """Texts with each ``<image N>`` replaced by the N-th picture of the content, wherever it is named; a picture that isn't named is first.

    A tag without its picture stays (a question that is asked blind).
    """
    pictures = [part for part in content if isinstance(part, MediaPart)]
    found: list[Part] = []
    named: set[int] = set()
    for text in (part for part in joined((*content, *lines)) if isinstance(part, TextPart)):
        for number, piece in enumerate(TAG.split(text.text)):  # every second piece is the number of a tag
            if number % 2 == 0:
                found += [TextPart(piece.strip(), text.language)] if piece.strip() else []
            elif int(piece) <= len(pictures):
                named.add(int(piece))
                found.append(pictures[int(piece) - 1])
            else:
                found.append(TextPart(f"<image {piece}>", text.language))
    rest = [picture for number, picture in enumerate(pictures, start=1) if number not in named]
    return joined((*rest, *found))


def multiple_choice(
    dataset: str,
    title: str,
    *,
    split: str,
    subset: str = "",
    form: Choice | None = None,
    circular: bool = True,
    hidden: Mapping[str, str] | None = None,
    **changes: Any,
) -> tuple[GenerationTask, ...]:
    """Version 1 of ``dataset[.subset].mcq``, of ``.circular``, and of ``dataset.NAME.mcq`` on each split whose labels are hidden.

    Args:
        dataset: the card's key.
        title: for people.
        split: the split with labels.
        subset: a name in the ids.
        form: how options are shown and answers read.
        circular: also every rotation; only where the options are the sample's.
        hidden: names in task ids to splits without labels.
        **changes: as for ``generation_task``.
    """
    plain, shown = form or Choice(), {"prompt": LETTER, **changes}
    found = [generation_task(dataset, f"{title}, multiple choice", "mcq", plain, split=split, subset=subset, **shown)]
    if circular:
        turned = replace(plain, circular=True, by="", types=())
        what = f"{title}, multiple choice in every rotation of the options"
        found.append(generation_task(dataset, what, "circular", turned, split=split, subset=subset, **shown))
    for name, chosen in (hidden or {}).items():
        what = f"{title}, multiple choice ({name}, hidden labels)"
        found.append(generation_task(dataset, what, "mcq", plain, split=chosen, subset=name, **shown))
    return tuple(found)
