"""Answers to questions over batches and processes: VQA accuracy, ANLS, relaxed accuracy, yes or no, choices."""

from typing import Any, Literal

from mmbench.metrics.classes._base import SampleMetric
from mmbench.metrics.functional.choices import multiple_choice_accuracy_metric, open_answer_accuracy_metric
from mmbench.metrics.functional.text_answers import anls_metric, relaxed_accuracy_metric
from mmbench.metrics.functional.vqa import VqaProtocol, vqa_accuracy_metric
from mmbench.metrics.functional.yes_no import yes_no_scores_metric

__all__ = ["Anls", "MultipleChoiceAccuracy", "OpenAnswerAccuracy", "RelaxedAccuracy", "VqaAccuracy", "YesNoScores"]


class VqaAccuracy(SampleMetric):
    """The mean of ``vqa_accuracy``; ``update(preds, target)``, with ``by`` also the type of each question.

    Args:
        protocol: as in ``vqa_accuracy``; there is no default.
        by: ``"answer_type"`` or ``"question_type"``, to report each type as well.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``protocol`` or ``by``.
    """

    higher_is_better = True

    def __init__(
        self, *, protocol: VqaProtocol, by: Literal["answer_type", "question_type"] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(vqa_accuracy_metric(protocol, by), **kwargs)


class Anls(SampleMetric):
    """The mean of ``anls``; ``update(preds, target)`` takes what the function takes.

    Args:
        threshold: as in ``anls``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: a threshold out of range.
    """

    higher_is_better = True

    def __init__(self, threshold: float = 0.5, **kwargs: Any) -> None:
        super().__init__(anls_metric(threshold), **kwargs)


class RelaxedAccuracy(SampleMetric):
    """The mean of ``relaxed_accuracy``; ``update(preds, target)`` takes what the function takes.

    Args:
        tolerance: as in ``relaxed_accuracy``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: a negative tolerance.
    """

    higher_is_better = True

    def __init__(self, tolerance: float = 0.05, **kwargs: Any) -> None:
        super().__init__(relaxed_accuracy_metric(tolerance), **kwargs)


class YesNoScores(SampleMetric):
    """The values of ``yes_no_scores``; ``update(preds, target)`` takes what the function takes.

    Args:
        parser: a name in ``mmbench.metrics.functional.YES_NO_PARSERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown parser.
    """

    higher_is_better = True

    def __init__(self, parser: str = "first_word", **kwargs: Any) -> None:
        super().__init__(yes_no_scores_metric(parser), **kwargs)


class MultipleChoiceAccuracy(SampleMetric):
    """``accuracy`` and ``unparsed``; ``update(preds, target, options=4)`` takes what the function takes.

    Args:
        parser: a name in ``mmbench.metrics.functional.CHOICE_PARSERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown parser.
    """

    higher_is_better = True

    def __init__(self, parser: str = "lenient", **kwargs: Any) -> None:
        super().__init__(multiple_choice_accuracy_metric(parser), **kwargs)


class OpenAnswerAccuracy(SampleMetric):
    """The mean of ``open_answer_accuracy``; ``update(preds, target)`` takes what the function takes.

    Args:
        **kwargs: for ``torchmetrics.Metric``.
    """

    higher_is_better = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(open_answer_accuracy_metric(), **kwargs)
