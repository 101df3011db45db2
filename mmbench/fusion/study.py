"""One comparison at one budget: search on train and validation, seeds of what was chosen, then one look at the test split."""

import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
        picks: the number of the chosen configuration, per seed.
        searches: per search the records of all trials, in order.
        seeds: the records of the chosen ones, per seed.
        looks: what is said of the test split, per seed.
        reads: how many selections of this entry were ever tested.
    """

    entry: Entry
    picks: tuple[int, ...]
    searches: tuple[tuple[dict[str, Any], ...], ...]
    seeds: tuple[dict[str, Any], ...] = ()
    looks: tuple[dict[str, Any], ...] = ()
    reads: int = 1

    @property
    def jobs(self) -> list[Job]:
        """The trainings behind the result."""
        return [job_of(self.entry, trial, seed) for seed, trial in enumerate(self.picks)]

    def expected(self, *, higher_is_better: bool) -> list[float] | None:
        """What the best of k trials is worth, on the mean over searches; ``None`` where a trial has no value."""
        values = [[one["valid"] for one in trials] for trials in self.searches]
        if any(None in trials for trials in values):
            return None
        curves = [expected_best(trials, higher_is_better=higher_is_better) for trials in values]
        return [float(each) for each in np.mean(curves, axis=0)]


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
        [job_of(one, trial, seed) for seed in protocol.searches for one in kept for trial in range(protocol.trials)],
        crew,
        "search",
        progress,
    )
    found = [choice(one, searched, protocol, data.problem.higher_is_better) for one in kept]
    finals = [job for one in found for job in one.jobs]
    trained = _records(bench, finals, crew, "seeds", progress)
    title = f"test at {protocol.budget:,}"
    looks = dict(crew.put(look, bench, finals, known=read_look, title=title, progress=progress))
    counted = reads(place)
    write_json(place.study / "study.json", {"data": data.facts["id"], "training": dict(protocol.training)})
    return Study(
        place.study.name,
        place,
        tuple(
            replace(
                one,
                seeds=tuple(trained[job] for job in one.jobs),
                looks=tuple(looks[job] for job in one.jobs),
                reads=counted.get(one.entry.name, 1),
            )
            for one in found
        ),
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


def choice(one: Entry, searched: Mapping[Job, dict[str, Any]], protocol: Protocol, higher_is_better: bool) -> Chosen:
    """Per seed the trial with the best validation value; of equals the first. Nothing of the test split is known here.

    Args:
        one: the entry.
        searched: the records of its trials under the seeds of all searches.
        protocol: says which searches there are.
        higher_is_better: the direction of the value.

    Raises:
        UserError: no trial of a method has a value. A floor may have nothing to say: a modality that is constant.
    """
    sign = 1 if higher_is_better else -1
    found = [
        tuple(searched[job_of(one, trial, seed)] for trial in range(protocol.trials)) for seed in protocol.searches
    ]
    values = [[-np.inf if trial["valid"] is None else sign * trial["valid"] for trial in trials] for trials in found]
    if any(max(each) == -np.inf for each in values) and one.kind == "method":
        raise UserError(
            f"No trial of {one.name} gave a number on the validation split: try more --trials, or look at its features."
        )
    best = [int(np.argmax(each)) for each in values]
    return Chosen(one, tuple(best if protocol.search_per_seed else best * protocol.seeds), tuple(found))


def job_of(one: Entry, trial: int, seed: int) -> Job:
    """The training of an entry's trial under a seed."""
    return Job(one.name, trial, seed, one.fusion.code)
