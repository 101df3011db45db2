"""Questions on pictures or sounds: open ones, answered in words, and those that are answered yes or no."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mmbench.metrics.functional.grouped import all_right, grouped_accuracy_metric
from mmbench.metrics.functional.mme import mme_scores_metric
from mmbench.metrics.functional.yes_no import parse_yes_no, yes_no_scores_metric
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import Sample
from mmbench.tasks.kinds.answering import Answers, Levels, Plain
from mmbench.tasks.kinds.generation import GenerationTask, generation_task
from mmbench.tasks.prompts import SHORT

YES_OR_NO = ("yes", "no")


@dataclass(frozen=True)
class Open(Plain):
    """An answer in words that a metric compares with the accepted ones.

    Attributes:
        scorer: the metric, with ``per_sample(preds, target)``; its first key ranks accepted answers.
        by: a key of ``meta``; accuracy is reported by its values, too. Only where answers are right or wrong.
        types: these values.
    """

    scorer: Metric
    by: str = ""
    types: tuple[str, ...] = ()

    @property
    def metric(self) -> Metric:
        """The scorer, or accuracy by type."""
        return grouped_accuracy_metric((), self.types, self.scorer.signature) if self.by else self.scorer

    @property
    def facts(self) -> Mapping[str, Any]:
        """None: the metric's signature stands beside every score."""
        return {}

    def truth(self, sample: Sample) -> "Accepted | None":
        """The accepted answer or answers. ``ValueError`` for what is not text."""
        target = sample.target
        if target is None:
            return None
        answers = (target,) if isinstance(target, str) else tuple(target) if isinstance(target, list | tuple) else ()
        if not answers or not all(isinstance(answer, str) for answer in answers):
            raise ValueError(f"the label of {sample.id!r} is {target!r}, which is no answer in words")
        return Accepted(answers, str(sample.meta.get(self.by)) if self.by else "")

    def accepted(self, truth: "Accepted") -> Sequence[str]:
        """All different answers."""
        return list(dict.fromkeys(truth.answers))

    def best(self, truth: "Accepted") -> str:
        """The answer that is worth most; of equals the one that most people gave."""
        return truth.answers[0] if len(set(truth.answers)) == 1 else self._best([truth])[0]

    def arrays(self, answers: Answers, truths: Sequence["Accepted"]) -> dict[str, Array]:
        """What the metric gives."""
        found = self.scorer.per_sample([one for (one,) in answers], [truth.answers for truth in truths])
        if not self.by:
            return found
        return self.metric.per_sample(found[next(iter(self.scorer.keys))], None, [truth.type for truth in truths])

    def floors(self, truths: Sequence[Any]) -> Levels:
        """0: no answer is right by chance alone."""
        return {key: None if facts.count else 0.0 for key, facts in self.metric.keys.items()}

    def ceilings(self, truths: Sequence["Accepted"]) -> Levels:
        """Those of the best accepted answer to every question, which annotators who disagree keep below 1."""
        values = self.metric.aggregate(self.arrays([[one] for one in self._best(truths)], truths))
        return {key: None if facts.count else values[key] for key, facts in self.metric.keys.items()}

    def _best(self, truths: Sequence["Accepted"]) -> list[str]:
        """The best answer to each question, all in one call of the metric."""
        tried = [Counter(truth.answers) for truth in truths]
        pairs = [(answer, truth.answers) for counts, truth in zip(tried, truths, strict=True) for answer in counts]
        worth = iter(
            self.scorer.per_sample([one for one, _ in pairs], [all_ for _, all_ in pairs])[
                next(iter(self.scorer.keys))
            ].tolist()
        )
        return [
            max(counts, key={answer: (next(worth), counts[answer]) for answer in counts}.__getitem__)
            for counts in tried
        ]


class Accepted(NamedTuple):
    """The accepted answers of an open question, and its type where types are reported."""

    answers: tuple[str, ...]
    type: str


class Label(NamedTuple):
    """Whether yes is right, and the labels of what the question shares with others, one per grouping."""

    right: str
    shared: tuple[str, ...]


@dataclass(frozen=True)
class YesNo(Plain):
    """Yes or no.

    Attributes:
        parser: how the metric reads answers, in ``YES_NO_PARSERS``.
        groups: names of groupings to keys of ``meta``: reported is also the share of groups that are all right.
        mme: report MME's scores: the group is the pair, and ``meta.category`` the subtask.
    """

    parser: str = "first_word"
    groups: tuple[tuple[str, str], ...] = ()
    mme: bool = False

    @property
    def facts(self) -> Mapping[str, Any]:
        """How answers are read, and what is grouped."""
        return {"form": "yes or no", "parser": self.parser, **({"groups": dict(self.groups)} if self.groups else {})}

    @property
    def metric(self) -> Metric:
        """Of plain questions accuracy, precision, recall and F1; of grouped ones accuracy and the share of groups."""
        if self.mme:
            return mme_scores_metric(self.parser)
        if self.groups:
            return grouped_accuracy_metric(tuple(name for name, _ in self.groups), (), self.parser)
        return yes_no_scores_metric(self.parser)

    def options(self, sample: Sample) -> tuple[str, ...]:
        """Yes and no."""
        return YES_OR_NO

    def truth(self, sample: Sample) -> Label | None:
        """The label. ``ValueError`` where it is neither yes nor no."""
        if sample.target is None:
            return None
        right = str(sample.target).strip().lower()
        if right not in YES_OR_NO:
            raise ValueError(f"the label of {sample.id!r} is {sample.target!r}, neither yes nor no")
        keys = ("pair", "category") if self.mme else tuple(key for _, key in self.groups)
        return Label(right, tuple(str(sample.meta[key]) for key in keys))

    def accepted(self, truth: Label) -> Sequence[str]:
        """The right one."""
        return (truth.right,)

    def readable(self, truth: Label, answer: str | None, way: int) -> bool:
        """Whether it says yes or no."""
        return answer is not None and parse_yes_no(answer, parser=self.parser) is not None

    def arrays(self, answers: Answers, truths: Sequence[Label]) -> dict[str, Array]:
        """What the metric gives."""
        said = [one for (one,) in answers]
        if not self.groups and not self.mme:
            return self.metric.per_sample(said, [truth.right for truth in truths])
        return self._together(
            np.asarray([self._correct(one, truth) for one, truth in zip(said, truths, strict=True)]), truths
        )

    def floors(self, truths: Sequence[Label]) -> Levels:
        """The best of always yes, always no, and a coin; a group is right by coin with 1 / 2 ** its size."""
        always = [self.metric.aggregate(self.arrays([[word]] * len(truths), truths)) for word in YES_OR_NO]
        tried = [*always, self._coin(truths)] if self.groups or self.mme else always
        keys = [
            key for key, facts in self.metric.keys.items() if not facts.count and key not in ("precision", "recall")
        ]
        best = {key: [values[key] for values in tried if np.isfinite(values[key])] for key in keys}
        return {key: max(values, default=None) for key, values in best.items()}

    def _correct(self, answer: str | None, truth: Label) -> float:
        said = None if answer is None else parse_yes_no(answer, parser=self.parser)
        return np.nan if said is None else float(said == (truth.right == "yes"))

    def _together(self, correct: Array, truths: Sequence[Label]) -> dict[str, Array]:
        shared = list(zip(*(truth.shared for truth in truths), strict=True)) or [(), ()]
        if self.mme:
            return self.metric.per_sample(correct, all_right(correct, shared[0]), list(shared[1]))
        return self.metric.per_sample(correct, np.stack([all_right(correct, labels) for labels in shared], axis=1))

    def _coin(self, truths: Sequence[Label]) -> Mapping[str, float]:
        """What a coin is expected to get: its arrays are those of an oracle, with each 1 replaced by its chance."""
        arrays = self._together(np.ones(len(truths)), truths)
        names = ["pair"] if self.mme else [name for name, _ in self.groups]
        for place, name in enumerate(names):
            labels = [truth.shared[place] for truth in truths]
            sizes = Counter(labels)
            key = "accuracy_plus" if self.mme else name
            arrays[key] = arrays[key] * np.asarray([0.5 ** sizes[label] for label in labels])
        arrays["accuracy"] = arrays["accuracy"] * 0.5
        return self.metric.aggregate(arrays)


def open_questions(
    dataset: str,
    title: str,
    scored: Metric | Open,
    *,
    split: str = "",
    hidden: Mapping[str, str] | None = None,
    **changes: Any,
) -> tuple[GenerationTask, ...]:
    """Version 1 of ``dataset.open`` on the split that has labels, and of ``dataset.NAME.open`` on each split whose labels are hidden.

    Args:
        dataset: the card's key.
        title: for people.
        scored: how; a metric with ``per_sample(preds, target)``, whose first key ranks boards, or a form.
        split: the split with labels, ``""`` where there is none.
        hidden: names in task ids to splits without labels.
        **changes: as for ``generation_task``.
    """
    form, shown = scored if isinstance(scored, Open) else Open(scored), {"prompt": SHORT, **changes}
    wanted = [("", split, f"{title}, open answers")] if split else []
    wanted += [
        (name, chosen, f"{title}, open answers ({name}, hidden labels)") for name, chosen in (hidden or {}).items()
    ]
    return tuple(
        generation_task(dataset, what, "open", form, split=chosen, subset=name, **shown)
        for name, chosen, what in wanted
    )
