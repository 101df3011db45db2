"""Features without weights, for any content: colours and edges, hashed letters, log-mel statistics, moments of features."""

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

GRID, COLOURS, ORIENTATIONS = 8, 4, 8
HASHES = 512
GRAMS = (3, 4)


def light_pictures(images: "Sequence[Image.Image]") -> NDArray[np.float32]:
    """RGB pictures to ``(n, 288)``: an 8 x 8 thumbnail, a 64-bin colour histogram, edge orientations in four quarters."""
    return np.stack([_picture(image) for image in images])


def light_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """Texts to ``(n, 512)``: counts of words and of 3- and 4-grams of letters, hashed by CRC-32, square roots, unit length."""
    found = np.zeros((len(texts), HASHES), dtype=np.float32)
    for row, text in enumerate(texts):
        words = text.casefold().split()
        padded = f" {' '.join(words)} "
        grams = [padded[at : at + size] for size in GRAMS for at in range(len(padded) - size + 1)]
        for token in (*words, *grams):
            found[row, zlib.crc32(token.encode()) % HASHES] += 1
    roots: NDArray[np.float32] = np.sqrt(found)
    roots /= np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-9)
    return roots


def light_features(arrays: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Arrays ``(T, D)`` of one D to ``(n, 2 D)``: mean and deviation over time; what is not finite counts as 0."""
    found = []
    for array in arrays:
        values = np.nan_to_num(np.asarray(array, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        values = values.reshape(len(values), -1) if values.size else np.zeros((1, *array.shape[1:]))
        found.append(np.concatenate([values.mean(0), values.std(0)]))
    return np.stack(found).astype(np.float32)


def _picture(image: "Image.Image") -> NDArray[np.float32]:
    from PIL import Image

    small = np.asarray(image.resize((32, 32), Image.Resampling.BOX), dtype=np.float32) / np.float32(255)
    thumbnail = small.reshape(GRID, 4, GRID, 4, 3).mean((1, 3)).ravel()
    bins = np.minimum((small * COLOURS).astype(np.int64), COLOURS - 1) @ np.asarray([COLOURS**2, COLOURS, 1])
    colours = np.sqrt(np.bincount(bins.ravel(), minlength=COLOURS**3) / bins.size)
    down, across = np.gradient(small.mean(2))
    turn = ((np.arctan2(down, across) % np.pi) / np.pi * ORIENTATIONS).astype(np.int64) % ORIENTATIONS
    strength = np.hypot(down, across)
    edges = [
        np.bincount(turn[y, x].ravel(), weights=strength[y, x].ravel(), minlength=ORIENTATIONS) / 256
        for y in (slice(0, 16), slice(16, 32))
        for x in (slice(0, 16), slice(16, 32))
    ]
    return np.concatenate([thumbnail, colours, *edges]).astype(np.float32)
