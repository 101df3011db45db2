"""Which candidates are right for which query: index lists or CSR in, checked (query, candidate) pairs out."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


class Pairs(NamedTuple):
    """Positive pairs ``(rows[i], columns[i])``, both int64, sorted by row then column, without duplicates."""

    rows: IntArray
    columns: IntArray

    def flipped(self) -> tuple["Pairs", IntArray]:
        """The same pairs with the roles exchanged, and where each of them was."""
        order = np.lexsort((self.rows, self.columns))
        return Pairs(self.columns[order], self.rows[order]), order


def positive_pairs(positives: Any, n_queries: int, n_candidates: int) -> Pairs:
    """The pairs that ``positives`` names.

    Args:
        positives: one list of candidate indices per query; or an integer array ``(n_queries,)`` of one index each; or a
            tuple of two integer arrays ``(indptr, indices)`` in CSR form, ``indptr`` of length ``n_queries + 1``.
        n_queries: number of rows.
        n_candidates: number of columns.

    Raises:
        ValueError: a wrong number of lists, an index that is not an integer or outside ``[0, n_candidates)``, or the
            same index twice for one query (which would make "how many positives" ambiguous).
    """
    lengths, columns = _lengths_and_indices(positives)
    if len(lengths) != n_queries:
        raise ValueError(f"positives must hold one list per query: {n_queries} queries, {len(lengths)} lists.")
    rows = np.repeat(np.arange(n_queries, dtype=np.int64), lengths)
    outside = np.flatnonzero((columns < 0) | (columns >= n_candidates))
    if len(outside):
        query, index = int(rows[outside[0]]), int(columns[outside[0]])
        raise ValueError(f"positives of query {query} name candidate {index}, but there are {n_candidates} candidates.")
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    twice = np.flatnonzero((np.diff(rows) == 0) & (np.diff(columns) == 0))
    if len(twice):
        raise ValueError(f"positives of query {int(rows[twice[0]])} name candidate {int(columns[twice[0]])} twice.")
    return Pairs(rows, columns)


def count_queries(positives: Any) -> int:
    """How many queries ``positives`` speaks of.

    Raises:
        ValueError: as ``positive_pairs``.
    """
    return len(_lengths_and_indices(positives)[0])


def pair_gains(gains: Any, positives: Any) -> NDArray[np.float64] | None:
    """One gain per pair, in the order of ``positive_pairs``, from numbers in the order of ``positives``.

    Raises:
        ValueError: another number of gains than of positives, or one that is not a finite number above 0.
    """
    if gains is None:
        return None
    lengths, columns = _lengths_and_indices(positives)
    values = _flat_gains(gains, lengths)
    if len(values) != len(columns):
        raise ValueError(f"gains must be one number per positive: {len(columns)} positives, {len(values)} gains.")
    rows = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    bad = np.flatnonzero(~((values > 0) & (values < np.inf)))
    if len(bad):
        where = f"gains of query {int(rows[bad[0]])} hold {values[bad[0]]}"
        raise ValueError(f"{where}, expected finite numbers above 0 (0 is not a positive).")
    return values[np.lexsort((columns, rows))]


def _flat_gains(gains: Any, lengths: IntArray) -> NDArray[np.float64]:
    if isinstance(gains, np.ndarray) and gains.dtype != np.object_:
        flat, sizes = gains.reshape(-1), None
    else:
        lists = [np.asarray(item).reshape(-1) for item in gains]
        flat = np.concatenate(lists) if lists else np.empty(0)
        sizes = [len(item) for item in lists] if len(lists) == len(lengths) else None
    if len(flat) and flat.dtype.kind not in "fiu":
        raise ValueError(f"gains must be numbers above 0, got {flat.dtype} values.")
    if sizes is not None and sizes != lengths.tolist():
        query = int(np.flatnonzero(np.asarray(sizes) != lengths)[0])
        raise ValueError(f"gains of query {query} are {sizes[query]} numbers for {lengths[query]} positives.")
    return flat.astype(np.float64)


def _lengths_and_indices(positives: Any) -> tuple[IntArray, IntArray]:
    if _is_csr(positives):
        return _from_csr(*(np.asarray(part) for part in positives))
    if isinstance(positives, np.ndarray) and positives.ndim == 1 and positives.dtype != np.object_:
        return np.ones(len(positives), dtype=np.int64), _integers(positives)
    if not isinstance(positives, Sequence | np.ndarray):
        raise ValueError(f"positives must be one index list per query, got {type(positives).__name__}.")
    lists = [item if type(item) is list else _as_list(item, query) for query, item in enumerate(positives)]
    lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    flat = list(chain.from_iterable(lists))
    return lengths, _integers(np.asarray(flat)) if flat else np.empty(0, dtype=np.int64)


def _is_csr(positives: Any) -> bool:
    return (
        isinstance(positives, tuple)
        and len(positives) == 2
        and all(hasattr(part, "ndim") and part.ndim == 1 for part in positives)
    )


def _from_csr(indptr: NDArray[Any], indices: NDArray[Any]) -> tuple[IntArray, IntArray]:
    starts = _integers(indptr)
    if not len(starts) or starts[0] != 0 or starts[-1] != len(indices) or (np.diff(starts) < 0).any():
        raise ValueError("positives in CSR form need an indptr that rises from 0 to len(indices).")
    return np.diff(starts), _integers(indices)


def _as_list(item: Any, query: int) -> Sequence[Any]:
    if hasattr(item, "tolist"):
        item = item.tolist()
    if isinstance(item, str) or not isinstance(item, Sequence | set | frozenset):
        raise ValueError(f"positives of query {query} must be a list of candidate indices, got {item!r}.")
    return list(item)


def _integers(values: NDArray[Any]) -> IntArray:
    if len(values) and values.dtype.kind not in "iu":
        raise ValueError(f"positives must be integer indices, got {values.dtype} values.")
    return values.astype(np.int64, copy=False)
