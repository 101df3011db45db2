"""Logistic regression with a ridge penalty in NumPy: the linear probe. Convex, so that every exact solver finds the same model."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mmbench.metrics.spec import Array

MEMORY, STEPS, PRECISION = 10, 500, 1e-7
ARMIJO, HALVINGS = 1e-4, 40
Objective = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True, slots=True)
class Logistic:
    """Scores ``(n, c)`` of features ``(n, d)``: ``x @ weights + bias``."""

    weights: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """The logits; row by row, so that they do not depend on which rows come along."""
        return np.stack([row @ self.weights for row in x]) + self.bias if len(x) else np.zeros((0, len(self.bias)))


def fit_logistic(x: Array, y: Array, penalty: float, *, several: bool, start: Logistic | None = None) -> Logistic:
    """Minimise the mean log loss plus ``penalty / 2`` times the sum of squared weights; the bias is free.

    Args:
        x: ``(n, d)`` features.
        y: ``(n, c)`` 0 and 1; one 1 per row unless ``several``. Every column needs a 1, and with ``several`` a 0.
        penalty: above 0; scikit-learn's ``C`` is ``1 / (n * penalty)``.
        several: a binary regression per column (one against the rest) rather than one softmax.
        start: where to begin; the model found does not depend on it.

    Returns:
        the model, by L-BFGS (Nocedal and Wright 2006, algorithm 7.4) from the classes' frequencies.
    """
    n, width, columns = len(x), x.shape[1], y.shape[1]
    share = y.mean(axis=0)
    bias = np.log(share) - (np.log1p(-share) if several else 0.0)
    begin = Logistic(np.zeros((width, columns)), bias) if start is None else start

    def objective(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(width + 1, columns)
        logits = x @ weights[:-1] + weights[-1]
        loss, residual = _sigmoid_loss(logits, y) if several else _softmax_loss(logits, y)
        gradient = np.empty_like(weights)
        gradient[:-1] = x.T @ residual / n + penalty * weights[:-1]
        gradient[-1] = residual.mean(axis=0)
        return loss / n + penalty / 2 * float(np.square(weights[:-1]).sum()), gradient.ravel()

    found = _lbfgs(objective, np.concatenate([begin.weights, begin.bias[None]]).ravel()).reshape(width + 1, columns)
    return Logistic(found[:-1], found[-1])


def log_loss(logits: Array, y: Array, *, several: bool) -> float:
    """The mean log loss of logits ``(n, c)``; NaN without rows."""
    if not len(y):
        return float("nan")
    loss, _ = _sigmoid_loss(logits, y) if several else _softmax_loss(logits, y)
    return loss / len(y)


def best_logistic(
    train: tuple[Array, Array], valid: tuple[Array, Array], penalties: Sequence[float], *, several: bool
) -> float:
    """The penalty whose model of ``train`` has the lowest log loss on ``valid``; the larger one where two are equal.

    Without validation rows it is the middle one. Larger penalties are fitted first, and each begins where the last one ended.
    """
    if not len(valid[1]):
        return sorted(penalties)[len(penalties) // 2]
    best, lowest, model = max(penalties), np.inf, None
    for penalty in sorted(penalties, reverse=True):
        model = fit_logistic(*train, penalty, several=several, start=model)
        loss = log_loss(model(valid[0]), valid[1], several=several)
        if loss < lowest - 1e-9:
            best, lowest = penalty, loss
    return best


def _softmax_loss(logits: Array, y: Array) -> tuple[float, Array]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    total = exponents.sum(axis=1, keepdims=True)
    loss = float((np.log(total[:, 0]) * y.sum(axis=1) - (shifted * y).sum(axis=1)).sum())
    return loss, exponents / total - y


def _sigmoid_loss(logits: Array, y: Array) -> tuple[float, Array]:
    loss = float((np.logaddexp(0.0, logits) - logits * y).sum())
    return loss, 0.5 * (1.0 + np.tanh(logits / 2)) - y


def _lbfgs(objective: Objective, x: Array) -> Array:
    """The minimum of a convex function, from the last few steps and a backtracking line search."""
    value, gradient = objective(x)
    history: deque[tuple[Array, Array, float]] = deque(maxlen=MEMORY)
    for _ in range(STEPS):
        if np.abs(gradient).max() < PRECISION:
            break
        direction = -_two_loops(gradient, history)
        slope = float(direction @ gradient)
        if slope >= 0:
            history.clear()
            direction, slope = -gradient, -float(gradient @ gradient)
        step = 1.0 if history else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        for _ in range(HALVINGS):
            there, slopes = objective(x + step * direction)
            if there <= value + ARMIJO * step * slope:
                break
            step /= 2
        else:
            break  # no lower value within rounding
        move, change = step * direction, slopes - gradient
        curvature = float(move @ change)
        if curvature > 1e-14:
            history.append((move, change, curvature))
        x, value, gradient = x + move, there, slopes
    return x


def _two_loops(gradient: Array, history: deque[tuple[Array, Array, float]]) -> Array:
    found = gradient.copy()
    shares = []
    for move, change, curvature in reversed(history):
        share = float(move @ found) / curvature
        shares.append(share)
        found -= share * change
    if history:
        move, change, curvature = history[-1]
        found *= curvature / float(change @ change)
    for (move, change, curvature), share in zip(history, reversed(shares), strict=True):
        found += (share - float(change @ found) / curvature) * move
    return found
