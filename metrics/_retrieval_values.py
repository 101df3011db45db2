"""From counts to what retrieval reports: the arrays per query, their sums, and the facts of every key."""

from collections.abc import Sequence

import numpy as np

from mmbench.metrics._rank_values import TIES, Counts, rank_arrays
from mmbench.metrics._relevance_values import relevance_arrays
from mmbench.metrics._tie_groups import GroupCounts
from mmbench.metrics.spec import Array, Arrays, Key

BASIC = ("hit", "rank")
FAILED = "a query that failed has the last rank; a candidate that failed stands behind all others"
NO_HIT = "a query that failed counts 0; a candidate that failed stands behind all others"


def check_options(k: Sequence[int], ties: str, outputs: str | Sequence[str] = BASIC) -> None:
    """Raise ``ValueError`` for an option that is not one."""
    cuts = list(k)
    if not cuts or len(set(cuts)) < len(cuts) or any(not isinstance(cut, int | np.integer) or cut < 1 for cut in cuts):
        raise ValueError(f"k must be distinct positive integers, got {k!r}.")
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, got {ties!r}.")
    if outputs != "all" and (isinstance(outputs, str) or not set(outputs) <= set(BASIC)):
        raise ValueError(f'outputs must be "all" or {BASIC}, got {outputs!r}.')


def value_arrays(counted: GroupCounts, k: Sequence[int], ties: str, *, every: bool) -> dict[str, Array]:
    """Per-query float64 arrays: of the best positive, and with ``every`` those that need the place of all of them."""
    arrays = rank_arrays(Counts.of(counted), k, ties)
    return arrays | (relevance_arrays(counted, k, ties) if every else {})


def sums(arrays: Arrays) -> dict[str, Array]:
    """Queries without positives add nothing but to ``empty``."""
    empty = arrays["empty"]
    names = [name for name in arrays if name not in ("empty", "rank_optimistic", "rank_pessimistic")]
    return {name: np.where(empty > 0, 0.0, arrays[name]) for name in names} | {"scored": 1 - empty, "empty": empty}


def from_sums(totals: Arrays) -> dict[str, Array]:
    """Means over the scored queries, and the tallies."""
    scored = np.where(totals["scored"] > 0, totals["scored"], np.nan)
    names = {"rank": "mean_rank", "reciprocal_rank": "mrr"}
    tallies = {"scored", "empty", "tied"}
    values = {names.get(name, name): total / scored for name, total in totals.items() if name not in tallies}
    return values | {"n_empty": totals["empty"], "n_tied": totals["tied"]}


def median_rank(arrays: Arrays, weights: Array) -> dict[str, Array]:
    """The median of the weighted sample: of the two middle ranks, their mean."""
    scored = np.flatnonzero(arrays["empty"] == 0)
    order = scored[np.argsort(arrays["rank"][scored], kind="stable")]
    ranks = np.append(arrays["rank"][order], np.nan)  # the last one is for weights that are all zero
    below = np.cumsum(weights[:, order], axis=1)
    total = below[:, -1] if len(order) else np.zeros(len(weights))
    middle = [np.count_nonzero(below <= position[:, None], axis=1) for position in ((total - 1) // 2, total // 2)]
    return {"median_rank": (ranks[middle[0]] + ranks[middle[1]]) / 2}


def kept_arrays(k: Sequence[int], *, every: bool) -> dict[str, tuple[int, ...]]:
    """The arrays per query that ``sums`` and ``median_rank`` read."""
    names = [f"hit@{cut}" for cut in k] + ["rank", "reciprocal_rank", "tied", "empty"]
    if every:
        names += [f"recall@{cut}" for cut in k] + ["map", "map@r", "r_precision"] + [f"ndcg@{cut}" for cut in k]
    return dict.fromkeys(names, ())


def keys(k: Sequence[int], *, every: bool) -> dict[str, Key]:
    """The facts of every value; chance depends on the gallery, see ``retrieval_chance``."""
    none = "no query has a positive"
    field = "CLIP_benchmark zeroshot_retrieval.py and VSE++ evaluation.py (there R@K), ties as expected values"
    found = {
        f"hit@{cut}": Key(
            f"hit@{cut}",
            True,
            f"share of queries with a positive among the first {cut} candidates",
            field,
            undefined=none,
            error=NO_HIT,
        )
        for cut in k
    }
    vsepp = "VSE++ evaluation.py, without its rounding down"
    for key, title in (("median_rank", "median rank"), ("mean_rank", "mean rank")):
        definition = f"{title} of the best positive, from 1"
        found[key] = Key(title, False, definition, vsepp, 1.0, None, undefined=none, error=FAILED)
    found["mrr"] = Key(
        "MRR", True, "mean of 1 / rank of the best positive", "TREC reciprocal rank", undefined=none, error=FAILED
    )
    if every:
        found |= {key: Key(*facts, undefined=none, error=NO_HIT) for key, facts in _relevance_facts(k).items()}
    for key, title, definition in (
        ("n_empty", "without positives", "queries without positives: not scored"),
        ("n_tied", "tied", "queries whose best positive ties with a negative"),
    ):
        found[key] = Key(title, False, definition, "mmbench", 0.0, None, count=True)
    return found


def _relevance_facts(k: Sequence[int]) -> dict[str, tuple[str, bool, str, str]]:
    eccv = "ECCV Caption (Chun et al. 2022), eccv_caption _metrics.py"
    recall = "TREC recall; not the R@K of the captioning literature, which is hit@k"
    gain = "Jarvelin and Kekalainen 2002, linear gain, ties averaged as in scikit-learn ndcg_score"
    return (
        {f"recall@{cut}": (f"recall@{cut}", True, f"share of positives in the first {cut}", recall) for cut in k}
        | {
            "map": ("mAP", True, "mean over positives of the precision at their rank", "TREC average precision"),
            "map@r": ("mAP@R", True, "precisions at the positives among the first R, over R = positives", eccv),
            "r_precision": ("R-precision", True, "share of positives in the first R, R = their number", eccv),
        }
        | {f"ndcg@{cut}": (f"nDCG@{cut}", True, f"gain of the first {cut} over the best possible", gain) for cut in k}
    )
