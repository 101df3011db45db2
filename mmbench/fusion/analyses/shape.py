"""SHAPE: how much each modality contributes to a model's value, and how much only their cooperation brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

from mmbench.fusion.analyses.base import every_subset, together


@dataclass(frozen=True, slots=True)
class Shape:
    """How the value of all modalities comes about; everything is in the measure's own unit and direction (an error falls).

    Attributes:
        contributions: by modality its Shapley value; they add up to the value of all modalities less that of none.
        cooperation: what all modalities bring beyond the sum of what each brings alone; below 0 where they tell the same.
        empty: the value with no modality.
        pairs: with three or more modalities, by ``image+text`` what two of them bring together beyond each alone, averaged over what else
            is there (the Shapley interaction index); empty with two, where that is the cooperation.
    """

    contributions: Mapping[str, float]
    cooperation: float
    empty: float
    pairs: Mapping[str, float]


def shape(values: Mapping[str, float], names: Sequence[str]) -> Shape:
    """SHAPE from the values of all subsets.

    Args:
        values: as ``missing.subsets`` gives them; that of none may be another's.
        names: of the modalities, in the block's order.

    Source: Hu, Li and Zhou (2022), 2205.00302, cooperation as V(M) - V(0) - sum_m (V({m}) - V(0)); the pairs are Grabisch and
    Roubens' (1999) interaction index. ``analyse`` gives the majority's value as V(0).
    """
    table = {which: values[together(names[i] for i in which)] for which in every_subset(len(names))}
    whole, empty = table[tuple(range(len(names)))], table[()]
    alone = sum(table[i,] - empty for i in range(len(names)))
    pairs = combinations(range(len(names)), 2) if len(names) > 2 else ()
    return Shape(
        contributions={name: _shared(table, (i,), len(names)) for i, name in enumerate(names)},
        cooperation=whole - empty - alone,
        empty=empty,
        pairs={together(names[i] for i in pair): _shared(table, pair, len(names)) for pair in pairs},
    )


def _shared(table: Mapping[tuple[int, ...], float], added: tuple[int, ...], count: int) -> float:
    """What one modality, or two together, add to the sets of the others, each size of set weighing the same."""
    others = [i for i in range(count) if i not in added]
    total = 0.0
    for chosen in every_subset(len(others)):
        base = tuple(others[i] for i in chosen)
        weight = factorial(len(base)) * factorial(len(others) - len(base)) / factorial(len(others) + 1)
        total += weight * _gain(table, base, added)
    return total


def _gain(table: Mapping[tuple[int, ...], float], base: tuple[int, ...], added: tuple[int, ...]) -> float:
    """The difference, of one added, or the difference of differences, of two."""
    subsets = [tuple(added[i] for i in chosen) for chosen in every_subset(len(added))]
    signs = {some: 1.0 if (len(added) - len(some)) % 2 == 0 else -1.0 for some in subsets}
    return sum(sign * table[tuple(sorted((*base, *some)))] for some, sign in signs.items())
