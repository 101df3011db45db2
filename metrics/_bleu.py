"""What corpus BLEU is made of: clipped n-gram matches, lengths, and the value of their sums."""

import numpy as np

from mmbench.metrics._ngrams import ORDERS, Captions, Order, lengths_of, look_up
from mmbench.metrics.spec import Array, Arrays

_SMALL, _TINY = 1e-9, 1e-15  # of the official scorer: what is never divided by and what never vanishes


def clipped_matches(grams: Order, n: int) -> Array:
    """How many n-grams of each caption are in a reference, each at most as often as there: ``(n,)``."""
    matches = np.minimum(grams.preds.count, look_up(grams.pooled, grams.most, grams.preds.keys()))
    return np.bincount(grams.preds.sentence, matches, minlength=n).astype(np.float64)


def closest_lengths(captions: Captions) -> Array:
    """Of each caption's references the length closest to its own, the shorter of two equally close ones: ``(n,)``."""
    lengths = lengths_of(captions.references)
    distance = np.abs(lengths - lengths_of(captions.preds)[captions.owner])
    order = np.lexsort((lengths, distance, captions.owner))
    first = np.flatnonzero(np.diff(captions.owner, prepend=-1))
    return lengths[order][first].astype(np.float64)


def bleu(sums: Arrays) -> dict[str, Array]:
    """``bleu1`` to ``bleu4`` from (sums of) ``correct1..4``, ``guess1..4``, ``length`` and ``reference_length``."""
    ratio = (sums["length"] + _TINY) / (sums["reference_length"] + _SMALL)
    penalty = np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)
    product: Array = np.ones_like(ratio)
    values = {}
    for k in ORDERS:
        product = product * (sums[f"correct{k}"] + _TINY) / (sums[f"guess{k}"] + _SMALL)
        values[f"bleu{k}"] = product ** (1 / k) * penalty
    return values
