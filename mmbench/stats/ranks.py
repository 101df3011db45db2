"""Order among many models: Borda points with missing tasks, rank intervals, and groups that cannot be told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmbench.stats._labels import Array, IntArray


@dataclass(frozen=True, slots=True)
class Borda:
    """Points and places of ``m`` models.

    Attributes:
        points: float64 ``(m,)``: summed over the tasks, the number of models less the (mid-)rank, 0 where not run.
        places: int64 ``(m,)`` from 1; equal points share the best place.
        tasks: int64 ``(m,)``, on how many tasks each was run.
        win_rate: float64 ``(m,)`` in [0, 1]: over the tasks it was run on, the mean share of the other models there that
            it beats, a tie counting half; NaN without any.
    """

    points: Array
    places: IntArray
    tasks: IntArray
    win_rate: Array


def borda(scores: ArrayLike) -> Borda:
    """Place models by Borda count over tasks.

    Args:
        scores: ``(models, tasks)``, higher is better; NaN is a task that the model was not run on. It gets no points
            there, so that leaving tasks out never helps.

    Raises:
        ValueError: not a table, or an infinite score.

    The points depend on which models are in the table. Source: MTEB's Borda rank (Colombo et al. 2022).
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or np.isinf(table).any():
        raise ValueError(f"scores must be a table (models, tasks) of finite numbers or NaN, got shape {table.shape}.")
    models, tasks = table.shape
    points, wins = np.zeros(models), np.full((models, tasks), np.nan)
    for task in range(tasks):
        run = np.flatnonzero(~np.isnan(table[:, task]))
        values = table[run, task]
        beaten = (values[:, None] > values).sum(axis=1) + ((values[:, None] == values).sum(axis=1) - 1) / 2
        points[run] += models - (len(run) - beaten)
        if len(run) > 1:
            wins[run, task] = beaten / (len(run) - 1)
    ran = (~np.isnan(table)).sum(axis=1).astype(np.int64)
    compared = (~np.isnan(wins)).sum(axis=1)
    rate = np.where(np.isnan(wins), 0, wins).sum(axis=1) / np.where(compared > 0, compared, np.nan)
    places = 1 + (points[:, None] < points).sum(axis=1).astype(np.int64)
    return Borda(points, places, ran, rate)


def rank_intervals(low: ArrayLike, high: ArrayLike) -> tuple[IntArray, IntArray]:
    """Between which places each model may be, given the interval of each model's score.

    Args:
        low: ``(m,)`` lower ends, higher is better.
        high: ``(m,)`` upper ends.

    Returns:
        int64 ``(m,)`` best and worst place, from 1: 1 + how many are surely better, and m less how many surely worse.

    Raises:
        ValueError: ends that are not finite, or a lower one above its upper one.

    The best place is the "Rank (UB)" of Chatbot Arena (FastChat ``monitor.py``).
    """
    ends = [np.asarray(x, dtype=np.float64) for x in (low, high)]
    if ends[0].shape != ends[1].shape or ends[0].ndim != 1 or not np.isfinite(ends).all() or (ends[0] > ends[1]).any():
        raise ValueError("low and high must be finite lists of the same length with low <= high.")
    best = 1 + (ends[0][None, :] > ends[1][:, None]).sum(axis=1)
    worst = len(ends[0]) - (ends[1][None, :] < ends[0][:, None]).sum(axis=1)
    return best.astype(np.int64), worst.astype(np.int64)


def tie_groups(values: ArrayLike, differ: ArrayLike) -> list[list[int]]:
    """Models in order of their value, cut into groups whose first member is not shown to differ from any other in it.

    Args:
        values: ``(m,)``, higher is better.
        differ: bool ``(m, m)``, symmetric: whether two models were found to differ (after correction).

    Returns:
        Lists of model numbers, best first. A group ends before the first model that differs from the group's best.

    Raises:
        ValueError: shapes that don't fit, a table that is not symmetric, or a value that is not a number.
    """
    scores, table = np.asarray(values, dtype=np.float64), np.asarray(differ, dtype=np.bool_)
    if scores.ndim != 1 or table.shape != (len(scores), len(scores)) or (table != table.T).any():
        raise ValueError("differ must be a symmetric table with one row per value.")
    if np.isnan(scores).any():
        raise ValueError(f"values[{int(np.isnan(scores).argmax())}] is not a number.")
    groups: list[list[int]] = []
    for model in np.argsort(-scores, kind="stable").tolist():
        if groups and not table[groups[-1][0], model]:
            groups[-1].append(model)
        else:
            groups.append([model])
    return groups
