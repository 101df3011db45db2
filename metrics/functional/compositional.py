"""Compositional understanding: whether the right caption and picture go together rather than the almost right ones."""

from functools import partial
from typing import Any

import numpy as np

from mmbench.metrics._class_values import mean_of_present, ratio
from mmbench.metrics._inputs import to_numpy, to_vector
from mmbench.metrics._means import mean_metric
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = [
    "caption_choice",
    "caption_choice_metric",
    "pairwise_preference",
    "pairwise_preference_metric",
    "winoground_scores",
    "winoground_scores_metric",
]

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


def caption_choice(scores: Any, target: Any) -> Array:
    """Whether the right one of several captions scores highest; ties are worth their expected value.

    Args:
        scores: ``(n, m)`` numbers, a caption per column; minus infinity where a sample has fewer captions.
        target: ``(n,)`` the column of the right caption. Where it stands makes no difference.

    Returns:
        ``(n,)`` float64 in [0, 1]: 1 / t where the right caption shares the highest score with t - 1 others, else 0. A model that
        says the same of everything gets exactly chance.

    Raises:
        ValueError: another shape, NaN or plus infinity, a target that is no caption.
    """
    table, right = to_numpy(scores), to_numpy(target)
    if table.ndim != 2 or table.dtype.kind not in "fiub":
        raise ValueError(f"scores must be numbers (n, m), got shape {table.shape} of {table.dtype}.")
    if right.shape != (len(table),) or (len(right) and right.dtype.kind not in "iu"):
        raise ValueError(f"target must be {len(table)} column numbers, got shape {right.shape} of {right.dtype}.")
    table, right = table.astype(np.float64), right.astype(np.int64)
    if np.isnan(table).any() or np.isposinf(table).any():
        raise ValueError("scores must be finite, or minus infinity where there is no caption.")
    if len(right) and not 0 <= right.min() <= right.max() < table.shape[1]:
        raise ValueError(f"target must lie in [0, {table.shape[1]}), got {right.min()} to {right.max()}.")
    own = table[np.arange(len(table)), right][:, None]
    if np.isneginf(own).any():
        raise ValueError("target names a caption whose score is minus infinity: there is none.")
    return np.where((table > own).any(axis=1), 0.0, 1.0 / np.maximum((table == own).sum(axis=1), 1))


def caption_choice_metric(groups: bool = False) -> Metric:
    """``caption_choice`` as a ``Metric``: ``per_sample(scores, target)`` gives ``accuracy``.

    With ``groups`` it is ``per_sample(scores, target, group)``, ``group`` being ``(n,)`` numbers, and ``group_accuracy`` is the mean
    over the groups of each one's accuracy, as ARO reports it over relations. A failed sample's right caption is given as the lowest.
    """
    source = "Yuksekgonul et al. 2023 (ARO), with ties as expected values"
    keys = {
        "accuracy": Key("accuracy", True, "share of samples whose right caption scores highest; ties expected", source,
                        error="wrong", undefined="no samples"),
    }  # fmt: skip
    if not groups:
        return mean_metric("caption_choice", VERSION, keys, _chosen, params={"groups": False})
    keys["group_accuracy"] = Key(
        "group acc.", True, "mean over groups of the accuracy in each", source, error="wrong", undefined="no samples"
    )
    plain = mean_metric("caption_choice", VERSION, {"accuracy": keys["accuracy"]}, _chosen)
    return Metric(
        name="caption_choice",
        version=VERSION,
        keys=keys,
        per_sample=_chosen_in_groups,
        sums=plain.sums,
        from_sums=plain.from_sums,
        from_weights=_over_groups,
        params={"groups": True},
        kept={"accuracy": (), "group": ()},
    )


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


def _chosen(scores: Any, target: Any) -> dict[str, Array]:
    return {"accuracy": caption_choice(scores, target)}


def _chosen_in_groups(scores: Any, target: Any, group: Any) -> dict[str, Array]:
    found, names = caption_choice(scores, target), to_numpy(group)
    if names.shape != found.shape or (len(names) and names.dtype.kind not in "iu"):
        raise ValueError(f"group must be {len(found)} numbers, got shape {names.shape} of {names.dtype}.")
    return {"accuracy": found, "group": names.astype(np.float64)}


def _over_groups(arrays: Arrays, weights: Array) -> dict[str, Array]:
    names, place = np.unique(arrays["group"], return_inverse=True)
    member = np.eye(max(len(names), 1))[place] if len(names) else np.zeros((0, 1))
    right, n = weights @ (member * arrays["accuracy"][:, None]), weights @ member
    return {"group_accuracy": mean_of_present(ratio(right, n))}
