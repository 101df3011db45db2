"""What a comparison would do, before anything is encoded or trained: modalities, sizes of the methods, trainings that are left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.errors import UserError
from mmbench.files import read_json
from mmbench.fusion.blocks import Problem
from mmbench.fusion.comparison import protocols_of, task_of
from mmbench.fusion.data.gathering import Entries, Gatherer
from mmbench.fusion.data.reader import Reader
from mmbench.fusion.data.reading import NO_ENCODERS, Encoders, Located, Settings, located
from mmbench.fusion.data.rows import folds_of
from mmbench.fusion.data.stored import FACTS, damage
from mmbench.fusion.entries import Entry, chosen, configured, named
from mmbench.fusion.jobs import Place, read_record
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.study import STUDIES, choice, entrants, job_of, place_of
from mmbench.fusion.testing import read_look
from mmbench.models import LoadedModel
from mmbench.samples import FeaturesPart, Modality, Part, Sample
from mmbench.tasks.base import Task

ON_DISK, TO_MAKE = "on disk", "to be made"
BATCH = 32  # parts per call of an encoder, as ``fusion_data`` has it


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a task's rows without embedding any.

    Attributes:
        state: ``on disk``, or ``to be made``.
        id: of the rows.
        problem: what is to be predicted.
        rows: per split, of all folds.
        modalities: per modality ``name``, ``encoder``, ``d`` (``None`` before the first was embedded), ``kept``, ``steps``,
            ``distinct`` (parts that are pooled or embedded once each).
    """

    state: str
    id: str
    problem: Problem
    rows: Mapping[str, int]
    modalities: Sequence[Mapping[str, Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        return tuple(one["name"] for one in self.modalities)

    @property
    def dims(self) -> tuple[int, ...]:
        """Features per modality that methods get."""
        return tuple(one["kept"] for one in self.modalities)


def forecast(
    task: str | Task,
    *,
    methods: str | Sequence[str] = "all",
    seeds: int = 5,
    budget: int = 50_000,
    trials: int = 10,
    search_per_seed: bool = False,
    sensitivity: bool = False,
    encoders: Encoders = NO_ENCODERS,
    reduce: int | None = 64,
    max_steps: int = 50,
    updates: int = 2_000,
    batch_size: int = 128,
    limit: int | None = None,
    output_dir: str | Path = "runs",
    device: str = "cpu",
    progress: bool = True,
) -> dict[str, Any]:
    """What ``compare_fusion`` would do with these arguments. Samples are read where their features are not on disk; nothing is written.

    Returns:
        JSON values: ``task``, ``measure``, ``outputs``, ``features`` (``state``, ``rows``, ``modalities``; of raw content before it is
        embedded ``kept`` is what is assumed) and per budget ``methods`` (``name``, ``kind``, ``width``, ``parameters`` of the default
        configuration), ``left_out`` (sentences), ``trainings``, ``trained``, ``tests``, ``tested``.

    Raises:
        UserError: as ``compare_fusion``; or the data or the number of features cannot be known before.
    """
    from mmbench.models.devices import resolve_device

    protocol = Protocol(
        budget, trials=trials, seeds=seeds, updates=updates, batch_size=batch_size, reduce=reduce, max_steps=max_steps,
        search_per_seed=search_per_seed,
    )  # fmt: skip
    chosen(methods, ())  # a wrong name is said before anything is read
    found, root, place = task_of(task), Path(output_dir), str(resolve_device(device))
    settings = Settings(reduce, max_steps, BATCH, limit)
    sight = _sight(found, root / STUDIES / "features", encoders, settings, progress=progress)
    parts = protocols_of(protocol, sensitivity=sensitivity)
    places = [place_of(sight.id, root / STUDIES / "features" / sight.id, part, root, place) for part in parts]
    needed = named(methods)
    modalities = [dict(one) for one in sight.modalities]
    return {
        "task": found.id,
        "measure": sight.problem.measure,
        "outputs": sight.problem.outputs,
        "features": {"state": sight.state, "rows": dict(sight.rows), "modalities": modalities},
        "budgets": [_budget(sight, methods, one, needed if one.protocol.budget == budget else ()) for one in places],
    }


def _sight(
    task: Task, folder: Path, encoders: Encoders, settings: Settings, *, progress: bool
) -> Sight:  # fmt: skip
    place = located(task, folder, encoders, settings, progress=progress)
    if not place.where.exists() or damage(place.where, thorough=False):
        return _counted(task, place, settings, progress=progress)
    facts = read_json(place.where / FACTS)
    problem = Problem(tuple(facts["problem"]["classes"]), facts["problem"]["measure"], facts["problem"]["convention"])
    rows = {split: sum(fold["rows"][split] for fold in facts["folds"]) for split in facts["folds"][0]["rows"]}
    keys = ("name", "encoder", "d", "kept", "steps", "distinct")
    return Sight(
        ON_DISK, place.where.name, problem, rows, [{key: one[key] for key in keys} for one in facts["modalities"]]
    )


def _counted(task: Task, place: Located, settings: Settings, *, progress: bool) -> Sight:
    """Read every sample as ``fusion_data`` does, with the same refusals, and count instead of embed."""
    takers = Counters(place.models, settings.max_steps)
    reader = Reader(task, place.ask, takers, progress=progress)
    for fold in folds_of(task, place.load, place.ask, settings.limit):
        reader.read(fold)
    gathered = reader.done()
    rows = {
        split: sum(len(splits[split].ids) for splits in gathered.folds.values())
        for split in next(iter(gathered.folds.values()))
    }
    modalities = [
        {"name": name, **takers.seen[name].facts(settings.reduce), "distinct": len(entries.starts) - 1}
        for name, entries in gathered.entries.items()
    ]
    return Sight(TO_MAKE, place.where.name, gathered.problem, rows, modalities)


@dataclass(frozen=True, slots=True)
class Counters:
    """Takes parts and keeps none of them.

    Attributes:
        models: the encoder of each raw modality.
        most: steps that are kept of a part.
        seen: what was counted, by modality.
    """

    models: Mapping[Modality, LoadedModel]
    most: int
    seen: "dict[str, Counter]" = field(default_factory=dict)

    def gatherer(self, name: str, part: Part, number: int) -> Gatherer:
        """For the modality of which this is the first part."""
        encoder = None if isinstance(part, FeaturesPart) else self.models[part.modality]
        self.seen[name] = Counter(name, encoder, self.most)
        return self.seen[name]


class Counter:
    """Counts the different parts of a modality, and looks at the shape of features.

    Args:
        name: of the modality.
        encoder: that would embed it; ``None`` for features.
        most: steps that are kept of a part.
    """

    def __init__(self, name: str, encoder: LoadedModel | None, most: int) -> None:
        self._name, self._encoder, self._most = name, encoder, most
        self._known: dict[str, int] = {}
        self._width: int | None = None
        self._steps = 1

    def entry(self, sample: Sample, part: Part) -> int:
        """The number of the part: equal content is one."""
        if isinstance(part, FeaturesPart):
            self._steps = max(self._steps, min(len(part.values), self._most))
            self._width = part.values.shape[-1]
        return self._known.setdefault(part.fingerprint, len(self._known))

    def close(self) -> Entries:
        """As many entries of one step as there are different parts, without a feature."""
        count = len(self._known)
        return Entries(
            np.zeros((count, 0), np.float32), np.ones(count, bool), np.arange(count + 1, dtype=np.int64), {}, "", ""
        )

    def facts(self, reduce: int | None) -> dict[str, Any]:
        """``encoder``, ``d``, ``kept``, ``steps``. ``UserError`` where all features are kept and their number is not known yet."""
        encoder = self._encoder
        if self._width is None and reduce is None:
            raise UserError(
                f"How many features {self._name} has is known once it is embedded, and all are to be kept: "
                "leave --dry-run out, or keep a number of them with --reduce."
            )
        kept = min(one for one in (self._width, reduce) if one is not None)
        name = "published features" if encoder is None else encoder.label or encoder.spec or encoder.card.name
        return {"encoder": name, "d": self._width, "kept": kept, "steps": self._steps}


def _budget(sight: Sight, methods: str | Sequence[str], place: Place, needed: Collection[str]) -> dict[str, Any]:
    """What happens at one budget, and what of it is there."""
    protocol = place.protocol
    who = entrants(sight, chosen(methods, sight.names), protocol, needed)
    work = [_done(one, place, sight.problem) for one in who.entries]
    return {
        "budget": protocol.budget,
        "methods": [_size(one, sight, protocol) for one in who.entries],
        "left_out": list(who.left_out),
        "trainings": len(who.entries)
        * (protocol.trials * len(protocol.searches) + protocol.seeds - len(protocol.searches)),
        "trained": sum(trained for trained, _ in work),
        "tests": len(who.entries) * protocol.seeds,
        "tested": sum(tested for _, tested in work),
    }


def _size(one: Entry, sight: Sight, protocol: Protocol) -> dict[str, Any]:
    _, sizes = configured(one, 0, sight.dims, sight.problem.outputs, protocol.budget, protocol.tolerance)
    return {
        "name": one.name,
        "title": one.title,
        "kind": one.kind,
        "width": sizes[0].width,
        "networks": len(sizes),
        "parameters": sum(size.parameters for size in sizes),
    }


def _done(one: Entry, place: Place, problem: Problem) -> tuple[int, int]:
    """Trainings and looks at the test split that are there already; those of other seeds count once the search has chosen."""
    protocol = place.protocol
    wanted = [job_of(one, trial, seed) for seed in protocol.searches for trial in range(protocol.trials)]
    there = {job: record for job in wanted if (record := read_record(place, job)) is not None}
    if len(there) < len(wanted):
        return len(there), 0
    finals = choice(one, there, protocol, problem.higher_is_better).jobs
    more = sum(read_record(place, job) is not None for job in finals if job not in there)
    return len(there) + more, sum(read_look(place, job) is not None for job in finals)
