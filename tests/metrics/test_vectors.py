"""The official scorers' own inputs and outputs: a small cut kept here, the full set where ``../shared`` is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.metrics.functional import cross_modal_retrieval, retrieval_metric, sentiment_regression

HERE = Path(__file__).parent
FULL = HERE.parents[1].parent / "shared" / "vectors"
needs_full = pytest.mark.skipif(not FULL.is_dir(), reason="../shared/vectors is not here")


def by_candidate(owner: NDArray[np.int64], n: int) -> list[list[int]]:
    """For each candidate of the query direction, the queries that it belongs to."""
    return [np.flatnonzero(owner == i).tolist() for i in range(n)]


@pytest.mark.parametrize("direction", ["t2i", "i2t"])
def test_small_cut_of_tied_retrieval_scores(direction: str) -> None:
    data = np.load(HERE / "data" / "retrieval.npz")
    scores, owner = data["levels"], data["image"]
    positives: Any = owner
    if direction == "i2t":
        scores, positives = scores.T, by_candidate(owner, 40)
    arrays = retrieval_metric(inputs="scores").per_sample(scores, positives)
    np.testing.assert_array_equal(arrays["rank_optimistic"], data[f"{direction}_optimistic"])
    np.testing.assert_array_equal(arrays["rank_pessimistic"], data[f"{direction}_pessimistic"])
    assert arrays["tied"].sum() > 0


@needs_full
@pytest.mark.parametrize("direction", ["t2i", "i2t"])
@pytest.mark.parametrize(
    "name", ["plain_200x5", "variable_caps_0to7", "ties_quantised_0.05", "ties_bf16like_0.004", "all_equal"]
)
def test_full_retrieval_vectors(name: str, direction: str) -> None:
    data = np.load(FULL / "retrieval" / f"{name}.npz")
    wanted = json.loads((FULL / "retrieval" / "expected.json").read_text())[name][direction]["reference"]
    scores, owner = data["scores_t2i"], data["text_to_image"]
    positives: Any = owner
    if direction == "i2t":
        scores, positives = scores.T, by_candidate(owner, scores.shape[1])
    for ties, official in (("expected", "exp"), ("optimistic", "opt"), ("pessimistic", "pes")):
        metric = retrieval_metric(ties=ties, inputs="scores")
        arrays = metric.per_sample(scores, positives)
        values = metric.aggregate(arrays)
        names = {"hit@1": "R@1", "hit@5": "R@5", "hit@10": "R@10", "mean_rank": "MeanR", "mrr": "MRR"}
        names["median_rank"] = "MedR_np_median"
        known = {ours: wanted[official][theirs] for ours, theirs in names.items() if theirs in wanted[official]}
        assert {key: values[key] for key in known} == pytest.approx(known, abs=1e-12)
        assert (values["n_empty"], len(scores)) == (wanted["n_empty"], wanted["n_queries"])
    for kind, official in (("optimistic", "ranks_opt"), ("pessimistic", "ranks_pes")):
        ranks = [None if np.isnan(rank) else rank for rank in arrays[f"rank_{kind}"]]
        assert ranks == wanted[official]


@needs_full
@pytest.mark.parametrize("name", ["plain_200x5", "variable_caps_0to7", "all_equal"])
def test_embeddings_rank_as_their_scores_do(name: str) -> None:
    data = np.load(FULL / "retrieval" / f"{name}.npz")
    owner, n = data["text_to_image"], len(data["image_emb"])
    wanted = json.loads((FULL / "retrieval" / "expected.json").read_text())[name]
    found = cross_modal_retrieval(data["text_emb"], data["image_emb"], owner, similarity="dot", both_directions=True)
    for prefix, direction in (("forward", "t2i"), ("backward", "i2t")):
        reference = wanted[direction]["reference"]
        assert found[f"{prefix}/mean_rank"] == pytest.approx(reference["exp"]["MeanR"], abs=1e-12)
        assert found[f"{prefix}/hit@5"] == pytest.approx(reference["exp"]["R@5"], abs=1e-12)
    assert found["backward/n_empty"] == n - len(np.unique(owner))


@needs_full
def test_five_folds_of_a_thousand_are_the_plain_mean_of_the_folds() -> None:
    """The COCO 1K protocol of VSE++; columns are i2t then t2i: R@1, R@5, R@10 in percent, MedR rounded down, MeanR."""
    data = np.load(FULL / "retrieval" / "fivefold_1000x5.npz")
    wanted = json.loads((FULL / "retrieval" / "expected.json").read_text())["fivefold_1000x5"]
    rows = []
    for fold in range(5):
        texts, images = data["text_emb"][1000 * fold :][:1000], data["image_emb"][200 * fold :][:200]
        owner = np.arange(1000) // 5
        found = cross_modal_retrieval(texts, images, owner, similarity="dot", both_directions=True)
        rows.append(
            [
                value
                for way in ("backward", "forward")
                for value in (
                    *(100 * found[f"{way}/hit@{k}"] for k in (1, 5, 10)),
                    np.floor(found[f"{way}/median_rank"]),
                    found[f"{way}/mean_rank"],
                )
            ]
        )
    np.testing.assert_allclose(rows, wanted["folds"], atol=1e-9)
    np.testing.assert_allclose(np.mean(rows, axis=0), wanted["mean"], atol=1e-9)


@pytest.mark.parametrize(
    "case", json.loads((HERE / "data" / "sentiment.json").read_text()), ids=lambda case: str(case["name"])
)
def test_sentiment_equals_mmsa_on_labels_scaled_to_one(case: dict[str, Any]) -> None:
    """MMSA rounds to four digits; dividing labels and predictions by 3 divides the error and leaves the rest."""
    found = sentiment_regression(np.array(case["pred"]) / 3, np.array(case["true"]) / 3, convention="unit")
    wanted = case["mmsa"]
    assert 3 * found["mae"] == pytest.approx(wanted["MAE"], abs=6e-5)
    assert found["acc2_posneg"] == pytest.approx(wanted["Non0_acc_2"], abs=6e-5)
    corr = float("nan") if wanted["Corr"] is None else wanted["Corr"]
    assert found["corr"] == pytest.approx(corr, abs=6e-5, nan_ok=True)
