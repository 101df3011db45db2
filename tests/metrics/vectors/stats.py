"""Standard errors, tests, corrections and ranks beside statsmodels, scipy, lmms-eval, MTEB and Chatbot Arena."""

from collections.abc import Iterator

import numpy as np

from mmbench.metrics.spec import Array, Arrays
from mmbench.stats import (
    bootstrap_interval,
    borda,
    clustered_standard_error,
    holm,
    mcnemar_test,
    paired_permutation_test,
    rank_intervals,
    wilson_interval,
)
from tests.metrics.vectors import Row, compare, official


def rows() -> Iterator[Row]:
    """What does not depend on a draw to 1e-9; p-values of drawn permutations within three Monte-Carlo errors of both."""
    data, known = official("stats/stats.npz"), official("stats/stats.json")
    a, b, clusters = data["A"], data["B"], data["cluster"]
    found = [
        clustered_standard_error(a),
        clustered_standard_error(a, clusters),
        clustered_standard_error(a - b, clusters),
    ]
    wanted = [known["clustered"]["naive_se"], known["clustered"]["CR1"], known["paired"]["clustered_paired_se"]]
    yield compare("clustered_standard_error", "statsmodels", found[:2], wanted[:2], 1e-9)
    plain = np.sqrt(299 / 300)  # lmms-eval has no small-sample factor
    yield compare("clustered_standard_error", "of paired differences", [found[2] * plain], wanted[2:], 1e-9)
    paired = known["paired"]
    yield compare(
        "mcnemar_test", "exact binomial", [mcnemar_test(a > 0.5, b > 0.5).p_value], [paired["mcnemar_exact_p"]], 1e-9
    )
    for groups, key in ((None, "approx_randomisation_p_20000"), (clusters, "approx_randomisation_cluster_p_20000")):
        p = paired_permutation_test(a, b, clusters=groups, permutations=20_000).p_value
        error = np.sqrt(2 * paired[key] * (1 - paired[key]) / 20_000)
        yield compare("paired_permutation_test", key, [p], [paired[key]], 3 * error)
    flips = known["exact_signflip"]
    p = paired_permutation_test(flips["x"], np.zeros(len(flips["x"]))).p_value
    yield compare("paired_permutation_test", "all sign patterns (scipy)", [p], [flips["scipy_exact_p"]], 1e-12)
    yield compare("holm", "statsmodels", holm(known["holm"]["p"]), known["holm"]["holm"], 1e-12)
    yield from order(known)
    shares = {text: tuple(map(int, text.split("/"))) for text in known["binomial"]}
    for text, (successes, n) in shares.items():
        yield compare("wilson_interval", text, wilson_interval(successes, n), known["binomial"][text]["wilson"], 1e-9)
    draws, xs = data["boot_idx"], data["xs"]

    def fixed(sums: Arrays) -> dict[str, Array]:
        return {"mean": xs[draws].mean(axis=1) if len(sums["n"]) > 1 else np.array([xs.mean()])}

    interval = bootstrap_interval({"n": np.ones(200)}, fixed, resamples=1000)["mean"]
    ends = known["percentile_bootstrap"]["ci95_linear"]
    yield compare("bootstrap_interval", "percentiles of fixed resamples", list(interval or ()), ends, 1e-12)


def order(known: dict[str, dict[str, dict[str, float]]]) -> Iterator[Row]:
    table = known["borda"]
    scores = np.array([[np.nan if x is None else x for x in row] for row in table["scores"]], dtype=np.float64)
    found = borda(scores)
    yield compare("borda", "points (MTEB)", found.points, list(table["mteb_points"].values()), 1e-12)
    yield compare("borda", "places (MTEB)", found.places, list(table["mteb_rank"].values()), 0)
    rates = list(table["mean_win_rate_over_tasks_run"].values())
    yield compare("borda", "win rate over the tasks run", found.win_rate, rates, 1e-12)
    intervals = np.array(list(known["arena_rank_ub"]["intervals"].values()))
    best, _ = rank_intervals(intervals[:, 1], intervals[:, 2])
    yield compare(
        "rank_intervals", "Rank (UB) of Chatbot Arena", best, list(known["arena_rank_ub"]["rank_ub"].values()), 0
    )
