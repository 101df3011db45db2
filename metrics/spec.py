"""What a metric is to the rest of mmbench: facts per key, per-sample arrays, and sums that intervals can resample."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Key:
    """The facts of one reported value, so that tables sort, bold and rescale themselves.

    Attributes:
        title: what a table's head calls it.
        higher_is_better: the direction.
        lower, upper: the bounds of its range; ``None`` is unbounded.
        definition: one sentence that says what is computed.
        source: the paper or official code that the definition follows.
        unit: ``""`` for a pure number.
        undefined: why a value can be NaN, for the reader of a ``null``.
        count: true for tallies (``n_tied``) that carry no interval and are never a score.
        chance: what a uniformly random guess is expected to get, where that does not depend on the data.
        error: what a sample that the model gave nothing for counts as.
    """

    title: str
    higher_is_better: bool
    definition: str
    source: str
    lower: float | None = 0.0
    upper: float | None = 1.0
    unit: str = ""
    undefined: str = "undefined on these samples"
    count: bool = False
    chance: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: per-sample arrays in, values out.

    Attributes:
        name: the function's name in ``mmbench.metrics.functional``.
        version: bumped by any change that moves a value.
        keys: facts per key of the result.
        per_sample: task-specific inputs to a dict of float64 arrays of shape ``(n,)``; ``(n, c)`` only where
            ``from_weights`` needs a row per sample (scores of ``c`` classes). A missing value is NaN *only* where the
            docstring says so (a query without positives).
        sums: per-sample arrays to a dict of float64 arrays ``(n,)`` whose weighted sums are sufficient for
            ``from_sums``.
        from_sums: a dict of sums of shape ``(...)`` to a dict key -> array ``(...)``; undefined values are NaN.
        from_weights: for keys that no sums can give (medians, rank correlations): per-sample arrays ``(n,)`` and
            weights ``(r, n)`` (non-negative integers as float64) to a dict key -> array ``(r,)``; ``None`` where there
            are none.
        params: what was fixed by the caller (``k``, ``convention``): literals, and arguments of the factory of the same
            name; part of the signature.
        totals: the names of the sums, each ``int`` (a count, exact in an int64 state) or ``float``.
        kept: the per-sample arrays that ``sums`` and ``from_weights`` read, each with its shape after ``n``; for metrics
            with ``from_weights``, whose torchmetrics class keeps them instead of the sums.
    """

    name: str
    version: str
    keys: Mapping[str, Key]
    per_sample: Callable[..., dict[str, Array]]
    sums: Callable[[Arrays], dict[str, Array]]
    from_sums: Callable[[Arrays], dict[str, Array]]
    from_weights: Callable[[Arrays, Array], dict[str, Array]] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    totals: Mapping[str, type] = field(default_factory=dict)
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """A spelling that names the definition: ``name(param=value,...)@version``."""
        inner = ",".join(f"{name}={value!r}" for name, value in sorted(self.params.items()))
        return f"{self.name}({inner})@{self.version}"

    def aggregate(self, arrays: Arrays, weights: Array | None = None) -> dict[str, float]:
        """Values of all keys over samples with non-negative ``weights`` ``(n,)`` (default: all 1); undefined is NaN."""
        stats = self.sums(arrays)
        totals = {
            name: np.asarray(values.sum() if weights is None else weights @ values) for name, values in stats.items()
        }
        found = {key: float(value) for key, value in self.from_sums(totals).items()}
        if self.from_weights is not None:
            n = len(next(iter(arrays.values())))
            matrix = np.ones((1, n)) if weights is None else np.asarray(weights, dtype=np.float64)[None, :]
            found |= {key: float(value[0]) for key, value in self.from_weights(arrays, matrix).items()}
        return {key: found[key] for key in self.keys}
