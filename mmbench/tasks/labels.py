"""How classes are scored: one right class of several, any number of them, or yes and no by the area under the ROC curve."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.files import digest
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.tagging import tagging_scores_metric
from mmbench.metrics.functional.zero_shot import zero_shot_classification_metric
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import Part, Sample
from mmbench.tasks.classes import ClassList, read_classes

Right = Literal["one", "several", "binary"]
IntArray = NDArray[np.int64]
BLOCK = 4096  # pairs of vectors held at a time
TIE = 1e-12  # scores that differ by less are equal: that much is the rounding of a product
SHORT, MANY = (
    5,
    50,
)  # no acc@5 among so few classes; no mean over so many, unless it is the published score: intervals take long


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes of a task and how a table of scores ``(n, c)``, one column per class, is judged.

    Attributes:
        key: whose classes (``mmbench.tasks.classes``); a model that predicts has a column per class, in that order.
        right: ``one`` class per sample (accuracy), ``several`` (mean average precision), or ``binary``: of two classes the
            second one's score minus the first one's, judged by the area under the ROC curve.
        per_class: report the mean over the classes also where they are many.
    """

    key: str
    right: Right = "one"
    per_class: bool = False

    @property
    def classes(self) -> ClassList:
        """Read from the file when it is first asked for."""
        return read_classes(self.key)

    def metric(self) -> Metric:
        """The metric of ``right``."""
        size = len(self.classes)
        if self.right == "one":
            return zero_shot_classification_metric(
                size, (1,) if size <= SHORT else (1, 5), balanced=self.per_class or size <= MANY
            )
        return tagging_scores_metric(1 if self.right == "binary" else size)

    @property
    def primary(self) -> str:
        """The key that papers rank by."""
        return {"one": "acc@1", "several": "map", "binary": "auroc"}[self.right]

    def protocol(self) -> dict[str, Any]:
        """What a run's identity hashes of the classes."""
        names = self.classes.names
        return {"classes": [self.key, len(names), digest(list(names))[:12]], "right": self.right}

    def table(self, targets: Sequence[Any]) -> NDArray[np.bool_]:
        """Which classes are right, ``(n, c)``. ``ValueError`` names a label that is no class."""
        found = np.zeros((len(targets), len(self.classes)), dtype=bool)
        for row, target in zip(found, targets, strict=True):
            several = target if self.right == "several" else [target]
            row[self.classes.numbers(several)] = True
        return found

    def spelled(self, target: Any) -> str | tuple[str, ...]:
        """The name of a row's class, or the names of its classes: what models that learn are shown."""
        if self.right == "several":
            return tuple(self.classes.names[number] for number in self.classes.numbers(target))
        return self.classes.names[self.classes.number(target)]

    def item(self, sample: Sample, content: tuple[Part, ...], *, privileged: bool) -> Sample:
        """What a model is shown of a row: the names of the classes as its options; to the oracle also which are right."""
        target = None
        if privileged:
            found = self.spelled(sample.target)
            target = (found,) if isinstance(found, str) else found
        return Sample(sample.id, content, self.classes.names, target, sample.group)

    def columns(self, right: NDArray[np.bool_]) -> tuple[Array, bool]:
        """What a regression learns: one class among all, or each label by itself (of yes and no the second class alone)."""
        y = right.astype(np.float64)
        return (y[:, 1:], True) if self.right == "binary" else (y, self.right == "several")

    def wide(self, scores: Array) -> Array:
        """A column per class from what a regression says; of yes and no the first is 0."""
        return np.concatenate([np.zeros_like(scores), scores], axis=1) if self.right == "binary" else scores

    def arrays(
        self, metric: Metric, scores: Array, right: NDArray[np.bool_], failed: NDArray[np.bool_]
    ) -> dict[str, Array]:
        """Per-sample arrays of finite scores ``(n, c)``; what failed has every right class behind every wrong one.

        Scores that differ by rounding only are equal: of one right class the others beside it, of several the samples under each.
        """
        low, high = (float(scores.min()), float(scores.max())) if scores.size else (0.0, 0.0)
        scores = np.where(failed[:, None], np.where(right, low - 1, high + 1), scores)
        if self.right == "one":
            target = right.argmax(axis=1)
            own = scores[np.arange(len(scores)), target][:, None]
            return metric.per_sample(np.where(np.abs(scores - own) <= TIE, own, scores), target)
        if self.right == "binary":
            scores, right = scores[:, 1:] - scores[:, :1], right[:, 1:]
        return metric.per_sample(snapped(scores.T).T, right.astype(np.int64))

    def chance(self, metric: Metric, right: NDArray[np.bool_]) -> dict[str, float | None]:
        """The values of scores that are all the same."""
        if self.right == "one":
            return {key: facts.chance for key, facts in metric.keys.items()}
        return self.values(metric, np.zeros(right.shape), right)

    def ceiling(self, metric: Metric, right: NDArray[np.bool_]) -> dict[str, float | None]:
        """The values of scores that say what is right."""
        if self.right == "one":
            return {key: None if facts.count else 1.0 for key, facts in metric.keys.items()}
        return self.values(metric, right.astype(np.float64), right)

    def values(
        self, metric: Metric, scores: Array, right: NDArray[np.bool_], strata: Sequence[int] | None = None
    ) -> dict[str, float | None]:
        """The values of scores, the mean over strata where there are any; tallies and what is not finite are ``None``."""
        parts = [np.arange(len(right))]
        if strata is not None:
            parts = [np.flatnonzero(np.asarray(strata) == fold) for fold in sorted(set(strata))]
        nobody = np.zeros(len(right), dtype=bool)
        arrays = self.arrays(metric, scores, right, nobody)
        found = [metric.aggregate({name: values[part] for name, values in arrays.items()}) for part in parts]
        means = {key: float(np.mean([values[key] for values in found])) for key in metric.keys}
        return {
            key: None if metric.keys[key].count or not np.isfinite(value) else value for key, value in means.items()
        }

    def shown(
        self, scores: Array, right: NDArray[np.bool_], failed: NDArray[np.bool_]
    ) -> dict[str, list[str | float | None]]:
        """What was predicted and what is right, for people."""
        names = self.classes.names
        wanted: list[str | float | None] = [", ".join(names[i] for i in np.flatnonzero(row)) for row in right]
        if self.right == "one":
            best = scores.argmax(axis=1)
            chosen = [None if dead else names[i] for i, dead in zip(best, failed, strict=True)]
            return {"predicted": list(chosen), "right": wanted}
        if self.right == "binary":
            return {"predicted": [float(row[1] - row[0]) for row in scores], "right": wanted}
        order = np.argsort(-scores, axis=1, kind="stable")[:, :SHORT]
        return {"predicted": [", ".join(names[i] for i in row) for row in order], "right": wanted}

    def checked(self, values: Any, who: str) -> Array:
        """A model's own scores, ``(n, c)``.

        Raises:
            RunFailedError: another number of columns.
        """
        scores = np.asarray(values, dtype=np.float64)
        if scores.shape[1] != len(self.classes) and not (scores.shape[1] == 1 and np.isnan(scores).all()):
            raise RunFailedError(
                f"predict returned {scores.shape[1]} columns for {who}: it has to return one per class, {len(self.classes)} in the order "
                "of the samples' options."
            )
        return np.broadcast_to(scores, (len(scores), len(self.classes)))


def known_best(dataset: PairedDataset, right: NDArray[np.bool_], alike: Callable[[int], object]) -> Array:
    """The scores ``(n, c)`` of a model that knows everything but cannot tell rows apart that are ``alike``: how often each class is
    right among them.
    """  # noqa: D205
    groups: defaultdict[object, list[int]] = defaultdict(list)
    for row in range(len(dataset)):
        groups[alike(row)].append(row)
    found = np.zeros(right.shape)
    for rows in groups.values():
        found[rows] = right[rows].mean(axis=0)
    return found


def unit_rows(values: Any) -> Array:
    """Rows of length 1, in float64; one that is zero or NaN stays zero."""
    rows = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


def cosines(left: Any, right: Any, who: str) -> Array:
    """``(n, m)``: the cosine of every row of one table with every row of another; a row that failed is 0 to everything.

    Raises:
        RunFailedError: the two have different widths.
    """
    one, two = map(unit_rows, _same_width(left, right, who))
    return np.asarray(one @ two.T)


def paired_cosines(left: Any, right: Any, pairs: IntArray, who: str) -> Array:
    """``(p,)``: the cosine of the rows that each of ``pairs`` ``(p, 2)`` names. ``RunFailedError`` as in ``cosines``."""
    one, two = map(unit_rows, _same_width(left, right, who))
    blocks = [pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK)]
    return np.concatenate([np.einsum("nd,nd->n", one[block[:, 0]], two[block[:, 1]]) for block in blocks])


def _same_width(left: Any, right: Any, who: str) -> tuple[Array, Array]:
    tables = [np.asarray(values, dtype=np.float64) for values in (left, right)]
    width = max(table.shape[1] for table in tables)
    for place, table in enumerate(tables):
        if (
            table.shape[1] != width and np.isnan(table).all()
        ):  # everything of this side failed, and nobody knows its width
            tables[place] = np.zeros((len(table), width))
        elif table.shape[1] != width:
            widths = " and ".join(str(one.shape[1]) for one in tables)
            raise RunFailedError(
                f"{who} compares vectors, and the model's have lengths {widths}: it has to keep to one."
            )
    return tables[0], tables[1]


def snapped(scores: Array) -> Array:
    """Scores ``(n, c)`` in which those of a row that differ by rounding only are the same number."""
    order = np.argsort(scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    new = np.ones(ranked.shape, dtype=bool)
    new[:, 1:] = ranked[:, 1:] > ranked[:, :-1] + TIE
    first = np.maximum.accumulate(np.where(new, np.arange(ranked.shape[1]), 0), axis=1)
    found = np.empty_like(ranked)
    np.put_along_axis(found, order, np.take_along_axis(ranked, first, axis=1), axis=1)
    return found
