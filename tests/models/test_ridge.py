"""Ridge maps against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from mmbench.models.ridge import Standardizer, best_ridge, ridge_path

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6))
Y = X @ RNG.normal(size=(6, 3)) + RNG.normal(size=(40, 3))


@pytest.mark.parametrize("rows", [40, 4])  # more rows than columns, and fewer
def test_weights_equal_those_of_scikit_learn(rows: int) -> None:
    x, y = X[:rows], Y[:rows]
    penalties = [0.01, 1.0, 1000.0]
    for penalty, weights in zip(penalties, ridge_path(x.T @ x, x.T @ y, penalties), strict=True):
        theirs = Ridge(alpha=penalty, fit_intercept=False, solver="svd").fit(x, y).coef_.T
        np.testing.assert_allclose(weights, theirs, rtol=1e-8, atol=1e-10)


def test_the_best_penalty_is_the_largest_among_equals() -> None:
    scores = {0.1: 1.0, 1.0: 2.0, 10.0: 2.0, 100.0: 0.0}
    left = list(scores.values())
    weights, penalty = best_ridge(X.T @ X, X.T @ Y, list(scores), lambda _: left.pop(0))
    assert penalty == 10.0
    np.testing.assert_array_equal(weights, ridge_path(X.T @ X, X.T @ Y, [10.0])[0])


def test_standardized_rows_equal_those_of_scikit_learn() -> None:
    x = X.astype(np.float32)
    x[:, 2] = 0.1
    scale = Standardizer.fit(x)
    np.testing.assert_allclose(scale(x), StandardScaler().fit_transform(x.astype(np.float64)), atol=1e-9)
    assert np.abs(scale(x)[:, 2]).max() < 1e-9
