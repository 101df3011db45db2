"""The conventions of sentiment intensity: label ranges, and the ways to make classes of numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from mmbench.metrics.spec import Array, Key

MMSA = "MMSA utils/metricsTop.py"
MULT = "MulT src/eval_metrics.py eval_mosei_senti"
NOTHING = "there are no samples"
EQUAL = "all predictions, or all labels, are the same number"


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to make classes of numbers. The share of equal classes is a key; weighted F1 of two classes may be one.

    Attributes:
        name: ends the names of its keys.
        classes: how many there are.
        of: values ``(n,)`` to the number of the class, as float64; of two, 1 is the upper one.
        rule: when a prediction is right, in words.
        source: whose definition it is, of accuracy and, after a semicolon, of F1.
        without_zero: labels of exactly 0 are not scored.
        f1: whether the weighted F1 is a key.
        swapped: whether that F1 takes predictions for labels and labels for predictions.
    """

    name: str
    classes: int
    of: Callable[[Array], Array]
    rule: str
    source: str
    without_zero: bool = False
    f1: bool = False
    swapped: bool = False

    @property
    def accuracy_key(self) -> str:
        """The key of the share of equal classes."""
        return f"acc{self.classes}_{self.name}"

    @property
    def f1_key(self) -> str:
        """The key of the weighted F1, which says so where it is the one with the arguments swapped."""
        return f"f1w_{self.name}_swapped" if self.swapped else f"f1w_{self.name}"

    def keys(self, error: str) -> dict[str, Key]:
        """The facts of its one or two keys; ``error`` is the convention's."""
        undefined = "no label is other than 0" if self.without_zero else NOTHING
        over = "over labels other than 0" if self.without_zero else "over all labels"
        accuracy_source, _, f1_source = self.source.partition("; ")
        facts = {
            self.accuracy_key: Key(
                f"Acc-{self.classes} ({self.name})",
                True,
                f"share of samples with {self.rule}, {over}",
                accuracy_source,
                undefined=undefined,
                chance=0.5 if self.classes == 2 else None,  # of a sign that is thrown
                error=error,
            )
        }
        weights = (
            "how often each class is PREDICTED (arguments swapped)" if self.swapped else "the labels of each class"
        )
        if self.f1:
            facts[self.f1_key] = Key(
                f"F1 ({self.name}{', swapped' if self.swapped else ''})",
                True,
                f"mean F1 of the two classes of {self.accuracy_key}, weighted by {weights}, {over}",
                f1_source or accuracy_source,
                undefined=undefined,
                error=error,
            )
        return facts


@dataclass(frozen=True, slots=True)
class Convention:
    """What one line of work reports.

    Attributes:
        low, high: the ends of the labels' range.
        zero: the end that a failed sample with label 0 is taken to have predicted: the one of the other polarity.
        cuts: the ways to make classes.
        clip: whether predictions are first clipped to the range, for the error and the correlation too.
        spearman: whether rank correlation is a key.
    """

    low: float
    high: float
    zero: float
    cuts: tuple[Cut, ...]
    clip: bool = False
    spearman: bool = False

    def scored(self, values: Array) -> Array:
        """The numbers that are scored."""
        return np.asarray(np.clip(values, self.low, self.high)) if self.clip else values

    def keys(self) -> dict[str, Key]:
        """The facts of all keys, in the order of the table."""
        clipped = f"predictions clipped to [{self.low:g}, {self.high:g}]" if self.clip else "predictions not clipped"
        error = f"the end of [{self.low:g}, {self.high:g}] farther from its label (label 0: {self.zero:g})"
        source = f"{MMSA}, MAE and Corr"
        worst = self.high - self.low if self.clip else None
        facts = {
            "mae": Key("MAE", False, f"mean absolute error, {clipped}", source, 0.0, worst, error=error),
            "corr": _correlation(
                "Pearson r", f"Pearson correlation of predictions and labels, {clipped}", source, error
            ),
        }
        if self.spearman:
            text = "Pearson correlation of mid-ranks"
            facts["spearman"] = _correlation("Spearman rho", text, "scipy.stats.spearmanr", error)
        for cut in self.cuts:
            facts |= cut.keys(error)
        return facts


def _correlation(title: str, definition: str, source: str, error: str) -> Key:
    return Key(title, True, definition, source, -1.0, 1.0, undefined=EQUAL, chance=0.0, error=error)


def _rounded(values: Array, *, end: float) -> Array:
    """The nearest whole number within ``end`` of 0; halves go to the even one, as NumPy rounds."""
    return np.asarray(np.round(np.clip(values, -end, end)), dtype=np.float64)


def _away_from_zero(values: Array) -> Array:
    """(0, 1] is 1, (1, 2] is 2, above 2 is 3, and the same below 0."""
    return np.asarray(np.sign(values) * np.minimum(np.ceil(np.abs(values)), 3.0))


def _not_negative(values: Array) -> Array:
    return (values >= 0).astype(np.float64)


def _positive(values: Array) -> Array:
    return (values > 0).astype(np.float64)


def _binned(values: Array, *, edges: tuple[float, ...]) -> Array:
    """The number of the bin; an edge belongs to the bin below it.

    In float32, as the official code holds the numbers: else a float32 prediction of 0.1 would be above the edge 0.1.
    """
    found = np.searchsorted(np.asarray(edges, dtype=np.float32), values.astype(np.float32), side="left")
    return np.asarray(found, dtype=np.float64)


def _sims(classes: int, edges: tuple[float, ...], *, f1: bool = False) -> Cut:
    inner = ", ".join(f"{edge:g}" for edge in edges)
    rule = f"prediction and label in the same bin, bins cut at {inner} with each edge in the bin below it"
    source = f"{MMSA} __eval_sims_regression, Mult_acc_{classes}"
    return Cut("sims", classes, partial(_binned, edges=edges), rule, f"{source}; {MMSA}, F1_score", f1=f1)


_ROUND7 = Cut(
    "round", 7, partial(_rounded, end=3.0),
    "prediction and label equal after clipping to [-3, 3] and rounding half to even",
    f"{MMSA} __eval_mosei_regression, Mult_acc_7",
)  # fmt: skip
_ROUND5 = Cut(
    "round", 5, partial(_rounded, end=2.0),
    "prediction and label equal after clipping to [-2, 2] and rounding half to even",
    f"{MMSA} __eval_mosei_regression, Mult_acc_5",
)  # fmt: skip
_CMUMOSEI = Cut(
    "cmumosei", 7, _away_from_zero,
    "prediction and label equal after rounding away from zero, at most to 3",
    "CMU-MultimodalSDK CMU_MOSEI/README.md cmumosei_round",
)  # fmt: skip
_NONNEG = Cut(
    "nonneg", 2, _not_negative, "(pred >= 0) == (label >= 0)",
    f"{MMSA} __eval_mosei_regression, Has0_acc_2; {MMSA}, Has0_F1_score", f1=True,
)  # fmt: skip
_POSNEG = Cut(
    "posneg", 2, _positive, "(pred > 0) == (label > 0)",
    f"{MMSA} __eval_mosei_regression, Non0_acc_2; {MMSA}, Non0_F1_score", without_zero=True, f1=True,
)  # fmt: skip
_POSNEG_ACCURACY = Cut(
    "posneg", 2, _positive, "(pred > 0) == (label > 0)", f"{MMSA} __eval_mosei_regression, Non0_acc_2",
    without_zero=True,
)  # fmt: skip
_POSNEG_SWAPPED = Cut(
    "posneg", 2, _positive, "(pred > 0) == (label > 0)",
    f"{MULT}(exclude_zero=True), Accuracy; {MULT}(exclude_zero=True), F1 score: f1_score(preds, truth)",
    without_zero=True, f1=True, swapped=True,
)  # fmt: skip
_POS_SWAPPED = Cut(
    "pos", 2, _positive, "(pred > 0) == (label > 0), where 0 counts as negative",
    f"{MULT}(exclude_zero=False), Accuracy; {MULT}(exclude_zero=False), F1 score: f1_score(preds, truth)",
    f1=True, swapped=True,
)  # fmt: skip

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        "cmu": Convention(-3.0, 3.0, -3.0, (_ROUND7, _CMUMOSEI, _ROUND5, _NONNEG, _POSNEG)),
        "mult_compat": Convention(-3.0, 3.0, 3.0, (_ROUND7, _ROUND5, _POS_SWAPPED, _POSNEG_SWAPPED)),
        "sims": Convention(
            -1.0, 1.0, 1.0,
            (_sims(2, (0.0,), f1=True), _sims(3, (-0.1, 0.1)), _sims(5, (-0.7, -0.1, 0.1, 0.7))),
            clip=True,
        ),
        "unit": Convention(-1.0, 1.0, 1.0, (_POSNEG_ACCURACY,), spearman=True),
    }
)  # fmt: skip


def convention_of(name: str) -> Convention:
    """The convention of that name.

    Raises:
        ValueError: an unknown name.
    """
    if name not in CONVENTIONS:
        raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}, got {name!r}.")
    return CONVENTIONS[name]
