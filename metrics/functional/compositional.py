"""Compositional understanding: whether the right caption and picture go together rather than the almost right ones."""

from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._inputs import to_numpy, to_vector
from mmbench.metrics._means import mean_metric
from mmbench.metrics.spec import Array, Key, Metric

__all__ = ["pairwise_preference", "pairwise_preference_metric", "winoground_scores", "winoground_scores_metric"]

VERSION = "1"
_TIES = ("strict", "half")


def winoground_scores(scores: Any) -> dict[str, Array]:
    """Whether both captions find their picture, both pictures their caption, and both.

    Args:
        scores: ``(n, 2, 2)`` finite numbers, caption x picture: ``scores[:, i, i]`` are the right pairs.

    Returns:
        ``(n,)`` float64 of 0 and 1. ``text``: for each picture its caption scores higher than the other; ``image``: for
        each caption its picture does; ``group``: both. Equal scores are never right, so that a model that says the same
        of everything gets 0; guessing gets 1/4, 1/4 and 1/6.

    Raises:
        ValueError: another shape, or a score that is not finite.

    Source: Thrush et al. 2022, facebook/winoground. Code that takes ``>=`` or ``argmax`` rewards equal scores.
    """
    table = to_numpy(scores)
    if table.ndim != 3 or table.shape[1:] != (2, 2) or table.dtype.kind not in "fiub":
        raise ValueError(f"scores must be numbers (n, 2, 2), got shape {table.shape} of {table.dtype}.")
    table = table.astype(np.float64)
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        place = ", ".join(map(str, bad[0].tolist()))
        raise ValueError(f"scores[{place}] is {table[tuple(bad[0])]}, which is not finite.")
    right = np.stack([table[:, 0, 0], table[:, 1, 1]], axis=1)
    text = np.all(right > np.stack([table[:, 1, 0], table[:, 0, 1]], axis=1), axis=1)
    image = np.all(right > np.stack([table[:, 0, 1], table[:, 1, 0]], axis=1), axis=1)
    found = {"text": text, "image": image, "group": text & image}
    return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}


def pairwise_preference(positive: Any, negative: Any, *, ties: str = "strict") -> Array:
    """Whether the true caption scores higher than the changed one.

    Args:
        positive: ``(n,)`` finite scores of the true captions.
        negative: ``(n,)`` finite scores of the changed ones.
        ties: ``"strict"``: equal scores are wrong, as in SugarCrepe's ``main_eval.py``; ``"half"``: they are worth 1/2.

    Returns:
        ``(n,)`` float64 in {0, 0.5, 1}.

    Raises:
        ValueError: lists of different length, a score that is not finite, or unknown ``ties``.
    """
    if ties not in _TIES:
        raise ValueError(f"ties must be one of {', '.join(_TIES)}, got {ties!r}.")
    right, wrong = to_vector(positive, "positive"), to_vector(negative, "negative")
    if len(right) != len(wrong):
        raise ValueError(f"positive and negative must have the same length, got {len(right)} and {len(wrong)}.")
    return (right > wrong) + (0.5 * (right == wrong) if ties == "half" else 0.0)


def winoground_scores_metric() -> Metric:
    """``winoground_scores`` as a ``Metric``: ``per_sample(scores)``; a failed sample is given as four equal scores."""

    def key(title: str, definition: str, chance: float) -> Key:
        return Key(title, True, f"{definition}; equal scores are wrong", "facebook/winoground; Thrush et al. 2022",
                   chance=chance, error="wrong")  # fmt: skip

    keys = {
        "text": key("text score", "share where each picture's caption scores above the other caption", 1 / 4),
        "image": key("image score", "share where each caption's picture scores above the other picture", 1 / 4),
        "group": key("group score", "share where both hold", 1 / 6),
    }
    return mean_metric("winoground_scores", VERSION, keys, winoground_scores, total=int)


def pairwise_preference_metric(ties: str = "strict") -> Metric:
    """``pairwise_preference`` as a ``Metric``: ``per_sample(positive, negative)`` gives ``accuracy``."""
    pairwise_preference([], [], ties=ties)
    worth = "wrong" if ties == "strict" else "worth 1/2"
    key = Key(
        "accuracy",
        True,
        f"share of true captions that score above the changed one; equal scores are {worth}",
        "RAIVNLab/sugar-crepe main_eval.py; Hsieh et al. 2023",
        chance=0.5,
        error="wrong",
    )
    return mean_metric(
        "pairwise_preference", VERSION, {"accuracy": key}, partial(_preferred, ties=ties), params={"ties": ties}
    )


def _preferred(positive: Any, negative: Any, *, ties: str) -> dict[str, Array]:
    return {"accuracy": pairwise_preference(positive, negative, ties=ties)}
