"""ROUGE-L as COCO's scorer computes it: the longest common subsequence with each reference."""

import numpy as np

from mmbench.metrics._ngrams import Captions, lengths_of
from mmbench.metrics.spec import Array

_BETA = 1.2


def rouge_l(captions: Captions) -> Array:
    """The F-score ``(n,)`` of the best precision and the best recall, which may come from different references.

    As in the official scorer an empty sentence counts as one empty token, so that two of them score 1; a failed caption
    scores 0 all the same.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import LCSseq

    if not captions.preds:
        return np.zeros(0)
    own = [captions.preds[i] for i in captions.owner.tolist()]
    common = process.cpdist(own, captions.references, scorer=LCSseq.similarity, dtype=np.int64).astype(np.float64)
    mine, theirs = lengths_of(captions.preds)[captions.owner], lengths_of(captions.references)
    common[(mine == 0) & (theirs == 0)] = 1.0
    first = np.flatnonzero(np.diff(captions.owner, prepend=-1))
    precision = np.maximum.reduceat(common / np.maximum(mine, 1), first)
    recall = np.maximum.reduceat(common / np.maximum(theirs, 1), first)
    below = recall + _BETA**2 * precision
    score = (1 + _BETA**2) * precision * recall / np.where(below > 0, below, 1.0)
    return np.where(captions.failed, 0.0, score)
