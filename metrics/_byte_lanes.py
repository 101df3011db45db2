"""Counting true comparisons per row or column, eight bytes to a 64-bit addition."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics._positives import IntArray

HEIGHT = 255  # rows at a time when columns are counted: what a byte holds


class ByteLanes:
    """Compares and counts; keeps its buffer, so use one instance for many blocks."""

    def __init__(self) -> None:
        self._buffer = np.zeros(0, dtype=np.bool_)

    def count(self, compare: np.ufunc, block: NDArray[Any], limit: NDArray[Any], axis: int) -> IntArray:
        """Cells per row (axis 0) or column (axis 1) of a block that compare true with ``limit``, which broadcasts.

        A block whose columns are counted has at most ``HEIGHT`` rows.
        """
        height, width = block.shape
        padded = -(-width // 8) * 8
        if len(self._buffer) < height * padded:
            self._buffer = np.zeros(height * padded, dtype=np.bool_)
        mask = self._buffer[: height * padded].reshape(height, padded)
        mask[:, width:] = False
        compare(block, limit, out=mask[:, :width])
        words = mask.view(np.uint64)
        if axis == 1:
            return np.asarray(np.add.reduce(words, axis=0).view(np.uint8)[:width], dtype=np.int64)
        total = np.zeros(height, dtype=np.int64)
        for start in range(0, words.shape[1], 255):  # a byte lane holds 255 at most
            lanes = np.add.reduce(words[:, start : start + 255], axis=1).view(np.uint8)
            total += lanes.reshape(height, 8).sum(axis=1, dtype=np.int64)
        return total
