"""Splits that never move: a group's split is a function of its name alone, whatever else is in the set."""

import hashlib
from collections.abc import Sequence


def stable_fraction(group: str, salt: str) -> float:
    """A number in [0, 1) from sha256 of salt and group: the same on every machine, for every order and subset."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{group}".encode()).digest()[:8], "big") / 2**64


def split_of(group: str, shares: Sequence[tuple[str, float]], salt: str) -> str:
    """The split that a group falls into, by shares that add up to 1 (the last one takes what rounding leaves)."""
    fraction, total = stable_fraction(group, salt), 0.0
    for name, share in shares[:-1]:
        total += share
        if fraction < total:
            return name
    return shares[-1][0]


def fold_of(group: str, folds: int, salt: str) -> int:
    """The fold, 0 to ``folds`` - 1, that a group falls into."""
    return int(stable_fraction(group, salt) * folds)
