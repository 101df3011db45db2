"""Emotions and other named classes: accuracy and F1 of one label per sample, and of several that are present or not."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._class_values import (
    class_counts,
    f1_scores,
    mean_of_present,
    ratio,
    stacked_counts,
    weighted_mean,
)
from mmbench.metrics._inputs import to_finite_matrix, to_numpy
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "EMOTION_CLASSES",
    "emotion_classification",
    "emotion_classification_metric",
    "emotion_presence",
    "emotion_presence_metric",
]

VERSION = "1"
EMOTION_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "meld": ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"),
        "meld_sentiment": ("neutral", "positive", "negative"),
        "iemocap": ("happy", "sad", "neutral", "angry", "excited", "frustrated"),
        "iemocap4": ("neutral", "happy", "sad", "angry"),
        "mosei": ("happy", "sad", "angry", "surprise", "disgust", "fear"),
        "mustard": ("not sarcastic", "sarcastic"),
    }
)
"""The classes of published protocols, in the order of their label numbers.

- ``meld``: 7 emotions, ``meld_sentiment``: 3 sentiments (MELD ``baseline.py``; utterances, weighted F1).
- ``iemocap``: 6 classes of emotion recognition in conversations (weighted F1).
- ``iemocap4``: of MulT's ``eval_iemocap``, four present-or-not tasks; the two are not comparable.
- ``mosei``: 6 emotions that are present or not.
- ``mustard``: sarcasm; weighted F1 per fold, then ``fold_mean`` over the five.
"""
Classes = Literal["meld", "meld_sentiment", "iemocap", "iemocap4", "mosei", "mustard"] | int | tuple[str, ...]
_UNPARSED = "a wrong answer of no class"
_SKLEARN = "scikit-learn precision_recall_fscore_support, as in MELD baseline.py"


def emotion_classification(
    preds: Any, target: Any, *, classes: Classes | None = None, without: str | int | None = None
) -> dict[str, float]:
    """Accuracy and F1 of one class per sample.

    Args:
        preds: ``n`` class names (any case) or class numbers; ``None``, or a name or number that is no class, is an
            answer of no class: wrong, and counted. Or scores ``(n, c)``, a column per class in the order of
            ``classes``: the highest counts, equal ones share the answer, so that a constant gets exactly chance; a row
            with a number that is not finite is an answer of no class.
        target: ``n`` class names or numbers.
        classes: a name in ``EMOTION_CLASSES``, the names, or how many there are; without it, all that are a label.
        without: a class that isn't scored by the last two keys, often ``"neutral"``.

    Returns:
        ``accuracy``; ``balanced_accuracy``, the mean recall over the classes that are a label here; ``precision_w`` and
        ``f1w``, weighted by the labels; ``f1_macro``, the mean over the classes that are a label or an answer here (all
        in [0, 1], NaN without samples); ``n_unparsed``. With ``without`` also ``f1w_without`` and ``f1_micro_without``
        over the other classes, as some papers on DailyDialog and EmoryNLP do.

    Raises:
        ValueError: lists of different length, a label that is no class, or unknown ``classes`` or ``without``.

    The values are scikit-learn's.
    """
    known = tuple(sorted({_plain(label) for label in _items(target)})) if classes is None else classes
    metric = emotion_classification_metric(known, without)
    return metric.aggregate(metric.per_sample(preds, target))


def emotion_presence(preds: Any, target: Any, *, classes: Classes) -> dict[str, float]:
    """Accuracy and F1 of emotions that are each present or not.

    Args:
        preds: ``(n, c)`` finite numbers; above 0 is present. Of two logits per emotion give the second minus the first.
        target: ``(n, c)`` finite numbers; above 0 is present.
        classes: a name in ``EMOTION_CLASSES``, the names, or how many there are.

    Returns:
        ``accuracy``, ``weighted_accuracy`` and ``f1w``, each the mean over the emotions, and of each emotion
        (``"happy/f1w"``). ``weighted_accuracy`` is (recall + specificity) / 2, undefined for an emotion that is always or
        never there; ``f1w`` is weighted by how many samples have it and have it not.

    Raises:
        ValueError: another shape, a number that is not finite, or unknown ``classes``.

    Sources: MulT ``eval_metrics.py`` ``eval_iemocap``, and ``weighted_accuracy``, (tp n/p + tn) / 2n, for CMU-MOSEI.
    """
    metric = emotion_presence_metric(classes)
    return metric.aggregate(metric.per_sample(preds, target))


def emotion_classification_metric(classes: Classes, without: str | int | None = None) -> Metric:
    """``emotion_classification`` as a ``Metric``: ``per_sample(preds, target)`` gives class numbers, -1 for none.

    Of scores it also gives ``shares`` ``(n, c)``, how much of the answer each class has.
    """
    names = _names(classes)
    left_out = None if without is None else _index(without, names)
    if without is not None and left_out == -1:
        raise ValueError(f"without must be one of the classes {', '.join(names)}, got {without!r}.")
    kinds = {"hits": float, "labels": int, "answers": float}  # of tied scores a class has a part of the answer
    counts = {f"{kind}_{i}": total for kind, total in kinds.items() for i in range(len(names))}
    return Metric(
        name="emotion_classification",
        version=VERSION,
        keys=_classification_keys(names, None if left_out is None else names[left_out]),
        per_sample=partial(_classified, names=names),
        sums=partial(_classified_sums, n=len(names)),
        from_sums=partial(_classified_values, n=len(names), without=left_out),
        params={"classes": classes} | ({} if without is None else {"without": without}),
        totals={**counts, "n_unparsed": int},
    )


def emotion_presence_metric(classes: Classes) -> Metric:
    """``emotion_presence`` as a ``Metric``: ``per_sample(preds, target)`` gives 1 or 0 per emotion and cell.

    A failed sample's predictions are given as the contrary of its labels.
    """
    names = _names(classes)
    return Metric(
        name="emotion_presence",
        version=VERSION,
        keys=_presence_keys(names),
        per_sample=partial(_present, names=names),
        sums=dict,
        from_sums=partial(_presence_values, names=names),
        params={"classes": classes},
        totals={f"{cell}_{name}": int for name in names for cell in ("tp", "fn", "fp", "tn")},
    )


def _classification_keys(names: Sequence[str], without: str | None) -> dict[str, Key]:
    def key(title: str, definition: str, chance: float | None = None) -> Key:
        return Key(title, True, definition, _SKLEARN, chance=chance, error=_UNPARSED, undefined="there are no labels")

    keys = {
        "accuracy": key("accuracy", "share of right classes", 1 / len(names)),
        "balanced_accuracy": key("balanced acc.", "mean recall over the classes that are a label", 1 / len(names)),
        "precision_w": key("precision (w)", "mean precision of the classes, weighted by the labels"),
        "f1w": key("F1 (w)", "mean F1 of the classes, weighted by the labels"),
        "f1_macro": key("F1 (macro)", "mean F1 over the classes that are a label or an answer"),
    }
    if without is not None:
        keys["f1w_without"] = key(
            f"F1 (w, no {without})", f"mean F1 of the classes but {without}, weighted by the labels"
        )
        keys["f1_micro_without"] = key(f"F1 (micro, no {without})", f"F1 of all answers and labels but {without}")
    unparsed = "answers that are no class, counted as wrong"
    keys["n_unparsed"] = Key("unparsed", False, unparsed, "counted here", upper=None, count=True)
    return keys


def _presence_keys(names: Sequence[str]) -> dict[str, Key]:
    facts = {
        "accuracy": ("accuracy", "share of samples where being present or not is right", "eval_iemocap", 0.5),
        "weighted_accuracy": ("weighted acc.", "mean of recall and specificity", "weighted_accuracy", 0.5),
        "f1w": ("F1 (w)", "mean F1 of present and absent, weighted by the labels", "eval_iemocap", None),
    }
    keys = {}
    for name in ("", *names):
        for kind, (title, definition, source, chance) in facts.items():
            keys[f"{name}/{kind}" if name else kind] = Key(
                f"{title}, {name}" if name else title,
                True,
                definition + (f", of {name}" if name else ", mean over the emotions"),
                f"MulT eval_metrics.py {source}",
                chance=chance,
                error="the contrary of every label",
                undefined="an emotion that is always or never there" if kind == "weighted_accuracy" else "no samples",
            )
    return keys


def _classified(preds: Any, target: Any, *, names: tuple[str, ...]) -> dict[str, Array]:
    labels = _items(target)
    shares = _shares(preds, names)
    given = _items(preds) if shares is None else [int(row.argmax()) if row.any() else None for row in shares]
    if isinstance(preds, str) or isinstance(target, str) or len(given) != len(labels):
        raise ValueError(f"preds and target must have the same length, got {len(given)} and {len(labels)}.")
    known = {name: i for i, name in enumerate(names)}
    right = [_index(label, names, known) for label in labels]
    if -1 in right:
        bad = right.index(-1)
        raise ValueError(f"target[{bad}] is {labels[bad]!r}, which is none of the classes {', '.join(names)}.")
    numbers = [_index(pred, names, known) if shares is None else -1 if pred is None else pred for pred in given]
    found = {"prediction": np.array(numbers, dtype=np.float64), "target": np.array(right, dtype=np.float64)}
    return found if shares is None else {**found, "shares": shares}


def _shares(preds: Any, names: tuple[str, ...]) -> Array | None:
    """Of scores ``(n, c)`` how much of the answer each class has; ``None`` of what is no table of numbers."""
    if isinstance(preds, str | list | tuple):
        return None
    scores = to_numpy(preds)
    if scores.ndim != 2:
        return None
    if scores.shape[1] != len(names):
        raise ValueError(f"scores must have {len(names)} columns, one per class, got {scores.shape[1]}.")
    usable = np.isfinite(scores.astype(np.float64)).all(axis=1, keepdims=True)
    best = (scores == scores.max(axis=1, keepdims=True)) & usable
    return np.asarray(best / np.maximum(best.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def _classified_sums(arrays: Arrays, *, n: int) -> dict[str, Array]:
    found = class_counts(arrays["prediction"], arrays["target"], n)
    if "shares" in arrays:
        for i, share in enumerate(arrays["shares"].T):
            found[f"answers_{i}"], found[f"hits_{i}"] = share, share * found[f"labels_{i}"]
    return found | {"n_unparsed": (arrays["prediction"] < 0).astype(np.float64)}


def _classified_values(sums: Arrays, *, n: int, without: int | None) -> dict[str, Array]:
    hits, labels, answers = stacked_counts(sums, n)
    f1 = f1_scores(hits, labels, answers)
    found = {
        "accuracy": ratio(hits.sum(axis=-1), labels.sum(axis=-1)),
        "balanced_accuracy": mean_of_present(ratio(hits, labels)),
        "precision_w": weighted_mean(ratio(hits, answers), labels),
        "f1w": weighted_mean(f1, labels),
        "f1_macro": mean_of_present(f1),
        "n_unparsed": sums["n_unparsed"],
    }
    if without is not None:
        kept = [i for i in range(n) if i != without]
        found["f1w_without"] = weighted_mean(f1[..., kept], labels[..., kept])
        totals = (x[..., kept].sum(axis=-1) for x in (hits, labels, answers))
        found["f1_micro_without"] = f1_scores(*totals)
    return found


def _present(preds: Any, target: Any, *, names: tuple[str, ...]) -> dict[str, Array]:
    guess, label = to_finite_matrix(preds, "preds") > 0, to_finite_matrix(target, "target") > 0
    if guess.shape != label.shape or guess.shape[1] != len(names):
        raise ValueError(f"preds and target must be (n, {len(names)}), got {guess.shape} and {label.shape}.")
    cells = {"tp": guess & label, "fn": ~guess & label, "fp": guess & ~label, "tn": ~guess & ~label}
    return {f"{cell}_{name}": x[:, i].astype(np.float64) for cell, x in cells.items() for i, name in enumerate(names)}


def _presence_values(sums: Arrays, *, names: tuple[str, ...]) -> dict[str, Array]:
    tp, fn, fp, tn = (
        np.stack([sums[f"{cell}_{name}"] for name in names], axis=-1) for cell in ("tp", "fn", "fp", "tn")
    )
    present, absent = tp + fn, fp + tn
    pair = (np.stack(x, axis=-1) for x in ((tp, tn), (present, absent), (tp + fp, tn + fn)))
    hits, labels, answers = pair
    each = {
        "accuracy": ratio(tp + tn, present + absent),
        "weighted_accuracy": (ratio(tp, present) + ratio(tn, absent)) / 2,
        "f1w": weighted_mean(f1_scores(hits, labels, answers), labels),
    }
    found = {kind: mean_of_present(values) for kind, values in each.items()}
    return found | {f"{name}/{kind}": values[..., i] for kind, values in each.items() for i, name in enumerate(names)}


def _names(classes: Classes) -> tuple[str, ...]:
    """The class names; numbers as text where only their count is known."""
    if isinstance(classes, str):
        if classes not in EMOTION_CLASSES:
            raise ValueError(f"classes must be one of {', '.join(EMOTION_CLASSES)}, got {classes!r}.")
        return EMOTION_CLASSES[classes]
    names = tuple(map(str, range(classes))) if isinstance(classes, int) else tuple(map(_plain, classes))
    if not names or len(set(names)) != len(names):
        raise ValueError(f"classes must be one or more different names, got {', '.join(names) or 'none'}.")
    return names


def _items(labels: Any) -> list[Any]:
    """Labels as a list; of an array the Python numbers."""
    if isinstance(labels, list | tuple | str):
        return list(labels)
    values: NDArray[Any] = to_numpy(labels)
    if values.ndim != 1:
        raise ValueError(f"one class per sample is expected, got shape {values.shape}.")
    found: list[Any] = values.tolist()
    return found


def _index(label: Any, names: tuple[str, ...], known: Mapping[str, int] | None = None) -> int:
    """The number of a class, -1 where there is none; a number is a position unless the names are numbers."""
    if isinstance(label, int) and not isinstance(label, bool) and not names[0].isdecimal():
        return label if 0 <= label < len(names) else -1
    return (known or {name: i for i, name in enumerate(names)}).get(_plain(label), -1)


def _plain(label: Any) -> str:
    return label.strip().lower() if isinstance(label, str) else str(label)
