"""What every metric keeps: values that don't depend on order, batches or processes, bounds, signatures, refusals."""

import json
import math
import pickle
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchmetrics import MetricCollection

import mmbench.metrics
from mmbench.metrics import from_signature, specs
from mmbench.metrics.functional import cross_modal_retrieval
from tests.metrics.cases import Case, all_cases
from tests.metrics.processes import gallery

CASES = all_cases()
ROOT = Path(__file__).parents[2]
N = 60
each = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))


def close(found: Mapping[str, float], wanted: Mapping[str, float]) -> None:
    assert found.keys() == wanted.keys()
    assert dict(found) == pytest.approx(dict(wanted), rel=1e-12, abs=1e-12, nan_ok=True)


def quiet(case: Case, metric: Any) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return case.found(metric)


@each
def test_batches_and_merging_change_nothing(case: Case) -> None:
    args = case.sample(np.random.default_rng(1), N)
    wanted = case.values(args)
    one, small, first, second = (case.build() for _ in range(4))
    one.update(*args)
    for start in range(0, N, 7):
        small.update(*case.take(args, range(start, min(start + 7, N))))
    first.update(*case.take(args, range(23)))
    second.update(*case.take(args, range(23, N)))
    first.merge_state(second)
    for metric in (one, small, first):
        close(case.found(metric), wanted)
    if not any(isinstance(default, list) for default in one._defaults.values()):
        for name in one._defaults:  # whole numbers are exactly the same
            if not getattr(one, name).is_floating_point():
                assert getattr(one, name).equal(getattr(small, name))


@each
def test_the_order_of_samples_changes_nothing(case: Case) -> None:
    rng = np.random.default_rng(2)
    args = case.sample(rng, N)
    close(case.values(case.take(args, rng.permutation(N))), case.values(args))


@each
def test_the_oracle_is_at_the_bound(case: Case) -> None:
    values = case.values(case.oracle(case.sample(np.random.default_rng(3), N)))
    for key, facts in case.spec.keys.items():
        best = facts.upper if facts.higher_is_better else facts.lower
        wanted = case.oracle_values.get(key, math.nan if best is None or facts.count else best)
        if not (facts.count and key not in case.oracle_values):
            check(key, values[key], wanted)


@each
def test_a_constant_model_gets_what_was_worked_out(case: Case) -> None:
    values = case.values(case.constant(case.sample(np.random.default_rng(4), N)))
    assert case.constant_values
    for key, wanted in case.constant_values.items():
        check(key, values[key], wanted)


@each
def test_a_model_that_guesses_gets_the_chance_level(case: Case) -> None:
    chances = {key: facts.chance for key, facts in case.spec.keys.items() if facts.chance is not None}
    if case.random is None:
        assert not chances, "a metric with a chance level needs a model that guesses"
        return
    n = 4000
    values = case.values(case.random(np.random.default_rng(5), n))
    for key, chance in chances.items():
        facts = case.spec.keys[key]
        assert facts.upper is not None
        assert facts.lower is not None
        assert values[key] == pytest.approx(chance, abs=4 * 0.5 * (facts.upper - facts.lower) / math.sqrt(n))


def check(key: str, value: float, wanted: float | tuple[float, float]) -> None:
    if isinstance(wanted, tuple):
        assert wanted[0] <= value <= wanted[1], key
    else:
        assert value == pytest.approx(wanted, abs=1e-9, nan_ok=True), key


@each
def test_values_stay_within_their_bounds_and_every_fact_is_there(case: Case) -> None:
    for seed in range(10):
        values = case.values(case.sample(np.random.default_rng(100 + seed), 5 + seed))
        assert list(values) == list(case.spec.keys)
        for key, facts in case.spec.keys.items():
            assert all((facts.title, facts.definition, facts.source)), key
            assert facts.error or facts.count, f"{key} does not say what a failed sample counts as"
            assert facts.lower is None or not values[key] < facts.lower - 1e-12, key
            assert facts.upper is None or not values[key] > facts.upper + 1e-12, key


@each
def test_the_signature_reads_back(case: Case) -> None:
    again = from_signature(case.spec.signature)
    assert (again.signature, dict(again.keys)) == (case.spec.signature, dict(case.spec.keys))
    assert set(case.spec.totals.values()) <= {int, float}


@each
def test_nothing_gives_nan_and_a_warning(case: Case) -> None:
    metric = case.build()
    with pytest.warns(UserWarning, match="was called before the ``update``"):
        none(case, case.found(metric))
    metric.reset()
    metric.update(*case.take(case.sample(np.random.default_rng(6), 4), []))
    with pytest.warns(UserWarning, match="saw no samples"):
        none(case, case.found(metric))


def none(case: Case, values: Mapping[str, float]) -> None:
    assert values.keys() == case.spec.keys.keys()
    for key, facts in case.spec.keys.items():
        assert values[key] == 0 if facts.count else math.isnan(values[key]), key


@each
def test_it_can_be_sent_to_another_process_and_shares_no_state(case: Case) -> None:
    args = case.sample(np.random.default_rng(7), N)
    pickle.dumps(case.spec)
    metric = case.build()
    metric.update(*args)
    close(case.found(pickle.loads(pickle.dumps(metric))), case.values(args))  # noqa: S301 - made here
    assert metric.full_state_update is False


@each
def test_bad_input_is_refused_by_name(case: Case) -> None:
    assert case.bad, "plant some"
    for args, message in case.bad:
        with pytest.raises(ValueError, match=message):
            case.build().update(*args)


def test_a_collection_of_all_metrics_mixes_none_of_them_up() -> None:
    """The first batch makes many of them equal; torchmetrics would then share their states."""
    by_input: dict[str, list[Case]] = {}
    for case in CASES:
        by_input.setdefault(case.sample.__module__ + case.sample.__qualname__, []).append(case)
    for cases in by_input.values():
        args = cases[0].sample(np.random.default_rng(8), N)
        if "<lambda>" in cases[0].sample.__qualname__:
            continue
        collection = MetricCollection({case.name: case.build() for case in cases})
        first = cases[0].take(cases[0].oracle(args), range(2))
        collection.update(*first)
        collection.update(*args)
        for case in cases:
            alone = case.build()
            alone.update(*first)
            alone.update(*args)
            close(quiet(case, collection[case.name]), quiet(case, alone))


@pytest.mark.parametrize("world", [1, 2, 3])
def test_the_number_of_processes_changes_nothing(world: int, tmp_path: Path) -> None:
    """The second process has no data at all."""
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.metrics.processes", str(rank), str(world)),
                *(str(tmp_path / "rendezvous"), "9", str(tmp_path / f"{rank}.json")),
            ],
            cwd=ROOT,
        )
        for rank in range(world)
    ]
    assert [process.wait(timeout=240) for process in processes] == [0] * world
    for rank in range(world):
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        for case in CASES:
            args = case.sample(np.random.default_rng(9), N)
            close(found[case.name], case.values(args))
        assert found["sharded"] == cross_modal_retrieval(*gallery(), outputs="all")


def test_every_metric_has_a_case_and_a_class() -> None:
    cases = {case.spec.name for case in CASES}
    assert set(specs()) <= cases
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("exact_match", "not of the form"),
        ("exact_match(normalize=__import__('os'))@1", "not of the form"),
        ("no_such(k=1)@1", "there is no metric 'no_such'"),
        ("exact_match(other=1)@1", "unexpected keyword"),
        ("exact_match(normalize='squad')@0", "this mmbench computes version"),
    ],
)
def test_a_signature_that_names_nothing_is_refused(signature: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mmbench.metrics.from_signature(signature)
