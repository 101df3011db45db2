"""Tasks that are done by writing: a form says what is asked of a sample and what answers are worth, the task how it is said and read."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mmbench.files import canonical_json
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import Message, Modality, Request, Sample, TextPart
from mmbench.tasks.base import Ask, Bounds, Lazy, Load, Phase, Plan, Same, Stage, Task
from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.final_answer import FINAL_ANSWER
from mmbench.tasks.extractors.raw import RAW
from mmbench.tasks.judging import Judge
from mmbench.tasks.kinds.answering import ANSWERS, Answers, Asked, Form, Known, Levels, Reading, Truth, joined, known_of
from mmbench.tasks.prompts import Prompt

IMAGE, AUDIO = frozenset({Modality.IMAGE}), frozenset({Modality.AUDIO})


@dataclass(frozen=True, kw_only=True)
class GenerationTask(Task):
    """The model writes; a metric compares what it wrote with what is accepted.

    Attributes:
        context: the modalities that a model is shown, beside the text of a question.
        form: what is asked and what answers are worth.
        prompt: what is said besides the question.
        extractor: what of an answer counts.
        judge: decides about answers where rules do not; ``None`` where they decide alone.
        max_new_tokens: where generation is cut.
        where: a key of ``meta`` and its value: only such samples.
        once: a key of ``meta``: of samples that share its value only the first.
        asks_text: whether the sample's text is the question; of captions it is the answer.
        kind: as in a card's ``task_kinds``.
    """

    context: frozenset[Modality]
    form: Form
    prompt: Prompt
    extractor: Extractor = RAW
    judge: Judge | None = None
    max_new_tokens: int = 16
    where: tuple[str, str] | None = None
    once: str | None = None
    asks_text: bool = True
    kind: str = "question-answering"

    @property
    def ask(self) -> Ask:
        """``generate``."""
        return "generate"

    @property
    def modalities(self) -> frozenset[Modality]:
        """The context, and text where it is the question."""
        return self.context | {Modality.TEXT} if self.asks_text else self.context

    @property
    def judged(self) -> bool:
        """Whether there is a judge."""
        return self.judge is not None

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Form, prompt, extractor, judge and decoding parameters."""
        chosen = {"where": self.where and list(self.where), "once": self.once}
        return {
            **self.form.facts,
            **{name: value for name, value in chosen.items() if value is not None},
            **({"judge": self.judge.facts} if self.judge is not None else {}),
            "prompt": self.prompt.facts,
            "extractor": self.extractor.facts,
            "decoding": {"max_new_tokens": self.max_new_tokens, "temperature": 0.0},
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """One stage of requests: one per sample, or per way to ask it."""
        known = self._known(self.split_for(load, limit, seed))
        items = Lazy(len(known.asked), lambda index: self._request(known, known.asked[index], privileged=privileged))
        stage = Stage(ANSWERS, "generate", [asked.key for asked in known.asked], items, self.modalities)
        reading = Reading(self.id, known, self.form, self.extractor, self.judge)
        floors, ceilings = self._levels(known)
        return Plan(
            phases=(Phase("all", (stage,), partial(self._training, load)),),
            score=reading.score,
            n=len(known.ids),
            floors=floors,
            ceilings=ceilings,
            notes=known.notes,
            judging=None if self.judge is None or known.hidden else reading.verdicts,
            hidden=known.hidden,
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model gives equal questions on equal content one answer, the one that most of them accept.

        Chance is the analytic floor, or where answers are open the one answer that is best for all.
        """
        known = self._known(load(self.split))
        if known.hidden:
            raise ValueError("its labels are hidden")
        floors, ceilings = self._levels(known)
        if not self.asks_text:
            return Bounds(len(known.ids), floors, ceilings)
        alike: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for place in range(len(known.ids)):
            sample = known.sample(place)
            alike[(*(same(part.fingerprint) for part in sample.content), *sample.options)].append(place)
        said = [""] * len(known.ids)
        for places in alike.values():
            best = self._best([known.truths[place] for place in places])
            for place in places:
                said[place] = best
        accepted = [canonical_json(list(self.form.accepted(truth))) for truth in known.truths]
        unsure = sum(len(places) for places in alike.values() if len({accepted[place] for place in places}) > 1)
        chance = floors if any(known.options) else self._constant(known.truths)
        return Bounds(len(known.ids), chance, {**ceilings, **self._values(said, known.truths)}, unsure)

    def _known(self, dataset: PairedDataset) -> Known:
        return known_of(dataset, self.form, self.where, self.once)

    def _request(self, known: Known, asked: Asked, *, privileged: bool, sample: Sample | None = None) -> Request:
        sample, truth = sample or known.sample(asked.place), known.truths[asked.place]
        content = self.form.content(sample, self.modalities, asked.way)
        if self.prompt.instruction:
            content = joined((*content, TextPart(self.prompt.instruction, "en")))
        system = (Message("system", (TextPart(self.prompt.system, "en"),)),) if self.prompt.system else ()
        target = self.form.said(truth, self.form.best(truth), asked.way) if privileged and truth is not None else None
        return Request(
            asked.key,
            (*system, Message("user", content)),
            known.options[asked.place],
            max_new_tokens=self.max_new_tokens,
            target=target,
        )

    def _training(self, load: Load) -> tuple[Sequence[Sample], Sequence[Sample]]:
        views = [self._views(load(name)) for name in self.training_splits()]
        return (views[0], views[1]) if views else ([], [])

    def _views(self, dataset: PairedDataset) -> list[Sample]:
        """What a model that learns is given: the user's turn as it will be asked, with the best answer."""
        known = self._known(dataset)
        samples = dict(zip(range(len(dataset)), dataset, strict=True))  # in one go: row by row is slow
        requests = [
            self._request(known, asked, privileged=True, sample=samples[known.rows[asked.place]])
            for asked in known.asked
            if asked.way == 0
        ]
        return [
            Sample(request.sample_id, request.messages[-1].content, request.options, request.target)
            for request in requests
        ]

    def _levels(self, known: Known) -> tuple[Levels, Levels]:
        """Floors and ceilings of every key; ``None`` where there is none, or labels are hidden."""
        floors = {} if known.hidden else self.form.floors(known.truths)
        ceilings = {} if known.hidden else self._ceilings(known.truths)
        keys = self.metric.keys
        return {key: _finite(floors.get(key)) for key in keys}, {key: _finite(ceilings.get(key)) for key in keys}

    def _ceilings(self, truths: Sequence[Truth]) -> Levels:
        known = self.form.ceilings(truths)
        return self._values([self.form.best(truth) for truth in truths], truths) if known is None else known

    def _values(self, said: Sequence[str], truths: Sequence[Truth]) -> Levels:
        values = self.metric.aggregate(self.form.arrays(self._spelled(said, truths), truths))
        return {key: None if facts.count else _finite(values[key]) for key, facts in self.metric.keys.items()}

    def _spelled(self, said: Sequence[str], truths: Sequence[Truth]) -> Answers:
        return [
            [self.form.said(truth, answer, way) for way in range(self.form.ways(truth))]
            for answer, truth in zip(said, truths, strict=True)
        ]

    def _best(self, truths: Sequence[Truth]) -> str:
        """The one answer that is worth most to questions that nothing tells apart."""
        tried = list(dict.fromkeys(answer for truth in truths for answer in self.form.accepted(truth)))
        if len(tried) == 1 or len(truths) == 1:
            return tried[0]
        worth = [self._values([answer] * len(truths), truths)[self.primary] or 0.0 for answer in tried]
        return tried[int(np.argmax(worth))]

    def _constant(self, truths: Sequence[Truth]) -> Levels:
        """What the answer that most questions accept gets when it is given to all of them."""
        often = Counter(answer for truth in truths for answer in dict.fromkeys(self.form.accepted(truth)))
        return self._values([often.most_common(1)[0][0]] * len(truths), truths)


def _finite(value: float | None) -> float | None:
    """A score that is undefined on these samples has no floor and no ceiling either."""
    return None if value is None or not math.isfinite(value) else value


def generation_task(
    dataset: str,
    title: str,
    protocol: str,
    form: Form,
    *,
    split: str,
    subset: str = "",
    primary: str = "",
    context: frozenset[Modality] = IMAGE,
    prompt: Prompt,
    extractor: Extractor = FINAL_ANSWER,
    max_new_tokens: int = 32,
    training: tuple[str | None, str | None] = (None, None),
    **changes: Any,
) -> GenerationTask:
    """Version 1 of ``dataset[.subset].protocol``.

    Args:
        dataset: the card's key.
        title: for people.
        protocol: the last part of the id.
        form: what is asked and what answers are worth.
        split: what is scored.
        subset: a part of the set, in the id.
        primary: the key that boards rank by; by default the first.
        context: what is shown beside the text.
        prompt: what is said besides the question.
        extractor: what of an answer counts.
        max_new_tokens: where generation is cut.
        training: the splits that models which learn are given.
        **changes: further fields of the task.
    """
    return GenerationTask(
        id=".".join(part for part in (dataset, subset, protocol) if part),
        title=title,
        dataset=dataset,
        split=split,
        train_split=training[0],
        valid_split=training[1],
        version=1,
        metric=form.metric,
        primary=primary or next(iter(form.metric.keys)),
        context=context,
        form=form,
        prompt=prompt,
        extractor=extractor,
        max_new_tokens=max_new_tokens,
        **changes,
    )
