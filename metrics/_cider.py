"""CIDEr-D: how alike a caption and its references are in n-grams, the rare ones weighing most."""

import numpy as np

from mmbench.metrics._ngrams import Captions, Order, lengths_of, look_up
from mmbench.metrics.spec import Array

_SIGMA = 6.0
_SCALE = 10.0


def similarity(grams: Order, captions: Captions) -> Array:
    """The clipped cosine of each reference and its caption in n-grams of one order: ``(m,)``.

    An n-gram weighs its count times the logarithm of captions per caption with it in a reference.
    """
    preds, references = grams.preds, grams.references
    n, m = len(captions.preds), len(captions.references)
    documents = np.bincount(grams.pooled % references.kinds, minlength=references.kinds)
    rarity = np.log(max(n, 1)) - np.log(np.maximum(documents, 1.0))
    mine, theirs = preds.count * rarity[preds.gram], references.count * rarity[references.gram]
    shared = np.minimum(look_up(preds.keys(), mine, references.keys(captions.owner)), theirs) * theirs
    dot = np.bincount(references.sentence, shared, minlength=m)
    norm = np.sqrt(np.bincount(references.sentence, theirs**2, minlength=m))
    norm *= np.sqrt(np.bincount(preds.sentence, mine**2, minlength=n))[captions.owner]
    return dot / np.where(norm > 0, norm, 1.0)


def cider_d(total: Array, captions: Captions) -> Array:
    """The score ``(n,)`` from the similarities ``(m,)`` summed over the orders; NaN if there is one caption only.

    The official scorer gives 0 then: every n-gram is in every document, and nothing has a weight.
    """
    n = len(captions.preds)
    if n == 1:
        return np.full(1, np.nan)
    bigrams = np.maximum(lengths_of(captions.references) - 1, 0)  # the official length counts these
    gap = np.maximum(lengths_of(captions.preds) - 1, 0)[captions.owner] - bigrams
    damped = total / 4 * np.exp(-(gap**2) / (2 * _SIGMA**2))
    references = np.bincount(captions.owner, minlength=n)
    return _SCALE * np.bincount(captions.owner, damped, minlength=n) / references
