"""From written answers to scores: which samples are asked in which way, what of an answer counts, what a judge is asked about."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeAlias

from mmbench.errors import UserError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import Message, Modality, Part, Request, Sample, TextPart
from mmbench.tasks.base import Lazy, Output, Scored, Stage, clusters_of
from mmbench.tasks.extraction import Extractor
from mmbench.tasks.judging import Judge, Question

ANSWERS, VERDICTS = "answers", "judge"  # names of stages
Truth: TypeAlias = Any  # what a form keeps of a sample to score it
Answers: TypeAlias = Sequence[
    Sequence[str | None]
]  # per sample the answer to each of its ways; ``None`` where there is none
Levels: TypeAlias = Mapping[str, float | None]


class Form(Protocol):
    """What is asked of a sample and what answers are worth. A way is one of the requests that a sample needs (a rotation of options)."""

    @property
    def metric(self) -> Metric:
        """How ``arrays`` become values."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """JSON facts that a run's identity hashes."""
        ...

    def truth(self, sample: Sample) -> Truth | None:
        """What is right; ``None`` where there is no label. ``ValueError`` for a label that is of no use to this form.

        The sample comes without media.
        """
        ...

    def ways(self, truth: Truth) -> int:
        """How many requests the sample needs."""
        ...

    def content(self, sample: Sample, modalities: frozenset[Modality], way: int) -> tuple[Part, ...]:
        """The user's turn, without the instruction."""
        ...

    def options(self, sample: Sample) -> tuple[str, ...]:
        """What may be answered, where that is a closed list."""
        ...

    def accepted(self, truth: Truth) -> Sequence[str]:
        """The accepted answers."""
        ...

    def best(self, truth: Truth) -> str:
        """The one of them that is worth most."""
        ...

    def said(self, truth: Truth, answer: str, way: int) -> str:
        """How an accepted answer of some sample is spelled when this one is asked in this way."""
        ...

    def readable(self, truth: Truth, answer: str | None, way: int) -> bool:
        """Whether the metric can read an answer."""
        ...

    def arrays(self, answers: Answers, truths: Sequence[Truth]) -> dict[str, Array]:
        """Per-sample arrays of the task's metric."""
        ...

    def floors(self, truths: Sequence[Truth]) -> Levels:
        """The analytic score of knowing nothing, where there is one."""
        ...

    def ceilings(self, truths: Sequence[Truth]) -> Levels | None:
        """The best possible scores; ``None`` for those of the best accepted answer to every question."""
        ...


class Plain(ABC):
    """What most forms share: one way to ask, the sample's own content, answers spelled as they are."""

    @abstractmethod
    def accepted(self, truth: Any) -> Sequence[str]:
        """The accepted answers."""

    def ways(self, truth: Any) -> int:
        """One."""
        return 1

    def content(self, sample: Sample, modalities: frozenset[Modality], way: int) -> tuple[Part, ...]:
        """The sample's content, of the modalities that the task shows."""
        return sample.view(modalities).content

    def options(self, sample: Sample) -> tuple[str, ...]:
        """Anything may be answered."""
        return ()

    def said(self, truth: Any, answer: str, way: int) -> str:
        """As it is."""
        return answer

    def readable(self, truth: Any, answer: str | None, way: int) -> bool:
        """Any text can be compared."""
        return answer is not None

    def best(self, truth: Any) -> str:
        """The first accepted answer."""
        return self.accepted(truth)[0]

    def ceilings(self, truths: Sequence[Any]) -> Levels | None:
        """Those of the best accepted answer to every question."""
        return None


class Asked(NamedTuple):
    """One request.

    Attributes:
        key: its id: the sample's, or of a further way the sample's with its number.
        place: of the sample among those that are scored.
        way: from 0.
    """

    key: str
    place: int
    way: int


@dataclass(frozen=True, slots=True)
class Known:
    """The samples that are scored, in the order of the split, and what is asked of them.

    Attributes:
        dataset: the split.
        rows: their places in it.
        ids, clusters, truths, options: one per sample.
        asked: the requests.
        notes: how many samples were left out, and why.
        hidden: there is no label at all.
    """

    dataset: PairedDataset
    rows: list[int]
    ids: list[str]
    clusters: list[str]
    truths: list[Truth]
    options: list[tuple[str, ...]]
    asked: list[Asked]
    notes: dict[str, int]
    hidden: bool

    def sample(self, place: int) -> Sample:
        """The sample with its media, from the split."""
        return self.dataset[self.rows[place]]


def known_of(dataset: PairedDataset, form: Form, where: tuple[str, str] | None, once: str | None) -> Known:
    """Read a split: only samples with a value of ``meta`` (``where``), only the first that share one (``once``), only labelled ones.

    Where no sample has a label all are asked. ``ValueError`` where nothing is left.
    """
    found: list[tuple[int, Truth, tuple[str, ...]]] = []
    seen: set[Any] = set()
    for row, sample in enumerate(dataset.labels()):
        name = None if once is None else sample.meta.get(once)
        if (where is not None and sample.meta.get(where[0]) != where[1]) or (name is not None and name in seen):
            continue
        seen.add(name)
        found.append((row, form.truth(sample), form.options(sample)))
    if not found:
        raise ValueError(f"{dataset.card.key} {dataset.split} holds nothing that this task asks")
    labelled = [one for one in found if one[1] is not None]
    kept = labelled or found  # where all labels are hidden, everything can be asked
    counts = {"samples_left_out": len(dataset) - len(found), "samples_without_a_label": len(found) - len(kept)}
    ids, clusters = dataset.ids, clusters_of(dataset)
    rows = [row for row, _, _ in kept]
    asked = [
        Asked(ids[row] if way == 0 else f"{ids[row]}#{way}", place, way)
        for place, (row, truth, _) in enumerate(kept)
        for way in range(1 if truth is None else form.ways(truth))
    ]
    if len({one.key for one in asked}) < len(asked):
        raise ValueError("an id of the split looks like that of a rotation (it ends with # and a number)")
    return Known(
        dataset,
        rows,
        [ids[row] for row in rows],
        [clusters[row] for row in rows],
        [truth for _, truth, _ in kept],
        [options for _, _, options in kept],
        asked,
        {name: count for name, count in counts.items() if count},
        not labelled,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """How the answers of a task are read and scored."""

    task: str
    known: Known
    form: Form
    extractor: Extractor
    judge: Judge | None

    def verdicts(self, outputs: Mapping[str, Output]) -> Stage:
        """What the judge is asked: about all answers, or about those that rules cannot read. Failed requests are not judged."""
        judge, output = self._judge(), outputs[ANSWERS]
        extracted = self._extracted(output)
        wanted = [
            number
            for number, asked in enumerate(self.known.asked)
            if asked.key not in output.errors and (judge.everything or not self._readable(asked, extracted[number]))
        ]
        keys = [self.known.asked[number].key for number in wanted]

        def item(index: int) -> Request:
            asked = self.known.asked[wanted[index]]
            question = self._question(asked, str(output.values[wanted[index]]))
            message = Message("user", (TextPart(judge.ask(question), "en"),))
            return Request(asked.key, (message,), max_new_tokens=judge.max_new_tokens)

        return Stage(VERDICTS, "generate", keys, Lazy(len(keys), item), frozenset({Modality.TEXT}))

    def score(self, outputs: Mapping[str, Output]) -> Scored:
        """Per-sample arrays; none, beside what was read, where labels are hidden. ``UserError`` where a judge was needed and not asked."""
        output = outputs[ANSWERS]
        if self.known.hidden:
            return self._unscored(output)
        answers = self._extracted(output)
        notes = {"truncated_answers": len(output.truncated)}
        if self.judge is not None:
            notes |= self._judged(answers, outputs)
        unread = [not self._readable(asked, answers[number]) for number, asked in enumerate(self.known.asked)]
        failed = [asked.key in output.errors for asked in self.known.asked]
        notes["unread_answers"] = sum(one and not other for one, other in zip(unread, failed, strict=True))
        ways: list[list[str | None]] = [[] for _ in self.known.ids]
        errors: dict[str, str] = {}
        for asked, answer in zip(self.known.asked, answers, strict=True):
            ways[asked.place].append(answer)
            if asked.key in output.errors:
                errors.setdefault(self.known.ids[asked.place], output.errors[asked.key])
        arrays = self.form.arrays(ways, self.known.truths)
        kept = {name: count for name, count in notes.items() if count}
        return Scored(self.known.ids, arrays, self.known.clusters, None, errors, self._shown(output, ways), kept)

    def _unscored(self, output: Output) -> Scored:
        """What was written and what was read of it, for the server that has the labels."""
        ids = [asked.key for asked in self.known.asked]
        clusters = [self.known.clusters[asked.place] for asked in self.known.asked]
        written = [None if text is None else str(text) for text in output.values]
        read = self._extracted(output)
        shown = {"answer": written} if read == written else {"answer": written, "read": read}
        return Scored(ids, {}, clusters, None, output.errors, shown)

    def _shown(self, output: Output, ways: Answers) -> dict[str, Sequence[str | float | None]]:
        """What was written, what is right, and, where it is not the same, what was read."""
        written: list[list[str | None]] = [[] for _ in self.known.ids]
        for asked, text in zip(self.known.asked, output.values, strict=True):
            written[asked.place].append(None if text is None else str(text))
        shown: dict[str, Sequence[str | float | None]] = {
            "answer": [_line(texts) for texts in written],
            "right": [" | ".join(self.form.accepted(truth)) for truth in self.known.truths],
        }
        return shown if list(ways) == written else {**shown, "read": [_line(texts) for texts in ways]}

    def _extracted(self, output: Output) -> list[str | None]:
        return [
            None if text is None else self.extractor(str(text), self.known.options[asked.place])
            for asked, text in zip(self.known.asked, output.values, strict=True)
        ]

    def _readable(self, asked: Asked, answer: str | None) -> bool:
        return answer is not None and self.form.readable(self.known.truths[asked.place], answer, asked.way)

    def _judged(self, answers: list[str | None], outputs: Mapping[str, Output]) -> dict[str, int]:
        """Put what the judge said in the place of what rules read, and count its failures."""
        if VERDICTS not in outputs:
            raise UserError(f"{self.task} needs a judge: name one with --judge, as openai:URL#model.")
        judge, stage, said = self._judge(), self.verdicts(outputs), outputs[VERDICTS]
        numbers = {asked.key: number for number, asked in enumerate(self.known.asked)}
        unclear = 0
        for key, reply in zip(stage.ids, said.values, strict=True):
            number = numbers[key]
            question = self._question(self.known.asked[number], str(outputs[ANSWERS].values[number]))
            answers[number] = None if reply is None else judge.resolve(str(reply), question)
            unclear += reply is not None and answers[number] is None
        return {
            "answers_judged": len(stage.ids),
            "judge_failures": len(said.errors),
            "judge_without_verdict": unclear,
        }

    def _judge(self) -> Judge:
        if self.judge is None:
            raise ValueError(f"{self.task} has no judge")
        return self.judge

    def _question(self, asked: Asked, answer: str) -> Question:
        sample, truth = self.known.sample(asked.place), self.known.truths[asked.place]
        content = self.form.content(sample, frozenset({Modality.TEXT}), asked.way)
        text = "\n".join(part.text for part in content if isinstance(part, TextPart))
        accepted = [self.form.said(truth, one, asked.way) for one in self.form.accepted(truth)]
        return Question(text, self.known.options[asked.place], accepted, dict(sample.meta), answer)


def _line(texts: Sequence[str | None]) -> str | None:
    """Several answers in one line; ``None`` where there is none at all."""
    return None if all(text is None for text in texts) else " | ".join("–" if text is None else text for text in texts)


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with neighbouring texts made one, a line each."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, TextPart) and isinstance(last, TextPart):
            found[-1] = replace(last, text=f"{last.text}\n{part.text}")
        else:
            found.append(part)
    return tuple(found)
