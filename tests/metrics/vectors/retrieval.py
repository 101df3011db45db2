"""Cross-modal retrieval beside brute force (equal to VSE++ where nothing ties) and VSE++'s five folds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.functional import cross_modal_retrieval, retrieval_metric
from tests.metrics.vectors import Row, compare, official, same

NAMES = ("plain_200x5", "variable_caps_0to7", "ties_quantised_0.05", "ties_bf16like_0.004", "all_equal")
KEYS = {"hit@1": "R@1", "hit@5": "R@5", "hit@10": "R@10", "mean_rank": "MeanR", "mrr": "MRR"}
KEYS["median_rank"] = "MedR_np_median"


def by_candidate(owner: NDArray[np.int64], n: int) -> list[list[int]]:
    """For each candidate of the query direction, the queries that it belongs to."""
    return [np.flatnonzero(owner == i).tolist() for i in range(n)]


def rows() -> Iterator[Row]:
    """Ranks exactly, values to 1e-12."""
    expected = official("retrieval/expected.json")
    for name in NAMES:
        data = official(f"retrieval/{name}.npz")
        for direction in ("t2i", "i2t"):
            scores, positives = data["scores_t2i"], data["text_to_image"]
            if direction == "i2t":
                scores, positives = scores.T, by_candidate(positives, scores.shape[1])
            yield from from_scores(f"{name} {direction}", scores, positives, expected[name][direction]["reference"])
    yield from folds(expected["fivefold_1000x5"])


def from_scores(case: str, scores: Any, positives: Any, wanted: Any) -> Iterator[Row]:
    for ties, short in (("expected", "exp"), ("optimistic", "opt"), ("pessimistic", "pes")):
        metric = retrieval_metric(ties=ties, inputs="scores")
        arrays = metric.per_sample(scores, positives)
        values = metric.aggregate(arrays)
        known = {ours: wanted[short][theirs] for ours, theirs in KEYS.items() if theirs in wanted[short]}
        yield compare(
            "retrieval_from_scores", f"{case} {ties}", [values[key] for key in known], list(known.values()), 1e-12
        )
    yield same("retrieval_from_scores", f"{case} n_empty", [values["n_empty"]], [wanted["n_empty"]])
    for kind, reference in (("optimistic", "ranks_opt"), ("pessimistic", "ranks_pes")):
        ranks = [None if np.isnan(rank) else int(rank) for rank in arrays[f"rank_{kind}"]]
        yield same("retrieval_from_scores", f"{case} {kind} ranks", ranks, wanted[reference])


def folds(wanted: Any) -> Iterator[Row]:
    data = official("retrieval/fivefold_1000x5.npz")
    found = []
    for fold in range(5):
        texts, images = data["text_emb"][1000 * fold :][:1000], data["image_emb"][200 * fold :][:200]
        values = cross_modal_retrieval(texts, images, np.arange(1000) // 5, similarity="dot", both_directions=True)
        found.append(
            [
                value
                for way in ("backward", "forward")
                for value in (
                    *(100 * values[f"{way}/hit@{k}"] for k in (1, 5, 10)),
                    np.floor(values[f"{way}/median_rank"]),
                    values[f"{way}/mean_rank"],
                )
            ]
        )
    yield compare("cross_modal_retrieval", "5 folds of 1000 captions, each (VSE++)", found, wanted["folds"], 1e-9)
    yield compare(
        "cross_modal_retrieval", "5 folds of 1000 captions, mean (VSE++)", np.mean(found, axis=0), wanted["mean"], 1e-9
    )
