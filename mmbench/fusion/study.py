"""One comparison at one budget: search on train and validation, seeds of what was chosen, then one look at the test split."""

import typing
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.errors import UserError
from mmbench.files import digest, write_json
from mmbench.fusion.blocks import Problem
from mmbench.fusion.crew import Crew
from mmbench.fusion.data.reading import FusionData
from mmbench.fusion.entries import Entry, fitting, floors, method
from mmbench.fusion.jobs import Bench, Job, Place, read_record, run
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.search import expected_best
from mmbench.fusion.testing import look, read_look, reads

STUDIES = ".fusion"
LATE = "decision-average"  # always there: a floor to the others, and against whose robustness theirs is measured


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the search chose for an entry.

    Attributes:
        entry: what was searched for.
        trial: the number of the chosen configuration.
        trials: the records of all of them, in order.
        seeds: the records of the chosen one, per seed.
        looks: what is said of the test split, per seed.
        reads: how many selections of this entry were ever tested.
    """

    entry: Entry
    trial: int
    trials: tuple[dict[str, Any], ...]
    seeds: tuple[dict[str, Any], ...] = ()
    looks: tuple[dict[str, Any], ...] = ()
    reads: int = 1

    @property
    def jobs(self) -> list[Job]:
        """The trainings behind the result."""
        return [job_of(self.entry, self.trial, one["seed"]) for one in self.seeds]

    def expected(self, *, higher_is_better: bool) -> list[float] | None:
        """What the best of k trials is worth; ``None`` where a trial has no value."""
        values = [one["valid"] for one in self.trials]
        return None if None in values else expected_best(values, higher_is_better=higher_is_better)


@dataclass(frozen=True, slots=True)
class Study:
    """All entries of a comparison at one budget."""

    id: str
    place: Place
    chosen: tuple[Chosen, ...]
    left_out: tuple[str, ...] = field(default=())


class Sized(typing.Protocol):
    """What of some rows sizes methods."""

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        ...

    @property
    def dims(self) -> tuple[int, ...]:
        """Features per modality."""
        ...

    @property
    def problem(self) -> Problem:
        """What is to be predicted."""
        ...


@dataclass(frozen=True, slots=True)
class Entrants:
    """Who meets the budget, and a sentence about each of the others."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]


def study(
    data: FusionData, entrants: Entrants, protocol: Protocol, output_dir: Path, *, crew: Crew, device: str, progress: bool
) -> Study:  # fmt: skip
    """Search, train, test; what was done before is not done again.

    Args:
        data: what is learned.
        entrants: who takes part.
        protocol: the conditions.
        output_dir: the study lies in a hidden folder of it.
        crew: does the work.
        device: where networks are trained.
        progress: show bars.

    Raises:
        UserError: no trial of a method gave a number.
    """
    kept = entrants.entries
    place = place_of(data.facts["id"], data.folder, protocol, output_dir, device)
    bench = Bench(place, data)
    searched = _records(
        bench,
        [job_of(one, trial, 0) for one in kept for trial in range(protocol.trials)],
        crew,
        "search",
        progress,
    )
    better = data.problem.higher_is_better
    found = [choice(one, [searched[job_of(one, trial, 0)] for trial in range(protocol.trials)], better) for one in kept]
    finals = [job_of(one.entry, one.trial, seed) for one in found for seed in range(protocol.seeds)]
    trained = _records(bench, finals, crew, "seeds", progress)
    title = f"test at {protocol.budget:,}"
    looks = dict(crew.put(look, bench, finals, known=read_look, title=title, progress=progress))
    counted = reads(place)
    write_json(place.study / "study.json", {"data": data.facts["id"], "training": dict(protocol.training)})
    return Study(
        place.study.name,
        place,
        tuple(_whole(one, protocol.seeds, trained, looks, counted) for one in found),
        entrants.left_out,
    )


def place_of(data_id: str, folder: Path, protocol: Protocol, output_dir: Path, device: str) -> Place:
    """Where the study of some rows under a protocol lies."""
    name = digest({"data": data_id, "training": dict(protocol.training), "device": device.split(":")[0]})[:12]
    return Place(folder, output_dir / STUDIES / "studies" / name, protocol, device)


def entrants(data: Sized, entries: Sequence[Entry], protocol: Protocol, named: Collection[str]) -> Entrants:
    """The methods that can meet the budget, with late fusion and the floors, which take part in every comparison.

    Args:
        data: what is learned.
        entries: the methods.
        protocol: gives the budget.
        named: the names of those that may not be left out in silence, as they were asked for one by one.

    Raises:
        UserError: one of these cannot meet the budget, or no method can.
    """
    kept, left_out = [], []
    late = [] if any(one.name == LATE for one in entries) else [method(LATE, data.names)]
    for one in (*entries, *late, *floors(data.names)):
        try:
            fitting(one, data.dims, data.problem.outputs, protocol.budget, protocol.tolerance)
        except UserError as error:
            if one.name in named:
                raise
            left_out.append(f"{one.name} is left out: {error}")
        else:
            kept.append(one)
    if not any(one.kind == "method" for one in kept):
        raise UserError(f"No method fits a budget of {protocol.budget:,} parameters here: {left_out[0]}")
    return Entrants(tuple(kept), tuple(left_out))


def _records(bench: Bench, jobs: Sequence[Job], crew: Crew, title: str, progress: bool) -> dict[Job, dict[str, Any]]:
    title = f"{title} at {bench.place.protocol.budget:,}"
    return dict(crew.put(run, bench, jobs, known=read_record, title=title, progress=progress))


def choice(one: Entry, trials: Sequence[dict[str, Any]], higher_is_better: bool) -> Chosen:
    """The trial with the best validation value; of equals the first. Nothing of the test split is known here."""
    sign = 1 if higher_is_better else -1
    values = [-np.inf if trial["valid"] is None else sign * trial["valid"] for trial in trials]
    if max(values) == -np.inf and one.kind == "method":  # a floor may have nothing to say: a modality that is constant
        raise UserError(
            f"No trial of {one.name} gave a number on the validation split: try more --trials, or look at its features."
        )
    return Chosen(one, int(np.argmax(values)), tuple(trials))


def _whole(
    one: Chosen, seeds: int, trained: dict[Job, dict[str, Any]], looks: dict[Job, dict[str, Any]], counted: dict[str, int]
) -> Chosen:  # fmt: skip
    jobs = [job_of(one.entry, one.trial, seed) for seed in range(seeds)]
    name = one.entry.name
    return Chosen(
        one.entry,
        one.trial,
        one.trials,
        tuple(trained[job] for job in jobs),
        tuple(looks[job] for job in jobs),
        counted.get(name, 1),
    )


def job_of(one: Entry, trial: int, seed: int) -> Job:
    """The training of an entry's trial under a seed."""
    return Job(one.name, trial, seed, one.fusion.code)
