"""Hits, substitutions, deletions and insertions of the best alignment of two sequences, for many pairs."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

COUNTS = ("hits", "substitutions", "deletions", "insertions")
Counts = dict[str, NDArray[np.int64]]


def edit_counts(references: Iterable[Sequence[str]], hypotheses: Iterable[Sequence[str]]) -> Counts:
    """The four ``COUNTS``, each ``(n,)``, of what turns each reference into its hypothesis.

    Elements are words of a list or characters of a string. Where several alignments are shortest, their split is that of
    ``rapidfuzz``'s edit operations, which is the one that jiwer 4 counts.
    """
    from rapidfuzz.distance import Levenshtein

    editops = Levenshtein.editops
    numbers: list[tuple[int, int, int, int]] = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        steps = editops(reference, hypothesis)
        distance, length, heard = len(steps), len(reference), len(hypothesis)
        # The lengths explain |length - heard| steps; the others are substitutions, or a deletion with an insertion each.
        substitutions = distance - abs(length - heard)
        if substitutions > 1:
            substitutions = [step[0] for step in steps.as_list()].count("replace")
        numbers.append((length, heard, distance, substitutions))
    flat = np.fromiter(chain.from_iterable(numbers), dtype=np.int64, count=4 * len(numbers))
    lengths, heards, distances, replaced = flat.reshape(-1, 4).T
    deletions = (distances - replaced + lengths - heards) // 2
    hits = lengths - replaced - deletions
    return dict(zip(COUNTS, (hits, replaced.copy(), deletions, deletions + heards - lengths), strict=True))
