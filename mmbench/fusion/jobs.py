"""The work of a comparison in pieces that are done once each: a training per (method, trial, seed), and a look at the test split."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmbench.errors import UserError
from mmbench.files import atomic_path, digest, file_sha256, read_json, write_json
from mmbench.fusion.data.reading import FusionData, open_data, value
from mmbench.fusion.entries import Entry, configured, entry
from mmbench.fusion.network import network
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.training import Rows, Scale, Trained, rows_of, scale_of, train
from mmbench.runs.identity import folder_name

TRAININGS = "trainings"


@dataclass(frozen=True, slots=True)
class Job:
    """One training of an entry on all folds; ``code`` identifies that of a stranger's method."""

    entry: str
    trial: int
    seed: int
    code: str = ""

    @property
    def stem(self) -> str:
        """The name of its files, with a part of a digest, since two names may look alike as folders."""
        known = digest([self.entry, self.code] if self.code else self.entry)[:6]
        return f"{folder_name(self.entry)}-{known}/trial-{self.trial:03d}-seed-{self.seed}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study's data and results lie, and how it trains. It goes to other processes as it is."""

    data: Path
    study: Path
    protocol: Protocol
    device: str = "cpu"

    def record(self, job: Job) -> Path:
        """The facts of a training; there once it is complete."""
        return self.study / TRAININGS / f"{job.stem}.json"

    def weights(self, job: Job) -> Path:
        """Its weights."""
        return self.study / TRAININGS / f"{job.stem}.safetensors"


class Bench:
    """A place that is worked at: data opened once, rows made once per kind of method."""

    def __init__(self, place: Place, data: FusionData | None = None) -> None:
        self.place = place
        self.data = data or open_data(place.data)
        self._rows: dict[tuple[str, str, bool], Rows] = {}

    def entry(self, name: str) -> Entry:
        """An entry by name."""
        return entry(name, self.data.names)

    def scale(self, fold: str) -> Scale:
        """How values are standardised."""
        return scale_of(self.data.block(fold, "train").targets, self.data.problem)

    def rows(self, fold: str, split: str, one: Entry) -> Rows:
        """Rows of the train or the validation split for a method. The test split is not to be had here."""
        if split not in ("train", "valid"):
            raise ValueError(f"training sees train and valid, not {split}")
        key = (fold, split, one.fusion.sequences)
        if key not in self._rows:
            self._rows[key] = rows_of(self.data.block(fold, split), one.fusion, self.data.problem, self.scale(fold))
        return self._rows[key]


def run(bench: Bench, job: Job) -> dict[str, Any]:
    """Train, unless it was done; returns the record."""
    place = bench.place
    known = read_record(place, job)
    if known is not None:
        return known
    one, data, protocol = bench.entry(job.entry), bench.data, place.protocol
    config, sizes = configured(one, job.trial, data.dims, data.problem.outputs, protocol.budget, protocol.tolerance)
    began = time.perf_counter()
    state: dict[str, torch.Tensor] = {}
    folds: list[dict[str, Any]] = []
    reaches: list[float] = []
    for fold in data.folds:
        rows = bench.rows(fold, "train", one), bench.rows(fold, "valid", one)
        models, progress = [], []
        for number, (member, size) in enumerate(zip(one.members, sizes, strict=True)):
            model, how = train(one, member, size, rows, data.problem, config, protocol, job.seed, place.device)
            models.append(model)
            progress.append(how)
            state |= {f"{fold}/{number}/{key}": values.cpu().contiguous() for key, values in model.state_dict().items()}
        trained = Trained(one.fusion, one.members, tuple(models), data.problem, bench.scale(fold), place.device)
        reached = value(data.problem, trained.outputs(rows[1].inputs, rows[1].masks), data.block(fold, "valid").targets)
        reaches.append(reached)
        folds.append({"valid": _number(reached), "networks": [_facts(how) for how in progress]})
    _save(place.weights(job), state)
    record = {
        "entry": job.entry,
        "trial": job.trial,
        "seed": job.seed,
        "config": config.facts,
        "widths": [size.width for size in sizes],
        "parameters": sum(size.parameters for size in sizes),
        "valid": _number(float(np.mean(reaches))),
        "folds": folds,
        "seconds": round(time.perf_counter() - began, 4),
        "weights": file_sha256(place.weights(job)),
        "device": place.device,
    }
    write_json(place.record(job), record)
    return record


def read_record(place: Place, job: Job) -> dict[str, Any] | None:
    """The record of a complete training, or ``None``; what is damaged counts as none."""
    try:
        found = read_json(place.record(job))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "weights" in found else None


def trained(bench: Bench, job: Job, fold: str) -> Trained:
    """The networks of a complete training, from disk. ``UserError`` where the weights are not those of the record."""
    from safetensors.torch import load_file

    place, one, data = bench.place, bench.entry(job.entry), bench.data
    record, path = read_record(place, job), place.weights(job)
    if record is None or not path.exists() or file_sha256(path) != record["weights"]:
        raise UserError(f"{path} is missing or damaged: delete {place.record(job)} and run the same command again.")
    state = load_file(path)
    config = record["config"]
    models = []
    for number, (member, width) in enumerate(zip(one.members, record["widths"], strict=True)):
        dims = [data.dims[m] for m in member.modalities]
        model = network(one.fusion, dims, data.problem.outputs, width, dropout=config["dropout"], knobs=config["knobs"])
        head = f"{fold}/{number}/"
        model.load_state_dict({key.removeprefix(head): v for key, v in state.items() if key.startswith(head)})
        models.append(model.to(place.device).eval())
    return Trained(one.fusion, one.members, tuple(models), data.problem, bench.scale(fold), place.device)


def _facts(how: Any) -> dict[str, Any]:
    losses = [round(loss, 6) if np.isfinite(loss) else None for loss in how.losses]
    return {"losses": losses, "best": how.best, "updates": how.updates, "seconds": round(how.seconds, 4)}


def _number(value: float) -> float | None:
    """``None`` where it is undefined: what is constant correlates with nothing."""
    return value if np.isfinite(value) else None


def _save(path: Path, state: Mapping[str, torch.Tensor]) -> None:
    from safetensors.torch import save_file

    with atomic_path(path) as temporary:
        save_file(dict(state), temporary)
