"""Linear probe: the regression is scikit-learn's, nothing of the scored rows is learned from, and folds are means of folds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Modality, Sample
from mmbench.tasks.base import Output
from mmbench.tasks.kinds.probe import Folds, LinearProbeTask, probe_task
from mmbench.tasks.labels import Labels
from mmbench.tasks.logistic import best_logistic, fit_logistic, log_loss
from mmbench.tasks.probing import PENALTIES, Fit, probed

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
FOLDED = probe_task("fake", "Fake", inputs=Modality.AUDIO, labels=Labels("gtzan"), split="all", folds=Folds(3, "fold"))
CUT = probe_task("fake", "Fake", inputs=Modality.AUDIO, labels=Labels("gtzan"), learn="train", choose="valid")
GENRES = ("blues", "classical", "country")
N = 30


def rows(tone: Callable[..., MediaPart], n: int = N) -> list[Sample]:
    return [
        Sample(f"s{i}", (tone(200 + i, 0.05),), target=GENRES[i % 3], group=f"g{i // 2}", meta={"fold": 1 + i // (n // 3)})
        for i in range(n)
    ]  # fmt: skip


def vectors(n: int = N, noise: float = 0.1, seed: int = 0) -> np.ndarray[Any, Any]:
    """Features that tell the three genres apart."""
    return np.eye(3)[np.arange(n) % 3] @ np.random.default_rng(7).normal(size=(3, 6)) + np.random.default_rng(
        seed
    ).normal(size=(n, 6), scale=noise)


def sums(task: LinearProbeTask, splits: dict[str, PairedDataset], **outputs: Output) -> tuple[Any, dict[str, float]]:
    ask: Any = "predict" if "fold0" in outputs else "embed"
    found = task.plan(splits.__getitem__, ask=ask).score(outputs)
    return found, task.metric.aggregate(found.arrays)


@pytest.mark.parametrize(
    ("n", "width", "classes", "penalty"), [(150, 20, 4, 1e-2), (80, 30, 3, 1e-3), (200, 5, 2, 1.0)]
)
def test_the_regression_is_that_of_scikit_learn(n: int, width: int, classes: int, penalty: float) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, width))
    labels = (x @ rng.normal(size=(width, classes)) * 0.5 + rng.gumbel(size=(n, classes))).argmax(axis=1)
    y = np.eye(classes)[labels]

    def reference(target: Any) -> Any:
        return linear.LogisticRegression(C=1 / (n * penalty), max_iter=5000, tol=1e-9).fit(x, target).predict_proba(x)

    each = fit_logistic(x, y, penalty, several=True)(x)
    for column in range(classes):
        np.testing.assert_allclose(1 / (1 + np.exp(-each[:, column])), reference(y[:, column])[:, 1], atol=1e-3)
    if classes > 2:  # of two, scikit-learn fits one column
        logits = np.exp(fit_logistic(x, y, penalty, several=False)(x))
        np.testing.assert_allclose(logits / logits.sum(axis=1, keepdims=True), reference(labels), atol=1e-3)


def test_where_it_begins_makes_no_difference_and_the_validation_rows_choose() -> None:
    rng = np.random.default_rng(3)
    x, noise = rng.normal(size=(60, 30)), rng.integers(0, 2, 60)
    y = np.eye(2)[noise]
    first = fit_logistic(x, y, 10.0, several=False)
    np.testing.assert_allclose(
        fit_logistic(x, y, 0.1, several=False, start=first)(x), fit_logistic(x, y, 0.1, several=False)(x), atol=1e-4
    )
    train, valid = (x[:40], y[:40]), (x[40:], y[40:])
    assert best_logistic(train, valid, (1e-5, 100.0), several=False) == 100.0  # labels by chance: say little
    clear = np.eye(2)[(x[:, 0] > 0).astype(int)]
    assert best_logistic((x[:40], clear[:40]), (x[40:], clear[40:]), (1e-2, 100.0), several=False) == 1e-2
    assert best_logistic(train, (x[:0], y[:0]), (1.0, 2.0, 3.0), several=False) == 2.0
    assert np.isnan(log_loss(x[:0, :2], y[:0], several=False))


def test_folds_are_scored_by_models_of_the_others(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    splits = open_rows({"all": rows(tone)})
    found, values = sums(FOLDED, splits, test=Output(vectors(), {}))
    assert values["acc@1"] == 1.0
    assert found.strata == [0] * 10 + [1] * 10 + [2] * 10
    assert list(found.ids) == [f"s{i}" for i in range(N)]
    odd = vectors()
    odd[10:20] = odd[10:20][::-1]  # the second fold says another thing: only its own score may suffer that much
    mixed, _ = sums(FOLDED, splits, test=Output(odd, {}))
    assert mixed.arrays["above"][10:20].sum() > 0


def test_what_a_scored_row_holds_teaches_nothing() -> None:
    """A row's own label flipped moves no score of it."""
    x, y = vectors(), np.eye(3)[np.arange(N) % 3]
    fit = Fit(np.arange(10), np.arange(10, 20), np.arange(20, N))
    other = y.copy()
    other[20:] = y[20:][:, ::-1]
    alive = np.zeros(N, dtype=bool)
    np.testing.assert_array_equal(probed(x, y, alive, fit, several=False), probed(x, other, alive, fit, several=False))


def test_wide_features_give_what_narrow_ones_would() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(N, 80)), np.eye(3)[np.arange(N) % 3]
    fit, alive = Fit(np.arange(12), np.arange(12, 20), np.arange(20, N)), np.zeros(N, dtype=bool)
    found = probed(x, y, alive, fit, several=False)
    seen = fit.seen
    scaled = (x - x[seen].mean(axis=0)) / x[seen].std(axis=0)
    near = [
        np.abs((whole := fit_logistic(scaled[seen], y[seen], penalty, several=False)(scaled[20:]))
               - whole.mean(axis=1, keepdims=True) - found + found.mean(axis=1, keepdims=True)).max()
        for penalty in PENALTIES
    ]  # fmt: skip
    assert min(near) < 1e-4


def test_features_that_say_nothing_get_the_floor(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    uneven = [replace(row, target=GENRES[0] if i % 4 else row.target) for i, row in enumerate(rows(tone))]
    splits = open_rows({"all": uneven})
    plan = FOLDED.plan(splits.__getitem__)
    for width in (1, 7):
        found = plan.score({"test": Output(np.full((N, width), 0.3, dtype=np.float32), {})})
        means = [
            FOLDED.metric.aggregate(
                {key: values[np.asarray(found.strata) == fold] for key, values in found.arrays.items()}
            )
            for fold in range(3)
        ]
        assert np.mean([one["acc@1"] for one in means]) == pytest.approx(plan.floors["acc@1"], abs=1e-12)
    assert plan.floors["acc@1"] == pytest.approx(np.mean([row.target == GENRES[0] for row in uneven]))


def test_a_split_of_its_own_chooses_the_penalty(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    samples = rows(tone)
    splits = open_rows({"train": samples[:12], "valid": samples[12:18], "test": samples[18:]})
    plan = CUT.plan(splits.__getitem__)
    assert [stage.name for stage in plan.stages] == ["learn", "choose", "test"]
    x = vectors()
    parts = {"learn": Output(x[:12], {}), "choose": Output(x[12:18], {}), "test": Output(x[18:], {})}
    found, values = sums(CUT, splits, **parts)
    assert values["acc@1"] == 1.0
    assert found.strata is None
    assert found.clusters[:2] == ["g9", "g9"]
    without = replace(CUT, choose_split=None)
    assert [stage.name for stage in without.plan(splits.__getitem__).stages] == ["learn", "test"]
    assert sums(without, splits, learn=parts["learn"], test=parts["test"])[1]["acc@1"] == 1.0


def test_failed_rows_teach_nothing_and_count_as_wrong(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    samples = rows(tone)
    splits = open_rows({"train": samples[:12], "valid": samples[12:18], "test": samples[18:]})
    x = vectors()
    x[3], x[20] = np.nan, np.nan
    found, values = sums(
        CUT,
        splits,
        learn=Output(x[:12], {"s3": "broken"}),
        choose=Output(x[12:18], {}),
        test=Output(x[18:], {"s20": "not a sound"}),
    )
    assert values["acc@1"] == 11 / 12
    assert found.errors == {"learn/s3": "broken", "s20": "not a sound"}


def test_a_class_that_was_never_seen_is_last(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    samples = [replace(row, target="rock") if i >= 28 else row for i, row in enumerate(rows(tone))]
    splits = open_rows({"train": samples[:12], "valid": samples[12:18], "test": samples[18:]})
    plan, x = CUT.plan(splits.__getitem__), vectors()
    found = plan.score({"learn": Output(x[:12], {}), "choose": Output(x[12:18], {}), "test": Output(x[18:], {})})
    assert found.arrays["above"][-2:].tolist() == [3, 3]
    assert plan.ceilings["acc@1"] == pytest.approx(10 / 12)
    assert CUT.metric.aggregate(found.arrays)["acc@1"] == pytest.approx(10 / 12)


def test_a_model_that_predicts_learns_fold_by_fold(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    splits = open_rows({"all": rows(tone)})
    plan = FOLDED.plan(splits.__getitem__, ask="predict")
    assert [phase.name for phase in plan.phases] == ["fold0", "fold1", "fold2"]
    for number, phase in enumerate(plan.phases):
        train, valid = phase.training()
        asked = {sample.id for sample in phase.stages[0].items}  # type: ignore[union-attr]
        assert not asked & {sample.id for sample in (*train, *valid)}
        assert len(train) == len(valid) == 10
        assert train[0].target in GENRES
        assert {int(sample.id[1:]) // 10 for sample in valid} == {(number + 1) % 3}
    truth = np.eye(10)[np.arange(N) % 3]
    parts = {f"fold{fold}": Output(truth[10 * fold : 10 * fold + 10], {}) for fold in range(3)}
    assert sums(FOLDED, splits, **parts)[1]["acc@1"] == 1.0


def test_groups_stay_whole_where_folds_are_dealt_out(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    dealt = replace(FOLDED, folds=Folds(3))
    splits = open_rows({"all": rows(tone)})
    found = dealt.plan(splits.__getitem__).score({"test": Output(vectors(), {})})
    assert found.strata is not None
    home: dict[str, set[int]] = {}
    for key, fold in zip(found.ids, found.strata, strict=True):
        home.setdefault(f"g{int(key[1:]) // 2}", set()).add(fold)
    assert {len(folds) for folds in home.values()} == {1}
    assert len(set(found.strata)) == 3
