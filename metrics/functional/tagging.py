"""Tagging, several labels per sample: average precision and ROC area of raw scores, and d-prime."""

from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._class_values import mean_of_present, ratio
from mmbench.metrics._inputs import to_finite_matrix, to_numpy
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = ["average_precision_per_class", "multilabel_average_precision", "tagging_scores", "tagging_scores_metric"]

VERSION = "1"


def tagging_scores(scores: Any, target: Any) -> dict[str, float]:
    """How well scores order the samples that have a label before those that have not, label by label.

    Args:
        scores: ``(n, c)`` finite numbers of any scale, higher is more likely; only their order within a label counts, so
            that no sigmoid is applied (and none can saturate).
        target: ``(n, c)`` 0 and 1 (or bool).

    Returns:
        ``map``, the mean over the labels that occur of average precision, in [0, 1]; ``auroc``, the mean area under the
        ROC curve over the labels that some have and some have not; ``d_prime``, sqrt(2) times the normal quantile of
        ``auroc`` (infinite at 1); ``n_absent``, the labels that never occur and have no part in ``map``. NaN where no
        label is left.

    Raises:
        ValueError: other shapes, a score that is not finite, or a target other than 0 and 1.

    Note:
        Equal scores are one threshold, as in scikit-learn's ``average_precision_score`` and ``roc_auc_score``. Where
        others average a 0 in for a label that never occurs (scikit-learn, torchmetrics), or break ties by the order of
        the samples (CLIP_benchmark), this does not. d-prime is that of the mean area, as for AudioSet (Hershey et al.
        2017); HEAR takes the mean over labels of each one's.
    """
    table = to_finite_matrix(scores, "scores")
    metric = tagging_scores_metric(table.shape[1])
    return metric.aggregate(metric.per_sample(table, target))


def multilabel_average_precision(scores: Any, target: Any) -> float:
    """``map`` of ``tagging_scores``."""
    return tagging_scores(scores, target)["map"]


def average_precision_per_class(scores: Any, target: Any) -> Array:
    """Average precision ``(c,)`` of each label, NaN where it never occurs; arguments as for ``tagging_scores``."""
    table = to_finite_matrix(scores, "scores")
    arrays = _per_sample(table, target, n_classes=table.shape[1])
    return np.asarray(_areas(arrays, np.ones((1, len(table))))[0][0])


def tagging_scores_metric(n_classes: int = 527) -> Metric:
    """``tagging_scores`` as a ``Metric`` for ``n_classes`` labels: ``per_sample(scores, target)`` gives both, ``(n, c)``.

    A failed sample is given the lowest scores for its labels and the highest for all others.
    """
    if n_classes < 1:
        raise ValueError(f"n_classes must be at least 1, got {n_classes}.")
    error = "last of all at its labels, first at all others"
    none = "no label occurs"
    return Metric(
        name="tagging_scores",
        version=VERSION,
        keys={
            "map": Key("mAP", True, "mean over the labels that occur of average precision, equal scores being one "
                       "threshold", "scikit-learn average_precision_score", undefined=none, error=error),
            "auroc": Key("AUROC", True, "mean over labels of the area under the ROC curve", "scikit-learn roc_auc_score",
                         undefined="no label that some have and some have not", chance=0.5, error=error),
            "d_prime": Key("d'", True, "sqrt(2) times the normal quantile of the mean AUROC", "Hershey et al. 2017", None,
                           None, undefined="no label that some have and some have not", error=error),
            "n_absent": Key("absent labels", False, "labels that never occur", "counted here", upper=None, count=True),
        },
        per_sample=partial(_per_sample, n_classes=n_classes),
        sums=_sums,
        from_sums=_from_sums,
        from_weights=_from_weights,
        params={"n_classes": n_classes},
        kept={"scores": (n_classes,), "target": (n_classes,)},
    )  # fmt: skip


def _per_sample(scores: Any, target: Any, *, n_classes: int) -> dict[str, Array]:
    table, labels = to_finite_matrix(scores, "scores"), to_numpy(target)
    if table.shape[1] != n_classes and len(table):
        raise ValueError(f"scores must have {n_classes} columns, one per label, got {table.shape[1]}.")
    if labels.shape != table.shape or labels.dtype.kind not in "fiub" or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"target must be 0 and 1 of shape {table.shape}, got shape {labels.shape} of {labels.dtype}.")
    return {"scores": table, "target": labels.astype(np.float64)}


def _sums(arrays: Arrays) -> dict[str, Array]:
    return {"n": np.ones(len(arrays["scores"]))}


def _from_sums(sums: Arrays) -> dict[str, Array]:
    del sums  # an order has no sufficient sums
    return {}


def _from_weights(arrays: Arrays, weights: Array) -> dict[str, Array]:
    precision, area = _areas(arrays, weights)
    auroc = mean_of_present(area)
    quantile = NormalDist().inv_cdf
    d_prime = [
        np.nan if np.isnan(a) else np.inf if a >= 1 else -np.inf if a <= 0 else quantile(float(a)) for a in auroc
    ]
    absent = np.isnan(precision).sum(axis=1) if len(arrays["scores"]) else np.zeros(len(weights))
    return {
        "map": mean_of_present(precision),
        "auroc": auroc,
        "d_prime": np.sqrt(2) * np.array(d_prime),
        "n_absent": absent.astype(np.float64),
    }


def _areas(arrays: Arrays, weights: Array) -> tuple[Array, Array]:
    """Average precision and ROC area ``(r, c)`` of every label for each row of weights ``(r, n)``."""
    scores, target = arrays["scores"], arrays["target"]
    found = [_one_label(scores[:, i], target[:, i] == 1, weights) for i in range(scores.shape[1])]
    precision, area = (np.stack(values, axis=1) for values in zip(*found, strict=True))
    return precision, area


def _one_label(scores: Array, has: NDArray[np.bool_], weights: Array) -> tuple[Array, Array]:
    if not len(scores):
        return np.full(len(weights), np.nan), np.full(len(weights), np.nan)
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # the last of each run of equal scores
    sorted_weights = weights[:, order]
    everyone = np.cumsum(sorted_weights, axis=1)[:, ends]
    hits = np.cumsum(sorted_weights * has[order], axis=1)[:, ends]
    misses, positives, total = everyone - hits, hits[:, -1], everyone[:, -1]
    new_hits = np.diff(hits, axis=1, prepend=0.0)
    precision = hits / np.where(everyone > 0, everyone, 1.0)
    below = np.diff(misses, axis=1, prepend=0.0) * (hits - new_hits / 2)
    return ratio((new_hits * precision).sum(axis=1), positives), ratio(
        below.sum(axis=1), positives * (total - positives)
    )
