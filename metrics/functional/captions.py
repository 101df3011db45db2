"""Image captioning: BLEU-1 to 4, ROUGE-L and CIDEr-D as COCO's scorers compute them, and METEOR where Java is."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from mmbench.metrics._bleu import bleu, clipped_matches, closest_lengths
from mmbench.metrics._caption_tokens import CAPTION_TOKENIZERS, References, checked
from mmbench.metrics._cider import cider_d, similarity
from mmbench.metrics._ngrams import ORDERS, Captions, each_order, lengths_of
from mmbench.metrics._rouge import rouge_l
from mmbench.metrics.spec import Array, Arrays, Key, Metric

__all__ = ["CAPTION_TOKENIZERS", "caption_items", "caption_scores", "caption_scores_metric", "meteor_scores"]

VERSION = "1"
_SOURCE = "pycocoevalcap 1.2 (coco-caption)"
_EMPTY = "an empty caption"


def caption_scores(preds: Sequence[str | None], target: References, *, tokenizer: str = "ptb") -> dict[str, float]:
    """BLEU, ROUGE-L and CIDEr-D of a set of captions.

    Args:
        preds: ``n`` captions; ``None`` is a failed one and counts as empty.
        target: ``n`` lists of one or more reference captions (or ``n`` single ones).
        tokenizer: a name in ``CAPTION_TOKENIZERS``, applied to both sides.

    Returns:
        ``bleu1`` to ``bleu4`` of the corpus in [0, 1], the means ``rouge_l`` in [0, 1] and ``cider_d`` in [0, 10]; NaN
        without samples. ``cider_d`` weighs n-grams by how many of *these* items have them in a reference: it is for
        whole sets, differs between subsets, and is NaN for a single item (the official scorer says 0).

    Raises:
        ValueError: an unknown ``tokenizer``, lists of different length, an item without references, or something that
            is not text.

    The same tokens give what pycocoevalcap 1.2 gives: ``Bleu(4)`` (closest reference length, the shorter of two; never
    exactly 0), ``Rouge`` (beta 1.2, precision and recall each at their best reference), ``Cider`` (which is CIDEr-D,
    sigma 6). A caption of three tokens that is exactly right gets 7.5, as it has no 4-grams.
    """
    metric = caption_scores_metric(tokenizer)
    return metric.aggregate(metric.per_sample(preds, target))


def caption_items(preds: Sequence[str | None], target: References, *, tokenizer: str = "ptb") -> dict[str, Array]:
    """The keys of ``caption_scores`` for each item: float64 ``(n,)``; of BLEU the corpus value is not their mean."""
    arrays = _per_sample(preds, target, tokenizer=tokenizer)
    return {**bleu(_sums(arrays)), "rouge_l": arrays["rouge_l"], "cider_d": arrays["cider_d"]}


def meteor_scores(
    preds: Sequence[str | None], target: References, *, tokenizer: str = "ptb"
) -> dict[str, float | Array]:
    """METEOR 1.5 (English, ``-norm``), computed by its own program: ``pip install 'mmbench[meteor]'`` and Java.

    Args:
        preds: as for ``caption_scores``.
        target: as for ``caption_scores``.
        tokenizer: as for ``caption_scores``.

    Returns:
        ``meteor``, the value of the corpus in [0, 1], NaN without samples; and ``items``, float64 ``(n,)``. The first is
        not the mean of the second.

    Raises:
        ValueError: as for ``caption_scores``.
        UserError: no ``java`` on the path, or pycocoevalcap is not installed.
        RuntimeError: the program stopped.

    The program reads its paraphrase table at each call, which takes seconds. The text ``|||``, which separates captions
    there, is left out of them.
    """
    from mmbench.metrics._meteor import run_meteor

    captions = _captions(preds, target, tokenizer)
    corpus, items = run_meteor(captions)
    return {"meteor": corpus, "items": items}


def caption_scores_metric(tokenizer: str = "ptb") -> Metric:
    """``caption_scores`` as a ``Metric``: ``per_sample(preds, target)`` over *all* samples at once.

    ``per_sample`` gives matches and lengths for BLEU, ``rouge_l`` and ``cider_d``. The document frequencies of CIDEr-D
    come from the references of the call and stay as they are when samples are weighed afterwards. ``None`` as a
    prediction is a failed sample and counts as an empty caption: nothing matches.
    """
    _cutter(tokenizer)
    tokens = f"on tokens of {tokenizer!r}"
    keys = {
        f"bleu{k}": Key(
            f"BLEU-{k}",
            True,
            f"geometric mean of clipped precisions of 1- to {k}-grams over the corpus with brevity penalty, {tokens}",
            f"{_SOURCE}: Bleu; Papineni et al. 2002",
            error=_EMPTY,
        )
        for k in ORDERS
    }
    keys["rouge_l"] = Key(
        "ROUGE-L",
        True,
        f"mean F (beta 1.2) of the best precision and the best recall of the longest common subsequence, {tokens}",
        f"{_SOURCE}: Rouge; Lin 2004",
        error=f"{_EMPTY}: 0",
    )
    keys["cider_d"] = Key(
        "CIDEr-D",
        True,
        f"mean clipped TF-IDF cosine of 1- to 4-grams with length penalty (sigma 6) times 10, document frequencies from "
        f"the references of the evaluated set, {tokens}",
        f"{_SOURCE}: Cider; Vedantam et al. 2015",
        upper=10.0,
        undefined="document frequencies need more than one item",
        error=f"{_EMPTY}: 0",
    )
    counts = [f"{name}{k}" for name in ("correct", "guess") for k in ORDERS] + ["length", "reference_length", "n"]
    return Metric(
        name="caption_scores",
        version=VERSION,
        keys=keys,
        per_sample=partial(_per_sample, tokenizer=tokenizer),
        sums=_sums,
        from_sums=_from_sums,
        params={"tokenizer": tokenizer},
        totals={**dict.fromkeys(counts, int), "rouge_l": float, "cider_d": float},
    )


def _per_sample(preds: Sequence[str | None], target: References, *, tokenizer: str) -> dict[str, Array]:
    captions = _captions(preds, target, tokenizer)
    arrays, total = {}, np.zeros(len(captions.references))
    for k, grams in zip(ORDERS, each_order(captions), strict=True):
        arrays[f"correct{k}"] = clipped_matches(grams, len(preds))
        total += similarity(grams, captions)
    return {
        **arrays,
        "length": lengths_of(captions.preds).astype(np.float64),
        "reference_length": closest_lengths(captions),
        "rouge_l": rouge_l(captions),
        "cider_d": cider_d(total, captions),
    }


def _sums(arrays: Arrays) -> dict[str, Array]:
    guesses = {f"guess{k}": np.maximum(arrays["length"] - k + 1, 0) for k in ORDERS}
    return {**arrays, **guesses, "n": np.ones_like(arrays["length"])}


def _from_sums(sums: Arrays) -> dict[str, Array]:
    n = np.where(sums["n"] > 0, sums["n"], np.nan)
    values = {key: value * (n / n) for key, value in bleu(sums).items()}
    return {**values, "rouge_l": sums["rouge_l"] / n, "cider_d": sums["cider_d"] / n}


def _captions(preds: Sequence[str | None], target: References, tokenizer: str) -> Captions:
    """Both sides as tokens, or a ``ValueError``."""
    cut = _cutter(tokenizer)
    given, references = checked(preds, target)
    return Captions(
        preds=[[] if pred is None else cut(pred) for pred in given],
        references=[cut(text) for texts in references for text in texts],
        owner=np.repeat(np.arange(len(references)), [len(texts) for texts in references]),
        failed=np.asarray([pred is None for pred in given], dtype=np.bool_),
    )


def _cutter(name: str) -> Callable[[str], list[str]]:
    if name not in CAPTION_TOKENIZERS:
        raise ValueError(f"tokenizer must be one of {', '.join(CAPTION_TOKENIZERS)}, got {name!r}.")
    return CAPTION_TOKENIZERS[name]
