"""Sentiment in folds: no fold is scored by a model that saw one of its groups."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.sentiment import sentiment_metric
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.stats import estimate
from mmbench.tasks.base import Output, Plan
from mmbench.tasks.kinds.sentiment import FoldedRegressionTask, RegressionTask

Opener = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
TASK = FoldedRegressionTask(
    id="fake.regression",
    title="Fake",
    dataset="fake",
    split="all",
    train_split="all",
    valid_split="all",
    version=1,
    metric=sentiment_metric(convention="unit"),
    primary="corr",
    inputs=frozenset({Modality.TEXT}),
    language="en",
    folds=3,
)


@pytest.fixture
def splits(picture: Callable[..., MediaPart], open_rows: Opener) -> dict[str, PairedDataset]:
    """36 rows in 12 groups; the fold is the group's."""
    targets = np.random.default_rng(0).uniform(-1, 1, 36).round(2)
    rows = [
        Sample(
            f"s{i}",
            (picture(0), TextPart(f"text {i}", "en"), TextPart(f"Text {i}", "de")),
            target=float(targets[i]),
            group=f"g{i % 12}",
            meta={"fold": i % 12 % 3},
        )
        for i in range(36)
    ]
    return open_rows({"all": rows})


@pytest.fixture
def plan(splits: dict[str, PairedDataset]) -> Plan:
    return TASK.plan(splits.__getitem__)


def values(plan: Plan, outputs: Mapping[str, Output]) -> dict[str, float]:
    scored, metric = plan.score(outputs), TASK.metric
    return estimate(
        metric.sums(scored.arrays),
        metric.from_sums,
        arrays=scored.arrays,
        from_weights=metric.from_weights,
        strata=scored.strata,
    )


def test_no_group_of_a_fold_is_in_its_training(splits: dict[str, PairedDataset], plan: Plan) -> None:
    asked: list[str] = []
    for phase in plan.phases:
        (stage,) = phase.stages
        train, valid = phase.training()
        parts: list[Any] = [list(stage.items), train, valid]
        groups = [{row.group for row in part} for part in parts]
        assert len(set.union(*groups)) == sum(map(len, groups))
        assert sum(map(len, parts)) == 36
        assert [row.id for row in parts[0]] == list(stage.ids)
        asked += stage.ids
    assert sorted(asked) == sorted(splits["all"].ids)


def test_models_see_the_inputs_in_one_language_and_targets_only_in_training(plan: Plan) -> None:
    for phase in plan.phases:
        shown: list[Any] = list(phase.stages[0].items)
        train, valid = phase.training()
        for row in (*shown, *train, *valid):
            assert [part.language for part in row.content] == ["en"]
            assert not row.meta
        assert all(row.target is None for row in shown)
        assert all(isinstance(row.target, float) for row in (*train, *valid))


def test_scores_are_means_over_folds_in_the_order_of_the_phases(splits: dict[str, PairedDataset], plan: Plan) -> None:
    rng = np.random.default_rng(1)
    guesses = {stage.name: rng.normal(size=(len(stage.ids), 1)) for stage in plan.stages}
    by_id = dict(zip(splits["all"].ids, splits["all"].targets, strict=True))
    corr = [np.corrcoef(guesses[stage.name][:, 0], [by_id[key] for key in stage.ids])[0, 1] for stage in plan.stages]
    found = values(plan, {name: Output(guess, {}) for name, guess in guesses.items()})
    assert found["corr"] == pytest.approx(np.mean(corr))


def test_a_failed_sample_is_the_farthest_label(plan: Plan) -> None:
    outputs = {stage.name: Output(np.zeros((len(stage.ids), 1)), {}) for stage in plan.stages}
    key = plan.stages[1].ids[2]
    broken = np.zeros((len(plan.stages[1].ids), 1))
    broken[2] = np.nan
    scored = plan.score(outputs | {"fold1": Output(broken, {key: "cut off"})})
    row = list(scored.ids).index(key)
    target = scored.arrays["target"][row]
    assert scored.arrays["prediction"][row] == (-1 if target > 0 else 1)
    assert scored.arrays["absolute_error"][row] == pytest.approx(1 + abs(target))
    assert scored.errors == {key: "cut off"}


def test_oracle_and_constant(
    splits: dict[str, PairedDataset], plan: Plan, answered: Callable[..., dict[str, Output]]
) -> None:
    privileged = TASK.plan(splits.__getitem__, privileged=True)
    oracle = values(privileged, answered(privileged, "oracle"))
    assert oracle == pytest.approx(dict(plan.ceilings), abs=1e-12)
    for name in ("constant", "majority"):  # the mean of each training part, pooled, would correlate below zero
        found = values(plan, answered(plan, name))
        assert np.isnan(found["corr"])
        assert np.isnan(found["spearman"])
    draws = [values(plan, answered(plan, "random", seed=seed))["corr"] for seed in range(60)]
    assert np.mean(draws) == pytest.approx(0, abs=0.1)


def test_a_limit_scores_less_and_trains_on_as_much(splits: dict[str, PairedDataset]) -> None:
    limited = TASK.plan(splits.__getitem__, limit=3)
    assert limited.n == 3
    train, valid = limited.phases[0].training()
    assert len(train) + len(valid) == 24
    with pytest.raises(ValueError, match="there is nothing to score"):
        TASK.plan(lambda split: splits[split][:0])


def test_a_split_is_scored_by_what_was_learnt_on_two_others(open_rows: Opener) -> None:
    task = RegressionTask(
        id="fake.regression", title="Fake", dataset="fake", split="test", train_split="train", valid_split="validation", version=1,
        metric=sentiment_metric(convention="cmu"), primary="corr", inputs=frozenset({Modality.TEXT}), convention="cmu",
    )  # fmt: skip
    rows = [Sample(f"s{i}", (TextPart(f"text {i}"),), target=value) for i, value in enumerate((-3.0, -1.0, 0.5, 2.0))]
    plan = task.plan(open_rows({"train": rows[:2], "validation": rows[2:], "test": rows}).__getitem__)
    train, valid = plan.phases[0].training()
    assert [row.target for row in train] + [row.target for row in valid] == [-3.0, -1.0, 0.5, 2.0]
    output = Output(np.asarray([[-3.0], [-1.0], [0.5], [np.nan]]), {"s3": "broken"})
    found = task.metric.aggregate(plan.score({"values": output}).arrays)
    assert found["mae"] == pytest.approx((2.0 + 3.0) / 4)  # the failed one counts as -3
    assert (plan.floors["corr"], plan.floors["acc2_nonneg"], plan.ceilings["mae"]) == (0.0, 0.5, 0.0)
    with pytest.raises(RunFailedError, match=r"needs one number per sample, shape \(n, 1\); the model gave 2"):
        plan.score({"values": Output(np.zeros((4, 2)), {})})
