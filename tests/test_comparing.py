"""``mmbench compare``: paired differences against scipy and by hand, who is better, and what cannot be compared."""

from pathlib import Path

import numpy as np
import pytest

import mmbench
from mmbench.comparing import Comparison, compare
from mmbench.errors import UserError
from mmbench.models import LoadedModel, as_model
from mmbench.samples import Request, Response
from mmbench.stats import paired_exchange_test, paired_permutation_test
from tests.fakes import COLOURS, SIZE, card, question_task, register, retrieval_task


def _answers(name: str, right: int) -> LoadedModel:
    def generate(requests: list[Request]) -> list[Response]:
        numbers = [int(one.sample_id.split("-")[1]) for one in requests]
        texts = [COLOURS[number % 4] if number < right else "?" for number in numbers]
        return [Response(one.sample_id, text) for one, text in zip(requests, texts, strict=True)]

    return as_model(generate=generate, name=name, revision="1")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    register(monkeypatch, card())
    for name, right in (("base", 30), ("same", 30), ("worse", 10)):
        mmbench.evaluate(_answers(name, right), question_task(), output_dir=tmp_path, progress=False)
    for name in ("random", "constant"):
        mmbench.evaluate(name, retrieval_task(), output_dir=tmp_path, progress=False)
    return tmp_path


def test_pairs_on_the_tasks_that_models_share(runs: Path) -> None:
    found = compare([runs / "base", runs / "same", runs / "worse"])
    assert [(one.a, one.b, one.better) for one in found.pairs] == [
        ("base", "same", ""),
        ("base", "worse", "a"),
        ("same", "worse", "a"),
    ]
    same, worse = found.pairs[0], found.pairs[1]
    assert (same.difference, same.low, same.high, same.p_value, same.ties) == (0, 0, 0, 1, SIZE)
    assert worse.difference == pytest.approx(-0.5)
    assert (worse.wins, worse.ties, worse.losses) == (0, 20, 20)
    assert worse.low is not None
    assert worse.low < -0.5 < (worse.high or 0) < 0
    assert list(found.to_pandas()["task"]) == ["fake.open"] * 3


def test_regressions_are_sure_and_larger_than_asked(runs: Path) -> None:
    found = compare([runs / "base", runs / "same", runs / "worse"])
    assert [one.b for one in found.regressions(5)] == ["worse", "worse"]
    assert found.regressions(60) == []


def test_retrieval_has_a_median_without_a_test_and_a_hit_rate_with_one(runs: Path) -> None:
    pair = compare([runs / "constant", runs / "random"]).pairs[0]
    assert (pair.metric, pair.n) == ("hit@5", SIZE)
    assert pair.p_value is not None


def test_what_cannot_be_compared(runs: Path) -> None:
    mmbench.evaluate(_answers("part", 3), question_task(), output_dir=runs, limit=4, progress=False)
    with pytest.raises(UserError, match="different protocols \\(another limit"):
        compare([runs / "base", runs / "part"])
    with pytest.raises(UserError, match="There is one model, base"):
        compare([runs / "base"])
    with pytest.raises(UserError, match="There is no folder"):
        compare([runs / "base", runs / "nobody"])
    with pytest.raises(UserError, match="No two of these models have run one task"):
        compare([runs / "base", runs / "random"])
    assert isinstance(compare([runs / "base", runs / "same", runs / "part"]), Comparison)


def test_the_exchange_test_of_a_mean_is_the_permutation_test() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(0.3, 1, 60), draw.normal(0, 1, 60)
    clusters = np.repeat(np.arange(30), 2)
    sums = [{"total": one, "n": np.ones(60)} for one in (a, b)]
    found = paired_exchange_test(sums[0], sums[1], lambda s: {"mean": s["total"] / s["n"]}, clusters=clusters)["mean"]
    known = paired_permutation_test(a, b, clusters=clusters)
    assert found.difference == pytest.approx(known.difference)
    assert found.p_value == pytest.approx(known.p_value, abs=0.02)


def test_the_exchange_test_of_a_ratio_agrees_with_scipy() -> None:
    from scipy.stats import permutation_test

    draw = np.random.default_rng(1)
    words = draw.integers(5, 20, 40).astype(float)
    errors = [draw.binomial(words.astype(int), rate).astype(float) for rate in (0.3, 0.2)]
    sums = [{"errors": one, "words": words} for one in errors]
    found = paired_exchange_test(sums[0], sums[1], lambda s: {"wer": s["errors"] / s["words"]})["wer"]
    known = permutation_test(
        errors, lambda x, y, axis: (x.sum(axis) - y.sum(axis)) / words.sum(), permutation_type="samples", vectorized=True, rng=0
    )  # fmt: skip
    assert found.difference == pytest.approx(known.statistic)
    assert found.p_value == pytest.approx(known.pvalue, abs=0.01)


def test_strata_are_averaged_not_pooled() -> None:
    a, b = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 1, 0])
    sums = [{"total": one, "n": np.ones(4)} for one in (a, b)]
    found = paired_exchange_test(sums[0], sums[1], lambda s: {"mean": s["total"] / s["n"]}, strata=[0, 1, 1, 1])["mean"]
    assert found.difference == pytest.approx(0.5)
