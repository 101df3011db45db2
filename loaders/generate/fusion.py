"""Small sets of two or three modalities whose interplay is known, made of integers alone, so that every machine makes the same bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.samples import FeaturesPart, Sample

Ints: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = Sequence[NDArray[np.float32]]

CLASSES = ("one", "two", "three", "four")
SIZES = {"train": 4000, "validation": 1000, "test": 2000}
VERSION = 1
WIDTH = 16  # features of a modality that is a vector
STEP = 8  # features of one step of a sequence
GRID = 256  # values are multiples of 1/256: float32 holds them exactly
RANK = 3  # of the bilinear form
MARGIN = 12 * GRID * GRID  # of the form, whose standard deviation is 28: nearer to zero nothing is drawn


class Bits:
    """Random integers from the raw stream of PCG64, which NumPy keeps for good; its distributions it may change."""

    def __init__(self, *seed: int) -> None:
        self._source = np.random.PCG64(list(seed))

    def raw(self, *shape: int) -> NDArray[np.uint64]:
        """64 random bits each."""
        return self._source.random_raw(int(np.prod(shape))).reshape(shape)

    def below(self, limit: int, *shape: int) -> Ints:
        """Uniform in 0, …, limit - 1."""
        high = self.raw(*shape) >> np.uint64(32)
        return ((high * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)

    def order(self, *shape: int) -> Ints:
        """Random permutations along the last axis."""
        return np.argsort(self.raw(*shape), axis=-1, kind="stable").astype(np.int64)

    def noise(self, *shape: int) -> Ints:
        """About normal, standard deviation 1 in units of 1/256: the sum of four uniform numbers of 16 bits, floored to the grid."""
        parts = self.raw(*shape)[..., None] >> np.arange(0, 64, 16, dtype=np.uint64)
        total: Ints = (parts & np.uint64(0xFFFF)).astype(np.int64).sum(axis=-1)
        return (total - 2 * 0xFFFF) * (2 * GRID) // 75_674  # twice the standard deviation of the sum


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some rows: class numbers ``(n,)``, and per modality an array ``(T, D)`` a row."""

    classes: Ints
    parts: Mapping[str, Rows] = field(repr=False)


Recipe: TypeAlias = Callable[[Bits, int], Drawn]


def redundant(bits: Bits, n: int) -> Drawn:
    """Each modality tells the class, one of four."""
    classes = _shuffled(bits, n) % 4
    return Drawn(classes, {"a": _vectors(bits, classes, 1), "b": _vectors(bits, classes, 4)})


def unique(bits: Bits, n: int) -> Drawn:
    """Of four classes ``a`` tells which half it is in, ``b`` which of the two there."""
    classes = _shuffled(bits, n) % 4
    return Drawn(classes, {"a": _vectors(bits, classes // 2, 1, 1), "b": _vectors(bits, classes % 2, 4, 1)})


def xor(bits: Bits, n: int) -> Drawn:
    """Each modality holds two random bits; the class is their exclusive or, bit by bit."""
    rows = _shuffled(bits, n)
    classes, first = rows % 4, rows // 4 % 4
    return Drawn(classes, {"a": _vectors(bits, first, 1), "b": _vectors(bits, classes ^ first, 4)})


def bilinear(bits: Bits, n: int) -> Drawn:
    """Two random vectors x and z; the class is the sign of a form of rank 3, sum_r (u_r x)(v_r z), which is never close to zero."""
    classes = _shuffled(bits, n) % 2
    x, z = bits.noise(3 * n, WIDTH), bits.noise(3 * n, WIDTH)
    form = np.sum((x @ _signs(1, RANK)) * (z @ _signs(4, RANK)), axis=1)  # of integers: exact in any order
    kept = np.flatnonzero(np.abs(form) >= MARGIN)[:n]
    if len(kept) < n:
        raise ValueError("too few rows with a form far from zero: draw more")
    turned = np.where((form[kept] > 0) == (classes == 1), 1, -1)
    return Drawn(classes, {"a": _rows(x[kept] * turned[:, None]), "b": _rows(z[kept])})


def gated(bits: Bits, n: int) -> Drawn:
    """``a`` and ``b`` each tell a class of four, never the same; ``c`` tells which of the two is right."""
    rows = _shuffled(bits, n)
    classes, second = rows % 4, rows // 12 % 2
    other = classes ^ (1 + rows // 4 % 3)
    a, b = np.where(second, other, classes), np.where(second, classes, other)
    return Drawn(classes, {"a": _vectors(bits, a, 1), "b": _vectors(bits, b, 4), "c": _vectors(bits, second, 8, 1)})


def lagged(bits: Bits, n: int) -> Drawn:
    """Two sequences of -1 and 1, each as often; one step of each is marked, in ``b`` some steps later; the class is the marked pair.

    ``a`` has 8, 10 or 12 steps, ``b`` twice as many; where the mark of ``a`` is at t, that of ``b`` is at 2t + 1 to 2t + 4.
    """
    classes = _shuffled(bits, n) % 4
    steps = 8 + 2 * bits.below(3, n)
    place = bits.below(5, n)
    place_b = 2 * place + 1 + bits.below(4, n)
    a = _marked(bits, steps, place, classes // 2, 1)
    return Drawn(classes, {"a": a, "b": _marked(bits, 2 * steps, place_b, classes % 2, 4)})


def samples(recipe: Recipe, seed: int, sizes: Mapping[str, int] = SIZES) -> Iterator[tuple[str, Sample]]:
    """``(split, sample)``: features per modality, the name of the class as target.

    Args:
        recipe: draws rows.
        seed: of the set; each split has a stream of its own, so that its rows do not depend on the sizes of the others.
        sizes: samples per split.
    """
    for number, (split, n) in enumerate(sizes.items()):
        drawn = recipe(Bits(VERSION, seed, number), n)
        for row, one in enumerate(drawn.classes):
            parts = tuple(FeaturesPart(name, rows[row]) for name, rows in drawn.parts.items())
            yield split, Sample(f"{split}-{row}", parts, target=CLASSES[one])


def _shuffled(bits: Bits, n: int) -> Ints:
    """0, …, n - 1 in random order: remainders of it are balanced."""
    return bits.order(n)


def _signs(first: int, columns: int) -> Ints:
    """``(WIDTH, columns)`` of -1 and 1: columns of a Hadamard matrix, which are orthogonal."""
    shared = np.arange(WIDTH)[:, None] & np.arange(first, first + columns)
    return 1 - 2 * (np.array([int(one).bit_count() for one in shared.ravel()]).reshape(shared.shape) % 2)


def _vectors(bits: Bits, codes: Ints, first: int, digits: int = 2) -> Rows:
    """Each binary digit of a code as 1 or -1 times a pattern over all features, under noise: all together leave no doubt."""
    patterns = _signs(first, digits)
    signs = 1 - 2 * ((codes[:, None] >> np.arange(digits)) & 1)
    return _rows(GRID * (signs @ patterns.T) + bits.noise(len(codes), WIDTH))


def _rows(values: Ints) -> Rows:
    """Each row as one step ``(1, D)``."""
    return list((values.astype(np.float32) / GRID)[:, None])


def _marked(bits: Bits, steps: Ints, places: Ints, contents: Ints, first: int) -> Rows:
    """Sequences whose contents cancel to the last bit; feature patterns for the mark and for the content, under noise of a half."""
    mark, content = _signs(first, 2)[:STEP].T
    found = []
    for length, place, wanted in zip(steps.tolist(), places.tolist(), contents.tolist(), strict=True):
        signs = 1 - 2 * (bits.order(length) % 2)
        signs *= 1 if (signs[place] > 0) == (wanted > 0) else -1
        marks = np.arange(length) == place
        values = GRID * (2 * marks[:, None] * mark + signs[:, None] * content) + bits.noise(length, STEP) // 2
        found.append(values.astype(np.float32) / GRID)
    return found
