"""Sentiment intensity: error, correlations, classes and polarity of predicted numbers, under a convention that is named."""

from functools import partial
from typing import Any, Literal

import numpy as np

from mmbench.metrics._inputs import to_vector
from mmbench.metrics._sentiment_conventions import Convention, convention_of
from mmbench.metrics._sentiment_values import sample_sums, sample_values, spearman, values_from
from mmbench.metrics.spec import Array, Metric

__all__ = ["farthest_label", "sentiment_metric", "sentiment_regression"]

VERSION = "1"


def sentiment_regression(preds: Any, target: Any, *, convention: str) -> dict[str, float]:
    """The numbers that papers on sentiment intensity report; which ones, and how, is the convention's.

    Args:
        preds: ``(n,)`` finite numbers.
        target: ``(n,)`` labels, in [-3, 3] for ``"cmu"`` and ``"mult_compat"``, else in [-1, 1].
        convention: ``"cmu"`` (CMU-MOSI, CMU-MOSEI), ``"sims"`` (CH-SIMS), ``"unit"``, or ``"mult_compat"``.

    Returns:
        All: ``mae`` >= 0 and ``corr`` (Pearson) in [-1, 1], NaN where either side is constant. All else is in [0, 1],
        NaN where no label is scored.

        ``"cmu"``: ``acc7_round`` (both sides clipped to [-3, 3] and rounded, halves to even), ``acc7_cmumosei`` (both by
        the SDK's rule, away from zero), ``acc5_round`` (clipped to [-2, 2]), ``acc2_nonneg`` and ``f1w_nonneg`` ((p >= 0)
        against (t >= 0), all labels), ``acc2_posneg`` and ``f1w_posneg`` ((p > 0) against (t > 0), labels other than 0;
        a prediction of 0 is negative). ``f1w`` is F1 weighted by the support of the *labels*.

        ``"sims"``: predictions are clipped to [-1, 1] before everything, MAE and correlation too; ``acc2_sims`` and
        ``f1w_sims`` (label 0 is negative), ``acc3_sims`` (edges -0.1, 0.1), ``acc5_sims`` (edges -0.7, -0.1, 0.1, 0.7);
        an edge belongs to the class below it, and is compared in float32, as MMSA does.

        ``"unit"``: ``spearman`` (mid-ranks) and ``acc2_posneg``, predictions not clipped.

        ``"mult_compat"``, only to reproduce published numbers: what MulT, MultiBench and MISA print with the arguments
        of F1 swapped, so that it is weighted by the *predictions* (a model that says one class only looks good):
        ``acc2_pos`` and ``f1w_pos_swapped`` (all labels, 0 is negative), ``acc2_posneg`` and ``f1w_posneg_swapped``.

    Raises:
        ValueError: an unknown convention, different lengths, a prediction that is not finite, a label out of range.

    Note:
        Sources: MMSA ``metricsTop.py`` (Has0 = nonneg, Non0 = posneg; it rounds to four digits); CMU-MultimodalSDK
        ``CMU_MOSEI/README.md`` (``cmumosei_round``); MulT ``eval_metrics.py`` (``exclude_zero``).
    """
    metric = sentiment_metric(convention)  # type: ignore[arg-type]  # an unknown one is refused there
    return metric.aggregate(metric.per_sample(preds, target))


def farthest_label(target: Any, *, convention: str) -> Array:
    """The error value: what a failed sample is taken to have predicted, the end of the range farther from its label.

    Args:
        target: ``(n,)`` labels.
        convention: as in ``sentiment_regression``.

    Returns:
        ``(n,)`` float64; where the label is 0, the end whose polarity is the wrong one.

    Raises:
        ValueError: an unknown convention, or a label out of range.
    """
    rule = convention_of(convention)
    labels = _labels(target, rule, convention)
    return np.where(labels == 0, rule.zero, np.where(labels > 0, rule.low, rule.high))


def sentiment_metric(convention: Literal["cmu", "sims", "unit", "mult_compat"]) -> Metric:
    """Sentiment intensity as a ``Metric``.

    ``per_sample(preds, target)`` gives ``prediction``, ``target``, ``absolute_error``, and per accuracy key whether the
    sample is right (NaN where its label is not scored).
    """
    rule = convention_of(convention)
    return Metric(
        name="sentiment",
        version=VERSION,
        keys=rule.keys(),
        per_sample=partial(_per_sample, convention=convention),
        sums=partial(_sums, convention=convention),
        from_sums=partial(_from_sums, convention=convention),
        from_weights=spearman if rule.spearman else None,
        params={"convention": convention},
        kept={"prediction": (), "target": ()},  # a correlation over batches needs the centre of all
    )


def _per_sample(preds: Any, target: Any, *, convention: str) -> dict[str, Array]:
    rule = convention_of(convention)
    values, labels = to_vector(preds, "preds"), _labels(target, rule, convention)
    if len(values) != len(labels):
        raise ValueError(f"preds and target must have the same length, got {len(values)} and {len(labels)}.")
    return sample_values(values, labels, rule)


def _sums(arrays: Any, *, convention: str) -> dict[str, Array]:
    return sample_sums(arrays, convention_of(convention))


def _from_sums(sums: Any, *, convention: str) -> dict[str, Array]:
    return values_from(sums, convention_of(convention))


def _labels(target: Any, rule: Convention, convention: str) -> Array:
    labels = to_vector(target, "target")
    outside = np.flatnonzero((labels < rule.low) | (labels > rule.high))
    if len(outside):
        where = f"target[{int(outside[0])}] is {labels[outside[0]]}"
        raise ValueError(f"{where}, outside [{rule.low:g}, {rule.high:g}] ({convention}).")
    return labels
