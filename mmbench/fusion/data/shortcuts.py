"""What can be guessed without the content: the majority, and the shortcut probe, a lookup of facts such as speaker, show or exact text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.fusion.blocks import Block, Floats, Problem
from mmbench.fusion.data.problems import value

Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A lookup that was fitted on train and chosen on valid.

    Attributes:
        facts: the names of the facts that are looked up, one or two; none where no fact is better than the majority.
        valid: the measure on valid; NaN where it is undefined.
        known: the share of test rows whose facts occur in train.
        outputs: float32 ``(n, outputs)`` per split: the shares of the classes among training rows of these facts, or their mean.
    """

    facts: Key
    valid: float
    known: float
    outputs: Mapping[str, Floats] = field(repr=False)


def majority(problem: Problem, targets: NDArray[Any], n: int) -> Floats:
    """The same for every row: the shares of the classes in train, or the mean of the numbers.

    Args:
        problem: classes or a number.
        targets: of train, as ``Block.targets``.
        n: rows.

    Returns:
        float32 ``(n, outputs)``.
    """
    return np.tile(_overall(problem, targets).astype(np.float32), (n, 1))


def shortcut(problem: Problem, train: Block, valid: Block, test: Block) -> Shortcut:
    """The best lookup of one fact or two, for ``valid`` and ``test``.

    A row gets the majority class, or the mean, of the training rows with its facts; equal classes are told apart by what is more frequent
    in all of train, and facts that train does not have get the majority of all. Which facts are looked up is chosen on valid; of equal
    ones the first with the fewest facts.
    """
    names = list(train.facts)
    tried: list[Key] = [(), *combinations(names, 1), *combinations(names, 2)]
    guesses = {key: _looked_up(problem, train, valid, key) for key in tried}
    values = {key: value(problem, guess, valid.targets) for key, guess in guesses.items()}
    sign = 1.0 if problem.higher_is_better else -1.0
    best = max(tried, key=lambda key: -np.inf if np.isnan(values[key]) else sign * values[key])
    seen = set(_keys(train, best))
    known = float(np.mean([key in seen for key in _keys(test, best)])) if best else 1.0
    return Shortcut(best, values[best], known, {"valid": guesses[best], "test": _looked_up(problem, train, test, best)})


def _looked_up(problem: Problem, train: Block, asked: Block, facts: Key) -> Floats:
    if not facts:
        return majority(problem, train.targets, len(asked))
    places: dict[Key, int] = {}
    rows = np.asarray([places.setdefault(key, len(places)) for key in _keys(train, facts)])
    table = np.concatenate([_table(problem, train.targets, rows, len(places)), _overall(problem, train.targets)[None]])
    return table[[places.get(key, len(places)) for key in _keys(asked, facts)]].astype(np.float32)


def _table(problem: Problem, targets: NDArray[Any], rows: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """``(n, outputs)``: the guess for each value of the facts."""
    counts = np.bincount(rows, minlength=n)[:, None]
    if not problem.classes:
        return np.bincount(rows, targets, n)[:, None] / counts
    k = problem.outputs
    hits = np.bincount(rows * k + targets, minlength=n * k).reshape(n, k)
    return (hits + 0.5 * _overall(problem, targets)) / (
        counts + 0.5
    )  # half a row of all: it decides between equal counts alone


def _overall(problem: Problem, targets: NDArray[Any]) -> NDArray[np.float64]:
    if not problem.classes:
        return np.asarray([np.mean(targets, dtype=np.float64)])
    return np.bincount(targets, minlength=problem.outputs) / len(targets)


def _keys(block: Block, facts: Key) -> Sequence[Key]:
    return list(zip(*(block.facts[name] for name in facts), strict=True))
