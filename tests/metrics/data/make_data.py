"""Cuts small test vectors out of the full set of official ones (``../shared/vectors`` beside the repository).

The cut retrieval scores are ranked by sorting; the same sorting is checked against the full set's official ranks first.
Run by hand when the full set changes: ``python tests/metrics/data/make_data.py``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
FULL = HERE.parents[2].parent / "shared" / "vectors"
MMSA = "MMSA:MetricsTop.__eval_mosei_regression (=mosi)"


def sorted_ranks(scores: NDArray[Any], right: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Best and worst rank of each row's best positive, by sorting."""
    low, high = [], []
    for row, mask in zip(scores, right, strict=True):
        negatives, best = np.sort(row[~mask]), row[mask].max()
        low.append(1 + len(negatives) - int(np.searchsorted(negatives, best, side="right")))
        high.append(1 + len(negatives) - int(np.searchsorted(negatives, best, side="left")))
    return low, high


def retrieval() -> None:
    """200 x 40 scores on a grid of 0.05, stored as their numbers on it."""
    full = np.load(FULL / "retrieval" / "ties_quantised_0.05.npz")
    official = json.loads((FULL / "retrieval" / "expected.json").read_text())["ties_quantised_0.05"]
    levels = np.round(full["scores_t2i"] / 0.05).astype(np.int8)
    image = full["text_to_image"]
    for direction, scores in (("t2i", levels), ("i2t", levels.T)):
        right = image[:, None] == np.arange(levels.shape[1])
        found = sorted_ranks(scores, right if direction == "t2i" else right.T)
        reference = official[direction]["reference"]
        if found != (reference["ranks_opt"], reference["ranks_pes"]):
            raise SystemExit(f"sorting disagrees with the official ranks: {direction}")
    texts = np.flatnonzero(image < 40)
    levels, image = levels[texts, :40], image[texts]
    right = image[:, None] == np.arange(40)
    low, high = sorted_ranks(levels, right)
    low_back, high_back = sorted_ranks(levels.T, right.T)
    np.savez_compressed(
        HERE / "retrieval.npz",
        levels=levels,
        image=image,
        t2i_optimistic=low,
        t2i_pessimistic=high,
        i2t_optimistic=low_back,
        i2t_pessimistic=high_back,
    )


def stats() -> None:
    """The clustered sample and what lmms-eval and statsmodels make of it."""
    full = np.load(FULL / "stats" / "stats.npz")
    values = json.loads((FULL / "stats" / "stats.json").read_text())["clustered"]
    np.savez_compressed(
        HERE / "stats.npz",
        values=full["A"],
        clusters=full["cluster"],
        naive=values["naive_se"],
        cr1=values["statsmodels_corrected"],
        bootstrap=values["cluster_bootstrap_sd_10000"],
    )


def sentiment() -> None:
    """Inputs and MMSA's outputs (which it rounds to four digits)."""
    cases = json.loads((FULL / "sentiment" / "vectors_mosi_mosei_regression.json").read_text())["cases"]
    kept = [
        {"name": case["name"], "pred": case["pred"], "true": case["true"], "mmsa": case["outputs"][MMSA]}
        for case in cases
        if len(case["pred"]) <= 40
    ]
    (HERE / "sentiment.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    retrieval()
    stats()
    sentiment()
