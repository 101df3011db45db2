"""Retrieval beside brute force (equal to VSE++ where nothing ties), VSE++'s folds, scikit-learn's nDCG and ECCV Caption."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.functional import (
    cross_modal_retrieval,
    retrieval_folds,
    retrieval_from_pairs,
    retrieval_metric,
)
from tests.metrics.vectors import Row, compare, official, same

NAMES = ("plain_200x5", "variable_caps_0to7", "ties_quantised_0.05", "ties_bf16like_0.004", "all_equal")
KEYS = {"hit@1": "R@1", "hit@5": "R@5", "hit@10": "R@10", "mean_rank": "MeanR", "mrr": "MRR"}
KEYS |= {"median_rank": "MedR_np_median", "map": "mAP"}


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
    yield from ndcg(official("ndcg/expected.json"))
    yield from eccv(official("eccv/expected_top50.json"))


def from_scores(case: str, scores: Any, positives: Any, wanted: Any) -> Iterator[Row]:
    for ties, short in (("expected", "exp"), ("optimistic", "opt"), ("pessimistic", "pes")):
        metric = retrieval_metric(ties=ties, outputs="all", inputs="scores")
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
    mean = retrieval_folds(
        data["text_emb"], data["image_emb"], np.arange(5000) // 5, folds=5, similarity="dot", both_directions=True
    )
    hits = [[100 * mean[f"{way}/hit@{k}"] for k in (1, 5, 10)] for way in ("backward", "forward")]
    wanted_mean = np.reshape(wanted["mean"], (2, -1))
    yield compare("retrieval_folds", "5 folds of 1000 captions, R@K (VSE++)", hits, wanted_mean[:, :3], 1e-9)
    ranks = [mean[f"{way}/mean_rank"] for way in ("backward", "forward")]
    yield compare("retrieval_folds", "5 folds of 1000 captions, mean rank (VSE++)", ranks, wanted_mean[:, 4], 1e-9)


def ndcg(wanted: Any) -> Iterator[Row]:
    data = official("ndcg/ndcg.npz")
    relevance = data["relevance"]
    positives = [np.flatnonzero(row).tolist() for row in relevance]
    gains = [row[row > 0].tolist() for row in relevance]
    for name, scores in (("noties", data["scores"]), ("ties", data["scores_ties"])):
        for cut, known in ((5, "5"), (10, "10"), (50, "None")):
            metric = retrieval_metric(k=(cut,), outputs="all", inputs="scores")
            found = metric.per_sample(scores, positives, gains=gains)[f"ndcg@{cut}"]
            theirs = wanted[f"{name}@{known}"]["per_query_sklearn"]
            yield compare("retrieval_from_scores", f"nDCG@{known}, graded, {name} (sklearn)",
                          np.nan_to_num(found), theirs, 1e-12)  # fmt: skip


def eccv(wanted: Any) -> Iterator[Row]:
    """COCO, CxC and ECCV positives of the same rankings; both directions."""
    data = official("eccv/top.npz")
    ids = {"i2t": (data["image_ids"], data["caption_ids"]), "t2i": (data["caption_ids"], data["image_ids"])}
    for way, (queries, candidates) in ids.items():
        place = {int(one): i for i, one in enumerate(candidates)}
        for source, top in (("original", f"{way}_top10"), ("cxc", f"{way}_top10"), ("eccv", f"{way}_top50_eccv")):
            right = official(f"eccv/{source}_{'image_to_caption' if way == 'i2t' else 'caption_to_image'}.json")
            kept = [one for one in queries.tolist() if source != "eccv" or str(one) in right]
            # The official code counts positives that no ranking holds (sixth captions) in R: they stay unscored here.
            positives = [[place.setdefault(one, len(place)) for one in right.get(str(q), [])] for q in kept]
            found = ranked(data[top], positives, len(place))
            names = {"original": "coco_5k", "cxc": "cxc", "eccv": "eccv"}
            keys = {"hit@1": "r1", "hit@5": "r5", "hit@10": "r10", "map@r": "map_at_r", "r_precision": "rprecision"}
            keys = {ours: f"{names[source]}_{theirs}" for ours, theirs in keys.items()}
            known = {ours: wanted[theirs][way] for ours, theirs in keys.items() if theirs in wanted}
            yield compare("retrieval_from_pairs", f"{names[source]} {way}, top lists (eccv_caption)",
                          [found[key] for key in known], list(known.values()), 1e-12)  # fmt: skip


def ranked(top: NDArray[np.uint16], positives: list[list[int]], n: int) -> dict[str, float]:
    rows, columns = np.repeat(np.arange(len(top)), top.shape[1]), top.astype(np.int64).ravel()
    scores = -np.tile(np.arange(top.shape[1]), len(top))
    return dict(retrieval_from_pairs(rows, columns, scores, positives, n_candidates=n, outputs="all"))
