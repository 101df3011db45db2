"""Zero-shot classification: accuracy among the first K classes and balanced accuracy, ties as exact expectations."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._class_values import mean_of_present, ratio
from mmbench.metrics._inputs import to_finite_matrix, to_numpy
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "ensemble_prompts",
    "fold_mean",
    "zero_shot_classification",
    "zero_shot_classification_metric",
]

VERSION = "1"
_SOURCE = "CLIP_benchmark zeroshot_classification.py; Radford et al. 2021"


def zero_shot_classification(
    logits: Any, target: Any, *, k: Sequence[int] = (1, 5), ties: str = "expected"
) -> dict[str, float]:
    """Accuracy of classes that are chosen by score.

    Args:
        logits: ``(n, c)`` finite scores, higher is better; float16 and bfloat16 are compared as they are.
        target: ``(n,)`` class numbers in [0, c).
        k: cut-offs; above ``c`` every class is in.
        ties: what equal scores are worth. ``"expected"``: the mean over all orders; ``"optimistic"`` and
            ``"pessimistic"``: the right class first or last among its equals. A model whose scores are all equal gets
            k / c, 1 and 0.

    Returns:
        ``acc@k`` for each k, and ``balanced_accuracy``, the mean of acc@1 over the classes that are a label here; in
        [0, 1], NaN without samples. ``n_tied`` counts the samples whose right class ties with another.

    Raises:
        ValueError: another shape, a score that is not finite, a class out of range, unknown ``ties``, a ``k`` below 1.

    Without ties the values are those of CLIP_benchmark, whose mean per-class recall is over present classes too.
    """
    scores = to_finite_matrix(logits, "logits")
    metric = zero_shot_classification_metric(scores.shape[1], k=tuple(k), ties=ties)
    return metric.aggregate(metric.per_sample(scores, target))


def ensemble_prompts(embeddings: Any) -> Array:
    """One embedding per class from those of several prompts: each to length 1, their mean, that to length 1.

    Args:
        embeddings: ``(c, t, d)`` finite numbers: ``t`` templates for each of ``c`` classes.

    Returns:
        ``(c, d)`` float64 of length 1.

    Raises:
        ValueError: another shape, a number that is not finite, or an embedding (or mean) of length 0.

    Source: CLIP (Radford et al. 2021), CLIP_benchmark ``zero_shot_classifier``.
    """
    values = to_numpy(embeddings)
    if values.ndim != 3 or values.dtype.kind not in "fiub" or not np.isfinite(values).all():
        raise ValueError(f"embeddings must be finite numbers (classes, templates, width), got shape {values.shape}.")
    return _unit(_unit(values.astype(np.float64)).mean(axis=1))


def fold_mean(folds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The plain mean over folds of each value, which is not the value of all samples together.

    Args:
        folds: the values of each fold, all with the same keys.

    Returns:
        NaN where a fold's value is undefined.

    Raises:
        ValueError: no folds, or folds with different keys.

    Source: the protocols of ESC-50, UrbanSound8K and MUStARD report it.
    """
    if not folds or any(fold.keys() != folds[0].keys() for fold in folds):
        raise ValueError("folds must be one or more dicts of values with the same keys.")
    return {key: float(np.mean([fold[key] for fold in folds])) for key in folds[0]}


def zero_shot_classification_metric(
    n_classes: int = 1000, k: Sequence[int] = (1, 5), ties: str = "expected", balanced: bool = True
) -> Metric:
    """``zero_shot_classification`` as a ``Metric`` for ``n_classes`` classes.

    Without ``balanced`` there is no ``balanced_accuracy``, whose two sums per class are much to resample where classes are many.

    ``per_sample(logits, target)`` gives the number of classes ``above`` and ``equal`` to the right one, and ``target``.
    A failed sample is given as a row whose right class is last.
    """
    if ties not in ("expected", "optimistic", "pessimistic"):
        raise ValueError(f"ties must be expected, optimistic or pessimistic, got {ties!r}.")
    cuts = tuple(int(cut) for cut in k)
    if not cuts or min(cuts) < 1 or n_classes < 1:
        raise ValueError(f"k and n_classes must be at least 1, got {tuple(k)} and {n_classes}.")

    def key(title: str, definition: str, chance: float) -> Key:
        return Key(
            title,
            True,
            f"{definition}; ties {ties}",
            _SOURCE,
            chance=min(chance, 1.0),
            error="wrong",
            undefined="no samples",
        )

    keys = {
        f"acc@{cut}": key(f"acc@{cut}", f"share whose right class is among the first {cut}", cut / n_classes)
        for cut in cuts
    }
    if balanced:
        keys["balanced_accuracy"] = key(
            "balanced acc.", "mean of acc@1 over the classes that are a label", 1 / n_classes
        )
    keys["n_tied"] = Key(
        "tied", False, "samples whose right class ties with another", "counted here", upper=None, count=True
    )
    counted = n_classes if balanced else 0
    per_class = {
        f"{kind}_{i}": (float if kind == "right" else int) for kind in ("right", "labels") for i in range(counted)
    }
    return Metric(
        name="zero_shot_classification",
        version=VERSION,
        keys=keys,
        per_sample=partial(_per_sample, n_classes=n_classes),
        sums=partial(_sums, n_classes=counted, k=cuts, ties=ties),
        from_sums=partial(_from_sums, n_classes=counted, k=cuts),
        params={"n_classes": n_classes, "k": cuts, "ties": ties} | ({} if balanced else {"balanced": False}),
        totals={**{f"acc@{cut}": float for cut in cuts}, **per_class, "n_tied": int, "n": int},
    )


def _per_sample(logits: Any, target: Any, *, n_classes: int) -> dict[str, Array]:
    scores, labels = to_finite_matrix(logits, "logits"), to_numpy(target)
    if scores.shape[1] != n_classes and len(scores):
        raise ValueError(f"logits must have {n_classes} columns, one per class, got {scores.shape[1]}.")
    if labels.ndim != 1 or len(labels) != len(scores) or (len(labels) and labels.dtype.kind not in "iu"):
        raise ValueError(f"target must be {len(scores)} class numbers, got shape {labels.shape} of {labels.dtype}.")
    bad = np.flatnonzero((labels < 0) | (labels >= n_classes))
    if len(bad):
        raise ValueError(f"target[{int(bad[0])}] is {labels[bad[0]]}, which is no class number in [0, {n_classes}).")
    labels = labels.astype(np.int64)
    own = np.take_along_axis(scores, labels[:, None], axis=1) if len(labels) else scores[:, :1]
    return {
        "above": (scores > own).sum(axis=1).astype(np.float64),
        "equal": (scores == own).sum(axis=1) - 1.0,
        "target": labels.astype(np.float64),
    }


def _within(arrays: Arrays, k: int, ties: str) -> Array:
    """The chance, or the fact, that the right class is among the first ``k``."""
    above, equal = arrays["above"], arrays["equal"]
    if ties == "optimistic":
        return (above < k).astype(np.float64)
    if ties == "pessimistic":
        return (above + equal < k).astype(np.float64)
    return np.clip((k - above) / (equal + 1), 0.0, 1.0)


def _sums(arrays: Arrays, *, n_classes: int, k: tuple[int, ...], ties: str) -> dict[str, Array]:
    first = _within(arrays, 1, ties)
    found = {f"acc@{cut}": _within(arrays, cut, ties) for cut in k}
    for i in range(n_classes):
        own = arrays["target"] == i
        found[f"right_{i}"], found[f"labels_{i}"] = first * own, own.astype(np.float64)
    return {**found, "n_tied": (arrays["equal"] > 0).astype(np.float64), "n": np.ones_like(first)}


def _from_sums(sums: Arrays, *, n_classes: int, k: tuple[int, ...]) -> dict[str, Array]:
    found = {f"acc@{cut}": ratio(sums[f"acc@{cut}"], sums["n"]) for cut in k} | {"n_tied": sums["n_tied"]}
    if not n_classes:
        return found
    right, labels = (np.stack([sums[f"{kind}_{i}"] for i in range(n_classes)], axis=-1) for kind in ("right", "labels"))
    return {**found, "balanced_accuracy": mean_of_present(ratio(right, labels))}


def _unit(values: Array) -> Array:
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    if (lengths == 0).any():
        raise ValueError("embeddings must not have length 0, nor the mean of a class.")
    return np.asarray(values / lengths)
