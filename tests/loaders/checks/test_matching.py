"""The statistics of pairs, against permutations, and the checks that use them on vectors with a known fault."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from mmbench.loaders.checks import CheckReport, Tools, all_checks, run_checks
from mmbench.loaders.checks._matching import lag_profile, match, similarities, standing
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import Sample, TextPart
from mmbench.stats import chi_square_tail, holm, normal_tail

Vectors = NDArray[np.float64]
Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
KEYS = ("pairing-shuffle", "pairing-by-stratum", "mismatched-pairs", "shifted-pairs")


def _vectors(n: int, noise: float, seed: int = 0, dim: int = 16) -> tuple[Vectors, Vectors]:
    draw = np.random.default_rng(seed)
    left = draw.normal(size=(n, dim))
    right = left + noise * draw.normal(size=(n, dim))
    return left / np.linalg.norm(left, axis=1)[:, None], right / np.linalg.norm(right, axis=1)[:, None]


def test_z_is_that_of_all_permutations() -> None:
    left, right = _vectors(7, 2.0)
    scores = similarities(left, right)
    sums = [sum(float(scores[i, j]) for i, j in enumerate(order)) for order in permutations(range(7))]
    expected = (sums[0] - np.mean(sums)) / np.std(sums)
    assert match(scores).z == pytest.approx(expected, rel=1e-5)


def test_shuffled_pairs_raise_alarm_as_often_as_the_level_says() -> None:
    draw = np.random.default_rng(1)
    left, right = _vectors(100, 3.0)
    alarms = sum(normal_tail(match(similarities(left, right[draw.permutation(100)])).z) < 0.05 for _ in range(2000))
    assert 0.035 <= alarms / 2000 <= 0.065


def test_the_residual_finds_mismatched_pairs_better_than_the_cosine() -> None:
    for noise in (4.0, 2.0, 1.0):
        ours: list[float] = []
        cosine: list[float] = []
        for seed in range(10):
            left, right = _vectors(500, noise, seed)
            left[:, 0] += np.random.default_rng(seed).exponential(2, 500)  # some pictures are close to everything
            right[:, 0] += np.random.default_rng(seed + 99).exponential(2, 500)
            wrong = np.random.default_rng(seed + 7).choice(500, 25, replace=False)
            right[wrong] = right[np.roll(wrong, 1)]
            unit = [side / np.linalg.norm(side, axis=1)[:, None] for side in (left, right)]
            scores = similarities(*unit)
            for found, values in ((ours, standing(scores)[0]), (cosine, np.diagonal(scores))):
                found.append(len(set(np.argsort(values)[:25].tolist()) & set(wrong.tolist())) / 25)
        assert np.mean(ours) > np.mean(cosine)


def test_a_lag_profile_peaks_at_the_shift() -> None:
    left, right = _vectors(60, 1.0)
    profile = lag_profile(similarities(left, np.roll(right, -2, axis=0)))
    assert max(profile, key=lambda lag: profile[lag]) == -2
    assert abs(profile[0]) < 4


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 31])
def test_tails_are_those_of_scipy(degrees: int) -> None:
    for value in (0.0, 0.3, 4.0, 60.0):
        assert chi_square_tail(value, degrees) == pytest.approx(
            scipy_stats.chi2.sf(value, degrees), rel=1e-9, abs=1e-15
        )
    assert normal_tail(1.7) == pytest.approx(scipy_stats.norm.sf(1.7), rel=1e-12)
    with pytest.raises(ValueError, match="degrees >= 1"):
        chi_square_tail(1.0, 0)


@pytest.fixture
def checked(open_rows: Open) -> Callable[[Mapping[str, tuple[Vectors, Vectors]]], CheckReport]:
    """Run the checks of pairs on vectors that a test made, one text sample per row."""

    def run(sides: Mapping[str, tuple[Vectors, Vectors]]) -> CheckReport:
        rows = {
            split: [
                Sample(f"{split}-{i}", (TextPart(f"words {split} {i}"),), meta={"part": "ab"[i % 2]})
                for i in range(len(one[0]))
            ]
            for split, one in sides.items()
        }

        def pairs(splits: Mapping[str, PairedDataset]) -> Sequence[SimpleNamespace]:
            return [
                SimpleNamespace(
                    split=split, left="image", right="text", embedder="vectors of a test", rows=np.arange(len(one[0])),
                    windows=np.arange(len(one[0])) // 50, held=np.ones(len(one[0]), dtype=bool), vectors=one,
                )
                for split, one in sides.items()
            ]  # fmt: skip

        chosen = [one for one in all_checks() if one.embeds]
        return run_checks(open_rows(rows), checks=chosen, tools=Tools(pairs, normal_tail, chi_square_tail, holm))

    return run


def _fired(report: CheckReport) -> dict[str, tuple[str, int]]:
    return {one.check: (one.status, one.n_bad) for one in report.findings}


def _result(report: CheckReport, key: str) -> list[str]:
    return next(one.ids for one in report.results if one.check == key)


def test_all_embedding_checks_are_here() -> None:
    assert {one.key for one in all_checks() if one.embeds} == set(KEYS)


def test_pairs_that_match_pass(checked: Callable[..., CheckReport]) -> None:
    for seed in range(20):
        sides = {"train": _vectors(200, 2.0, seed), "test": _vectors(100, 2.0, seed + 50)}
        assert _fired(checked(sides)) == {}


def test_a_shuffled_split_fails_where_another_shows_that_the_embedder_can_see_it(
    checked: Callable[..., CheckReport],
) -> None:
    left, right = _vectors(200, 2.0, 1)
    shuffled = left, np.random.default_rng(0).permutation(right)
    report = checked({"train": _vectors(200, 2.0), "test": shuffled})
    assert _fired(report) == {"pairing-shuffle": ("fail", 200)}
    assert _result(report, "pairing-shuffle")[0] == "test-0"
    assert _fired(checked({"test": shuffled})) == {"pairing-shuffle": ("inconclusive", 0)}


def test_a_shuffled_part_is_named(checked: Callable[..., CheckReport]) -> None:
    left, right = _vectors(200, 1.0)
    right[50:100] = np.random.default_rng(0).permutation(right[50:100])
    report = checked({"test": (left, right)})
    assert _fired(report) == {"pairing-by-stratum": ("fail", 50)}
    assert set(_result(report, "pairing-by-stratum")) == {f"test-{i}" for i in range(50, 100)}
    left, right = _vectors(200, 1.0)
    right[1::2] = np.random.default_rng(2).permutation(right[1::2])
    fired = _result(checked({"test": (left, right)}), "pairing-by-stratum")
    assert fired == [f"test-{i}" for i in range(1, 100, 2)]  # the first fifty of part b


def test_swapped_pairs_lead_the_ranking(checked: Callable[..., CheckReport]) -> None:
    left, right = _vectors(200, 0.7)
    wrong = [10, 50, 90, 130, 170]
    right[wrong] = right[np.roll(wrong, 1)]
    report = checked({"test": (left, right)})
    assert len({f"test-{row}" for row in wrong} & set(_result(report, "mismatched-pairs"))) >= 4
    assert _fired(report)["mismatched-pairs"][0] == "warn"
    assert set(_fired(report)) == {"mismatched-pairs"}


def test_a_lost_line_is_found_where_it_was_lost(checked: Callable[..., CheckReport]) -> None:
    left, right = _vectors(400, 1.0)
    shifted = np.concatenate([right[:203], right[204:], right[:1]])  # line 203 is lost
    report = checked({"test": (left, shifted)})
    fired = _result(report, "shifted-pairs")
    assert fired == [f"test-{i}" for i in range(200, 250)]
    assert "from row 200 on by -1" in next(one.message for one in report.results if one.check == "shifted-pairs")
    assert set(_fired(report)) <= {"shifted-pairs", "pairing-by-stratum", "mismatched-pairs"}


def test_without_an_embedder_nothing_is_said(open_rows: Open) -> None:
    rows = [Sample(f"{i}", (TextPart(f"words {i}"),)) for i in range(4)]
    report = run_checks(open_rows({"all": rows}))
    assert {one.status for one in report.results if one.check in KEYS} == {"not_applicable"}
