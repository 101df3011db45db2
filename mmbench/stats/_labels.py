"""Checked inputs of the statistics: finite numbers, and labels as numbers of the group that each sample is in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Labels = ArrayLike | Sequence[object]


def codes_of(labels: Labels | None, n: int, name: str) -> tuple[IntArray, int]:
    """The group of each of ``n`` samples, from 0, and how many groups there are; without labels each is its own.

    Raises:
        ValueError: labels of another length, or one that is missing.
    """
    if labels is None:
        return np.arange(n), n
    given = np.asarray(labels)
    if given.shape != (n,):
        raise ValueError(f"{name} must be one label per sample: {n} samples, labels of shape {given.shape}.")
    missing = np.array([label is None or label != label for label in given.tolist()], dtype=np.bool_)
    if missing.any():  # one shared "missing" cluster would be as wrong as many
        raise ValueError(f"{name}[{int(missing.argmax())}] is missing: every sample needs a label.")
    found, codes = np.unique(given.astype(np.str_) if given.dtype == np.object_ else given, return_inverse=True)
    return codes.astype(np.int64), len(found)


def finite(values: ArrayLike) -> Array:
    """``values`` as finite float64 ``(n,)``.

    Raises:
        ValueError: another number of dimensions, or a value that is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError("values must be a list of finite numbers.")
    return numbers
