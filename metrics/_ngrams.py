"""The n-grams of captions and their references as sorted arrays, which BLEU and CIDEr-D both count in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
ORDERS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Captions:
    """Captions and references as tokens.

    Attributes:
        preds: tokens of ``n`` captions.
        references: tokens of all references, those of the first caption first.
        owner: ``(m,)`` the caption of each reference, ascending.
        failed: ``(n,)`` whether there was no caption at all.
    """

    preds: Sequence[list[str]]
    references: Sequence[list[str]]
    owner: Ints
    failed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grams:
    """The distinct n-grams of one order in each sentence, sorted by sentence and n-gram.

    Attributes:
        sentence: whose they are: caption ``0 .. n-1``, or reference ``0 .. m-1``.
        gram: the n-gram's number, ``0 .. kinds-1``, the same in captions and references.
        count: how often the sentence has it.
        kinds: how many different n-grams there are.
    """

    sentence: Ints
    gram: Ints
    count: Ints
    kinds: int

    def keys(self, owner: Ints | None = None) -> Ints:
        """One number for sentence (or its owner) and n-gram together."""
        return (self.sentence if owner is None else owner[self.sentence]) * self.kinds + self.gram


@dataclass(frozen=True, slots=True)
class Order:
    """The n-grams of one order.

    Attributes:
        preds: those of the captions.
        references: those of the references.
        pooled: sorted keys of caption and n-gram for what any reference of the caption has.
        most: how often the reference with most of it has each of ``pooled``.
    """

    preds: Grams
    references: Grams
    pooled: Ints
    most: Ints


def each_order(captions: Captions) -> Iterator[Order]:
    """The n-grams of a set of captions: 1-grams, 2-grams, 3-grams, 4-grams."""
    n, sentences = len(captions.preds), [*captions.preds, *captions.references]
    lengths = lengths_of(sentences)
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    tokens = np.fromiter(map(numbers.__getitem__, chain.from_iterable(sentences)), np.int64, int(lengths.sum()))
    sentence = np.repeat(np.arange(len(sentences)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(tokens))  # tokens from here to the sentence's end
    starts, gram, kinds = np.arange(len(tokens)), tokens, max(len(numbers), 1)
    for order in ORDERS:
        if order > 1:  # an n-gram is the one before and a further token, in numbers without gaps
            inside = left[starts] >= order
            starts = starts[inside]
            pairs = gram[inside] * len(numbers) + tokens[starts + order - 1]
            found, gram = np.unique(pairs, return_inverse=True)
            kinds = max(len(found), 1)
        keys, counts = np.unique(sentence[starts] * kinds + gram, return_counts=True)
        split = int(np.searchsorted(keys, n * kinds))
        owner, kind = keys // kinds, keys % kinds
        references = Grams(owner[split:] - n, kind[split:], counts[split:], kinds)
        pooled = references.keys(captions.owner)
        by_key = np.argsort(pooled, kind="stable")
        pooled = pooled[by_key]
        first = np.flatnonzero(np.diff(pooled, prepend=-1))
        most = np.maximum.reduceat(references.count[by_key], first) if len(first) else first
        yield Order(Grams(owner[:split], kind[:split], counts[:split], kinds), references, pooled[first], most)


def lengths_of(sentences: Sequence[list[str]]) -> Ints:
    """How many tokens each sentence has."""
    return np.fromiter(map(len, sentences), dtype=np.int64, count=len(sentences))


def look_up(keys: Ints, values: NDArray[Any], wanted: Ints) -> NDArray[np.float64]:
    """The value of each wanted key, 0 where it isn't there; ``keys`` are sorted and distinct."""
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)
