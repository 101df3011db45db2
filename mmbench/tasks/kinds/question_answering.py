"""Open questions on pictures or sounds, answered in words."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mmbench.files import canonical_json
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import Message, Modality, Request, Sample, TextPart
from mmbench.tasks.base import Ask, Bounds, Lazy, Load, Output, Phase, Plan, Same, Scored, Stage, Task, clusters_of


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said besides the question, under a name that runs are identified by."""

    id: str
    system: str


@dataclass(frozen=True, kw_only=True)
class OpenQuestionTask(Task):
    """The model writes an answer; the metric compares it with the accepted ones.

    Attributes:
        context: the modalities of a question beside its text.
        prompt: the system message.
        max_new_tokens: where generation is cut.
    """

    context: frozenset[Modality]
    prompt: Prompt
    max_new_tokens: int = 16

    @property
    def kind(self) -> str:
        """``question-answering``."""
        return "question-answering"

    @property
    def ask(self) -> Ask:
        """``generate``."""
        return "generate"

    @property
    def modalities(self) -> frozenset[Modality]:
        """Text and the context."""
        return self.context | {Modality.TEXT}

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Prompt, extractor and decoding parameters."""
        return {
            "prompt": [self.prompt.id, self.prompt.system],
            "extractor": "none",
            "decoding": {"max_new_tokens": self.max_new_tokens, "temperature": 0.0},
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """One stage of requests."""
        dataset = self.split_for(load, limit, seed)
        ids, targets = dataset.ids, dataset.targets
        items = Lazy(len(dataset), lambda index: self._request(dataset[index], privileged))
        stage = Stage("answers", "generate", ids, items, self.modalities)
        return Plan(
            phases=(Phase("all", (stage,), partial(self._training, load)),),
            score=partial(self._score, ids, targets, clusters_of(dataset)),
            n=len(dataset),
            floors={key: None if facts.count else 0.0 for key, facts in self.metric.keys.items()},
            ceilings={key: None if facts.count else 1.0 for key, facts in self.metric.keys.items()},
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model gives equal questions on equal media one answer, the one that the most of them accept; chance, the one answer
        that is best for all.
        """  # noqa: D205
        dataset, metric = load(self.split), self.metric
        targets = dataset.targets
        accepted = [[target] if isinstance(target, str) else list(target) for target in targets]
        alike: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, sample in enumerate(dataset):
            alike[(*(same(part.fingerprint) for part in sample.content), *sample.options)].append(row)
        tried = [
            (rows, answer)
            for rows in alike.values()
            for answer in dict.fromkeys(a for row in rows for a in accepted[row])
        ]
        pairs = [(answer, targets[row]) for rows, answer in tried for row in rows]
        values = metric.per_sample([answer for answer, _ in pairs], [target for _, target in pairs])[self.primary]
        ends = np.cumsum([len(rows) for rows, _ in tried])
        totals = np.add.reduceat(values, np.r_[0, ends[:-1]]) if tried else np.zeros(0)
        best: dict[int, tuple[float, str]] = {}
        for (rows, answer), total in zip(tried, totals.tolist(), strict=True):
            if total > best.get(rows[0], (-1.0, ""))[0]:
                best.update(dict.fromkeys(rows, (total, answer)))
        said = [best[row][1] if row in best else None for row in range(len(dataset))]
        constant = Counter(answer for answers in accepted for answer in dict.fromkeys(answers)).most_common(1)
        known = metric.aggregate(metric.per_sample(said, targets))
        chance = metric.aggregate(metric.per_sample([constant[0][0] if constant else None] * len(targets), targets))
        unsure = sum(len({canonical_json(targets[row]) for row in rows}) > 1 for rows in alike.values() for _ in rows)
        counts = {key for key, facts in metric.keys.items() if facts.count}
        return Bounds(
            len(dataset),
            {key: None if key in counts else value for key, value in chance.items()},
            {key: None if key in counts else value for key, value in known.items()},
            unsure,
        )

    def _request(self, sample: Sample, privileged: bool) -> Request:
        view = sample.view(self.modalities)
        messages = (Message("system", (TextPart(self.prompt.system, "en"),)), Message("user", view.content))
        target = sample.target if privileged else None
        return Request(sample.id, messages, sample.options, max_new_tokens=self.max_new_tokens, target=target)

    def _training(self, load: Load) -> tuple[Sequence[Sample], Sequence[Sample]]:
        views = [self._views(load(name)) for name in self.training_splits()]
        return (views[0], views[1]) if views else ([], [])

    def _views(self, dataset: PairedDataset) -> list[Sample]:
        return [sample.view(self.modalities, target=True) for sample in dataset]

    def _score(self, ids: list[str], targets: list[Any], clusters: list[str], outputs: Mapping[str, Output]) -> Scored:
        output = outputs["answers"]
        answers = [None if text is None else str(text) for text in output.values]
        arrays = self.metric.per_sample(answers, targets)
        right = [target if isinstance(target, str) else " | ".join(target) for target in targets]
        return Scored(ids, arrays, clusters, None, output.errors, {"answer": answers, "right": right})
