"""What an alignment check is, what it is given and what it answers."""

import itertools
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.checks.decoding import Medium
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import Modality, Sample

Status: TypeAlias = Literal["pass", "warn", "fail", "inconclusive", "not_applicable"]
Severity: TypeAlias = Literal["fail", "warn"]
Cost: TypeAlias = Literal["rows", "decode", "embed"]
Accepted: TypeAlias = int | frozenset[str]  # how many samples with a finding are known, or which (``split/id``)
V = TypeVar("V")
MEDIA = frozenset({Modality.IMAGE, Modality.AUDIO})
MAX_ITEMS = 50
MAX_NOTES = 4  # on one sample
WHOLE = -1  # the part number of a value that belongs to the whole sample


@dataclass(frozen=True, slots=True)
class Item:
    """One sample that a check found, by split, position in the split and id, and what is wrong with it.

    ``beside`` is the split and position of the sample that it was held against, where there is one.
    """

    split: str
    row: int
    id: str
    note: str
    beside: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the function of a check answers.

    Attributes:
        n_checked: how many units it could look at; 0 means that the check does not apply.
        bad: what it found; several notes on one sample count once.
        value: the number that was measured, where there is one.
        threshold: what it was held against.
        message: one sentence.
        status: where the bad items alone do not decide between pass and the check's severity.
        unit: what is counted.
    """

    n_checked: int
    bad: Sequence[Item] = ()
    value: float | None = None
    threshold: float | None = None
    message: str = ""
    status: Status | None = None
    unit: str = "samples"


@dataclass(frozen=True, slots=True, eq=False)
class SampleProbe(Generic[V]):
    """A small value taken from each sample while the split streams by; ``None`` is not kept."""

    take: Callable[[Sample], V | None]


@dataclass(frozen=True, slots=True, eq=False)
class MediaProbe(Generic[V]):
    """A small value taken from each picture and sound, decoded once for all probes; ``None`` is not kept."""

    take: Callable[[Medium], V | None]


Probe: TypeAlias = SampleProbe[V] | MediaProbe[V]


@dataclass(frozen=True, slots=True)
class Seen(Generic[V]):
    """A probe's value and where it was found; ``part`` is the position in the sample's content, or ``WHOLE``."""

    split: str
    row: int
    id: str
    group: str | None
    part: int
    value: V

    def item(self, note: str, beside: "Seen[Any] | None" = None) -> Item:
        """This sample as a finding, held against another one."""
        return Item(self.split, self.row, self.id, note, None if beside is None else (beside.split, beside.row))


@dataclass(slots=True)
class Column:
    """The values of one probe in one split, as compact as their rows allow."""

    rows: "array[int]" = field(default_factory=lambda: array("q"))
    parts: "array[int]" = field(default_factory=lambda: array("l"))
    values: list[Any] = field(default_factory=list)

    def add(self, row: int, part: int, value: Any) -> None:
        """Keep a value."""
        self.rows.append(row)
        self.parts.append(part)
        self.values.append(value)


class Pairs(Protocol):
    """What an embedder says of the two sides of some samples of a split."""

    @property
    def split(self) -> str:
        """Where they stand."""
        ...

    @property
    def left(self) -> str:
        """One side: ``image``, ``audio``, ``text`` or ``features NAME``."""
        ...

    @property
    def right(self) -> str:
        """The other side."""
        ...

    @property
    def embedder(self) -> str:
        """Its name, for messages."""
        ...

    @property
    def rows(self) -> NDArray[np.int64]:
        """``(n,)`` positions in the split, ascending."""
        ...

    @property
    def windows(self) -> NDArray[np.int64]:
        """``(n,)`` which run of consecutive rows each belongs to."""
        ...

    @property
    def held(self) -> NDArray[np.bool_]:
        """``(n,)`` whether the vectors are independent of how this row was paired, so that exact tests may use it.

        Always so with a model that never saw the data; with a map that was fitted on one half of the runs, in the other half.
        """
        ...

    @property
    def vectors(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``(n, d)`` of the left and of the right side, of unit length."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What checks need and don't make: an embedder and p-values.

    Attributes:
        pairs: splits to their embedded pairs, called once, after the pass over the samples; ``None`` where nobody wants them.
        normal_tail: ``z`` to the chance of a larger standard normal value.
        chi_square_tail: value and degrees of freedom to the chance of a larger one.
        holm: p-values to p-values after Holm's correction.
    """

    pairs: Callable[[Mapping[str, PairedDataset]], Sequence[Pairs]] | None
    normal_tail: Callable[[float], float]
    chi_square_tail: Callable[[float, int], float]
    holm: Callable[[Sequence[float]], NDArray[np.float64]]


@dataclass(frozen=True)
class Evidence:
    """Everything that the functions of checks may look at.

    Attributes:
        splits: the standardized splits, training splits first.
        modalities: what their samples hold.
        partial: whether only some samples of the splits are here (``--limit``).
        columns: per probe and split the values that were taken.
        tools: p-values; ``None`` where none were given.
        sides: the dataset of each split, where two are held against each other.
        pairs: embedded pairs; none where no check asks for them or no tools were given.
    """

    splits: Mapping[str, PairedDataset]
    modalities: frozenset[Modality]
    partial: bool
    columns: Mapping[Probe[Any], Mapping[str, Column]] = field(repr=False)
    tools: Tools | None = None
    pairs: Sequence[Pairs] = ()
    sides: Mapping[str, str] = field(default_factory=dict)
    _tables: dict[str, tuple[list[str], list[str | None]]] = field(default_factory=dict, repr=False)

    def seen(self, probe: Probe[V]) -> Iterator[Seen[V]]:
        """The values of a probe in order."""
        for split, column in self.columns[probe].items():
            ids, groups = self.table(split)
            for row, part, value in zip(column.rows, column.parts, column.values, strict=True):
                yield Seen(split, row, ids[row], groups[row], part, value)

    def side(self, split: str) -> str:
        """What a split is held against others as: its dataset where there are two, else itself."""
        return self.sides.get(split, split)

    def table(self, split: str) -> tuple[list[str], list[str | None]]:
        """The ids and groups of a split, in order, read once."""
        if split not in self._tables:
            self._tables[split] = (self.splits[split].ids, self.splits[split].groups)
        return self._tables[split]

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.splits.values())


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One alignment check.

    Attributes:
        key: its name in reports.
        title: what holds when it passes.
        severity: ``fail``: no score should be published; ``warn``: a report should say so.
        cost: ``rows``: reads rows only; ``decode``: decodes every picture and sound; ``embed``: asks an embedder about some pairs.
        family: the file that it stands in: integrity, media, text, pairing, leakage, time or answers.
        judge: evidence to outcome.
        probes: what has to be taken from the samples for it.
        embeds: whether it looks at embedded pairs.
        between: whether it can hold two datasets against each other.
        any_of: it applies where samples hold at least one of these modalities.
        all_of: and all of these.
        about: why it matters and where the threshold comes from.
    """

    key: str
    title: str
    severity: Severity
    judge: Callable[[Evidence], Outcome]
    probes: tuple[Probe[Any], ...]
    any_of: frozenset[Modality]
    all_of: frozenset[Modality]
    about: str
    embeds: bool = False
    between: bool = False

    @property
    def family(self) -> str:
        """The file that it stands in."""
        return self.judge.__module__.rpartition(".")[2]

    @property
    def cost(self) -> Cost:
        """What it costs to run."""
        if self.embeds:
            return "embed"
        return "decode" if any(isinstance(probe, MediaProbe) for probe in self.probes) else "rows"

    def applies(self, modalities: frozenset[Modality]) -> bool:
        """Whether samples with these modalities can be checked."""
        return (not self.any_of or bool(self.any_of & modalities)) and self.all_of <= modalities


@dataclass(frozen=True, slots=True)
class Result:
    """What a report says of one check.

    Attributes:
        check, title, severity: which check.
        family: the kind of check.
        status: what came out.
        n_checked: how many ``unit`` were looked at.
        n_bad: samples with a finding.
        items: the first 50 of them; beside ``pass``, samples that are worth a look.
        value, threshold: what was measured and what it was held against.
        message: one sentence.
        unit: what ``n_checked`` counts: samples, files or splits.
        accepted: a finding that is known (on the card, or in the baseline) and has not grown.
        places: all samples with a finding as ``split/id``.
    """

    check: str
    title: str
    family: str
    severity: Severity
    status: Status
    n_checked: int
    n_bad: int
    items: tuple[Item, ...]
    value: float | None
    threshold: float | None
    message: str
    unit: str = "samples"
    accepted: bool = False
    places: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def open(self) -> bool:
        """Whether somebody should look: fail, warn or inconclusive, and not accepted."""
        return self.status in ("fail", "warn", "inconclusive") and not self.accepted

    @property
    def ids(self) -> list[str]:
        """The ids of the items, in order."""
        return [item.id for item in self.items]

    def to_dict(self) -> dict[str, Any]:
        """JSON values; ``items`` are ids and ``notes`` say, in the same order, where they stand and what is wrong."""
        return {
            "check": self.check, "title": self.title, "family": self.family, "severity": self.severity, "status": self.status,
            "n_checked": self.n_checked, "n_bad": self.n_bad, "unit": self.unit, "value": self.value, "threshold": self.threshold,
            "message": self.message, "accepted": self.accepted,
            "items": self.ids, "notes": [f"{item.split}: {item.note}" for item in self.items],
        }  # fmt: skip


def check(
    title: str,
    severity: Severity,
    *probes: Probe[Any],
    any_of: frozenset[Modality] = frozenset(),
    all_of: frozenset[Modality] = frozenset(),
    embeds: bool = False,
    between: bool = False,
) -> Callable[[Callable[[Evidence], Outcome]], Check]:
    """Make a function a check; its name, with dashes, is the key and its docstring what reports say about it."""

    def made(judge: Callable[[Evidence], Outcome]) -> Check:
        key = judge.__name__.replace("_", "-")
        return Check(
            key,
            title,
            severity,
            judge,
            probes,
            any_of,
            all_of,
            " ".join((judge.__doc__ or "").split()),
            embeds,
            between,
        )

    return made


def result_of(one: Check, evidence: Evidence, accepted: Accepted | None = None) -> Result:
    """Run one check on gathered evidence; a finding that does not go beyond what is accepted is known and let pass."""
    outcome = one.judge(evidence) if one.applies(evidence.modalities) else Outcome(0, message=_needs(one))
    notes: dict[tuple[str, int, str], list[str]] = {}
    for item in outcome.bad:
        notes.setdefault((item.split, item.row, item.id), []).append(item.note)
    status: Status = outcome.status or (one.severity if notes else "pass" if outcome.n_checked else "not_applicable")
    beside = {(item.split, item.row, item.id): item.beside for item in reversed(outcome.bad) if item.beside}
    items = tuple(
        Item(*place, _joined(said), beside.get(place)) for place, said in itertools.islice(notes.items(), MAX_ITEMS)
    )
    found = frozenset[str]() if status == "pass" else frozenset(f"{split}/{key}" for split, _, key in notes)
    known = status in ("fail", "warn") and _known(found, accepted)
    return Result(
        one.key, one.title, one.family, one.severity, status, outcome.n_checked, 0 if status == "pass" else len(notes), items,
        outcome.value, outcome.threshold, outcome.message, outcome.unit, known, found,
    )  # fmt: skip


def _known(found: frozenset[str], accepted: Accepted | None) -> bool:
    """Whether a finding is accepted: no more samples than a number says, or none but the named ones."""
    if accepted is None or isinstance(accepted, int):
        return 0 < len(found) <= (accepted or 0)
    return found <= accepted


def _joined(notes: Sequence[str]) -> str:
    said = list(dict.fromkeys(notes))
    more = [f"and {len(said) - MAX_NOTES} more"] if len(said) > MAX_NOTES else []
    return "; ".join(said[:MAX_NOTES] + more)


def _needs(one: Check) -> str:
    wanted = " and ".join(sorted(one.all_of)) or " or ".join(sorted(one.any_of))
    return f"No sample holds {wanted}."
