"""Classification and tagging beside scikit-learn, ties, prompts, folds, and the geometry of embeddings."""

import math
from itertools import permutations

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbench.metrics.functional import (
    alignment,
    average_precision_per_class,
    ensemble_prompts,
    fold_mean,
    modality_gap,
    pairwise_preference,
    tagging_scores,
    tagging_scores_metric,
    uniformity,
    zero_shot_classification,
    zero_shot_classification_metric,
)

few = st.integers(0, 3)


@settings(max_examples=60)
@given(st.lists(st.tuples(few, few, few, st.integers(0, 2)), min_size=1, max_size=12))
def test_the_expected_accuracy_is_the_mean_over_all_orders(samples: list[tuple[int, int, int, int]]) -> None:
    table, target = np.array([s[:3] for s in samples]), np.array([s[3] for s in samples])
    found = zero_shot_classification(table, target, k=(1, 2))
    places = [
        np.mean([sorted(range(3), key=lambda c, o=order, r=row: (-r[c], o[c])).index(label) < k  # type: ignore[misc]
                 for order in permutations(range(3))])
        for k in (1, 2) for row, label in zip(table, target, strict=True)
    ]  # fmt: skip
    assert found["acc@1"] == pytest.approx(np.mean(places[: len(target)]))
    assert found["acc@2"] == pytest.approx(np.mean(places[len(target) :]))


def test_accuracy_is_that_of_scikit_learn_over_present_classes() -> None:
    rng = np.random.default_rng(0)
    table, target = rng.normal(size=(200, 12)), rng.integers(0, 9, 200)
    found = zero_shot_classification(table, target, k=(1, 3, 99))
    guess = table.argmax(axis=1)
    recall = sklearn.metrics.recall_score(target, guess, average="macro", labels=sorted(set(target)))
    assert found["balanced_accuracy"] == pytest.approx(recall)
    assert found["acc@3"] == sklearn.metrics.top_k_accuracy_score(target, table, k=3, labels=range(12))
    assert (found["acc@99"], found["n_tied"]) == (1, 0)


def test_half_precision_ties_are_seen() -> None:
    assert zero_shot_classification(np.array([[1, 1.0001, 0]], dtype=np.float16), [0])["acc@1"] == 0.5


@settings(max_examples=60)
@given(st.lists(st.tuples(few, st.booleans()), min_size=2, max_size=15))
def test_tagging_is_that_of_scikit_learn_with_ties(samples: list[tuple[int, bool]]) -> None:
    scores, target = np.array([[s] for s, _ in samples]) - 1.5, np.array([[t] for _, t in samples])
    found = tagging_scores(scores, target)
    if not target.any():
        assert math.isnan(found["map"])
        assert found["n_absent"] == 1
        return
    assert found["map"] == pytest.approx(sklearn.metrics.average_precision_score(target, scores))
    if not target.all():
        area = sklearn.metrics.roc_auc_score(target[:, 0], scores[:, 0])
        assert found["auroc"] == pytest.approx(area)
    else:
        assert math.isnan(found["auroc"])


def test_weights_are_copies_of_samples() -> None:
    rng = np.random.default_rng(1)
    metric = tagging_scores_metric(3)
    arrays = metric.per_sample(rng.integers(0, 4, (30, 3)), rng.integers(0, 2, (30, 3)))
    weights = rng.integers(0, 3, (5, 30)).astype(np.float64)
    assert metric.from_weights is not None
    found = metric.from_weights(arrays, weights)
    for row, times in enumerate(weights):
        copies = np.repeat(np.arange(30), times.astype(int))
        wanted = metric.aggregate({name: values[copies] for name, values in arrays.items()})
        assert {key: values[row] for key, values in found.items()} == pytest.approx(wanted)


def test_logits_of_any_scale_have_the_same_order() -> None:
    """A sigmoid in float32 would make one value of them all."""
    rng = np.random.default_rng(2)
    scores, target = rng.normal(size=(50, 2)), rng.integers(0, 2, (50, 2))
    assert tagging_scores(100 * scores + 300, target) == pytest.approx(tagging_scores(scores, target))
    assert np.isnan(average_precision_per_class(scores, np.zeros_like(target))).all()
    assert tagging_scores(target, target)["d_prime"] == math.inf


def test_prompts_are_normalised_before_and_after_the_mean() -> None:
    found = ensemble_prompts([[[2.0, 0.0], [0.0, 1.0]], [[0.0, 3.0], [0.0, 1.0]]])
    assert found == pytest.approx(np.array([[0.5**0.5, 0.5**0.5], [0, 1]]))
    with pytest.raises(ValueError, match="must not have length 0"):
        ensemble_prompts([[[1.0, 0.0], [-1.0, 0.0]]])
    with pytest.raises(ValueError, match=r"finite numbers \(classes, templates, width\)"):
        ensemble_prompts([[1.0]])


def test_folds_count_the_same_whatever_their_size() -> None:
    assert fold_mean([{"a": 1.0}, {"a": 0.5}]) == {"a": 0.75}
    assert math.isnan(fold_mean([{"a": 1.0}, {"a": math.nan}])["a"])
    with pytest.raises(ValueError, match="the same keys"):
        fold_mean([{"a": 1.0}, {"b": 0.5}])


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="ties must be expected, optimistic or pessimistic"):
        zero_shot_classification_metric(3, ties="any")
    with pytest.raises(ValueError, match="k and n_classes must be at least 1"):
        zero_shot_classification_metric(3, k=(0,))
    with pytest.raises(ValueError, match="n_classes must be at least 1"):
        tagging_scores_metric(0)
    with pytest.raises(ValueError, match="ties must be one of strict, half"):
        pairwise_preference([1.0], [1.0], ties="coin")


def test_the_gap_is_the_distance_of_the_centres() -> None:
    x, y = np.array([[2.0, 0.0], [5.0, 0.0]]), np.array([[0.0, 1.0]])
    assert modality_gap(x, y) == pytest.approx(2**0.5)
    assert modality_gap(x, 3 * x) == 0
    assert modality_gap(x, -x) == 2


def test_alignment_and_uniformity_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 40, 5))
    a, b = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (x, y))
    assert alignment(x, y) == pytest.approx((((a - b) ** 2).sum(axis=1)).mean())
    assert alignment(x, y, alpha=1) == pytest.approx(np.linalg.norm(a - b, axis=1).mean())
    gaps = [((a[i] - a[j]) ** 2).sum() for i in range(40) for j in range(i)]
    assert uniformity(x) == pytest.approx(np.log(np.mean(np.exp(-2 * np.array(gaps)))))
    assert uniformity(np.ones((3, 4))) == pytest.approx(0, abs=1e-12)


def test_points_without_a_direction_are_refused() -> None:
    with pytest.raises(ValueError, match=r"y\[1\] has length 0"):
        modality_gap([[1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="x must have one row or more"):
        modality_gap(np.zeros((0, 2)), [[1.0, 0.0]])
    with pytest.raises(ValueError, match="the same width, got 2 and 1"):
        alignment([[1.0, 0.0]], [[1.0]])
    with pytest.raises(ValueError, match="x and y must be pairs"):
        alignment([[1.0]], [[1.0], [1.0]])
    with pytest.raises(ValueError, match="two rows or more"):
        uniformity([[1.0]])
