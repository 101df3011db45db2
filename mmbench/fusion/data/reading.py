"""From a task to the rows that fusion methods see: content embedded once by frozen encoders, standardised, reduced and kept on disk."""

import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache as remembered
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from mmbench.engines.features import Cache, model_digest
from mmbench.errors import UserError
from mmbench.files import digest, read_json, write_json
from mmbench.fusion.data.problems import answers, ask_of, refusal, value
from mmbench.fusion.data.reader import Pools, Reader
from mmbench.fusion.data.rows import SPLITS, folds_of, origins
from mmbench.fusion.data.stored import FACTS, SCHEMA, FusionData, damage, open_data, written
from mmbench.fusion.data.writing import write_rows
from mmbench.models import LoadedModel, load_model
from mmbench.models.base import Embedder, Fittable
from mmbench.samples import Modality
from mmbench.tasks.base import Ask, Load, Task

__all__ = ["FusionData", "answers", "fusion_data", "open_data", "value"]

VERSION = 1  # bumped by any change of the reading that moves a number
DEFAULT = "frozen-features"
RAW = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO)
ID_LENGTH = 24
Encoders: TypeAlias = Mapping[str, str | LoadedModel]
NO_ENCODERS: Encoders = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the reading moves a number; as the arguments of ``fusion_data``."""

    reduce: int | None
    max_steps: int
    batch_size: int
    limit: int | None

    def check(self) -> None:
        """``UserError`` for a number that makes no sense."""
        for name, number in asdict(self).items():
            if number is not None and number < 1:
                raise UserError(f"{name} is {number}: it has to be at least 1.")


@dataclass(frozen=True, slots=True)
class Located:
    """Where the rows of a task belong, and what makes them.

    Attributes:
        where: the folder; it need not be there.
        ask: how the task asks.
        load: opens its splits.
        models: the encoder of each raw modality that the task shows.
    """

    where: Path
    ask: Ask
    load: Load
    models: Mapping[Modality, LoadedModel]


def fusion_data(
    task: Task,
    *,
    folder: str | Path,
    encoders: Encoders = NO_ENCODERS,
    reduce: int | None = 64,
    max_steps: int = 50,
    batch_size: int = 32,
    cache: Cache | None = None,
    limit: int | None = None,
    progress: bool = True,
) -> FusionData:
    """A task's rows as arrays, made once and opened again afterwards.

    Published features are a modality each, under their name; pictures, texts and sounds are one each, a vector by a frozen encoder. Raw
    content is left out where there are features of its name. A row of features is a vector where no row has more than one step, else
    steps with a mask. Features are standardised by the training rows of their fold, and more than ``reduce`` of them become principal
    components of these rows. Nothing is dropped: what is missing or not finite is hidden by the mask and counted in ``facts``.

    Args:
        task: has training rows and asks for a class, a number, or answers in words (then the different training answers are the
            classes, and an answer that training does not have is target -1).
        folder: holds a folder per task, data, encoders and settings; one that is complete is opened without reading a sample.
        encoders: a modality (``image``, ``text``, ``audio``) to the model that embeds it, as a spec for ``load_model``;
            ``frozen-features`` by default. A model that has to be opened to be identified is opened each time.
        reduce: features that are kept per modality; ``None`` keeps all.
        max_steps: longer rows are averaged in neighbouring groups, each by its own length.
        batch_size: parts per call of an encoder.
        cache: of embeddings, shared with runs.
        limit: only about this many samples are answered, whole groups, as in a run; training rows stay as they are.
        progress: show a bar (never where standard error is not a terminal).

    Raises:
        UserError: the task asks for something else or shows one modality, a split is empty, all training rows have one label, an
            encoder cannot be used, or features differ in number.
    """
    settings = Settings(reduce, max_steps, batch_size, limit)
    place = located(task, folder, encoders, settings, progress=progress)
    where, ask, load = place.where, place.ask, place.load
    if where.exists():
        reason = damage(where, thorough=True)
        if not reason:
            return FusionData(where, read_json(where / FACTS), task, load)
        warnings.warn(f"{where} is damaged ({reason}): its rows are read again.", RuntimeWarning, stacklevel=2)
    where.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=where.parent, prefix=f".{where.name}.") as scratch:
        made = Path(scratch) / "made"
        pools = Pools(Path(scratch), place.models, settings.max_steps, load(task.split).revision, batch_size, cache)
        reader = Reader(task, ask, pools, progress=progress)
        for fold in folds_of(task, load, ask, limit):
            reader.read(fold)
        _finish(made, where.name, task, ask, load, settings, write_rows(made, reader.done(), reduce))
        _put(made, where)
    return FusionData(where, read_json(where / FACTS), task, load)


def located(task: Task, folder: str | Path, encoders: Encoders, settings: Settings, *, progress: bool) -> Located:
    """Where ``fusion_data`` puts the rows, or finds them; splits are opened to be identified, no sample is read. ``UserError`` as there."""
    settings.check()
    reason = refusal(task)
    if reason is not None:
        raise UserError(reason)
    ask = ask_of(task)
    load: Load = remembered(partial(task.load, progress=progress))
    models = _models(task, ask, encoders)
    key = digest(_identity(task, ask, load, models, settings))[:ID_LENGTH]
    return Located(Path(folder) / key, ask, load, models)


def _models(task: Task, ask: Ask, encoders: Encoders) -> dict[Modality, LoadedModel]:
    """The encoder of each raw modality that the task shows."""
    shown = [modality for modality in RAW if modality in task.shows(ask)]
    for name in encoders:
        if name not in shown:
            raise UserError(
                f"An encoder was given for {name!r}, and {task.id} shows {_listed(task, ask)}: "
                f"encoders go to {', '.join(shown) or 'none of them'}."
            )
    return {modality: _usable(modality, encoders.get(modality, DEFAULT)) for modality in shown}


def _usable(modality: Modality, given: str | LoadedModel) -> LoadedModel:
    model = load_model(given) if isinstance(given, str) else given
    name = model.card.name
    reason = ""
    if not isinstance(model.model, Embedder):
        reason = "it does not embed"
    elif isinstance(model.model, Fittable):
        reason = "it learns first, and features have to be frozen"
    elif modality not in model.card.modalities:
        reason = f"it takes {', '.join(sorted(model.card.modalities))}"
    elif model.revision is None:
        reason = "nothing identifies its weights: give its card a revision"
    if reason:
        raise UserError(f"{name} cannot be the encoder for {modality} ({reason}): choose another.")
    return model


def _identity(
    task: Task, ask: Ask, load: Load, models: Mapping[Modality, LoadedModel], settings: Settings
) -> dict[str, Any]:
    """Everything that can move a number."""
    return {
        "code": VERSION,
        "task": [task.id, task.version, task.protocol, ask],
        "changes": [[change.name, change.modifier.version] for change in task.changes],
        "data": {split: load(name).fingerprint for split, name in origins(task).items()},
        "encoders": {modality: model_digest(model) for modality, model in models.items()},
        "settings": asdict(settings),
    }


def _finish(
    made: Path, key: str, task: Task, ask: Ask, load: Load, settings: Settings, found: Mapping[str, Any]
) -> None:
    """The facts, last: a folder without them is not complete."""
    names = origins(task)
    about = {"id": task.id, "title": task.title, "version": task.version, "kind": task.kind, "ask": ask}
    facts = {
        "schema": SCHEMA,
        "id": key,
        "task": about,
        "settings": asdict(settings),
        "data": {split: load(names[split]).facts for split in SPLITS},
        **found,
        "files": written(made),
    }
    write_json(made / FACTS, facts)


def _put(made: Path, where: Path) -> None:
    """In the place of what was damaged; another process may have been faster, and has the same."""
    if where.exists() and damage(where, thorough=True):
        shutil.rmtree(where)
    try:
        made.rename(where)
    except OSError:
        if damage(where, thorough=False):
            raise


def _listed(task: Task, ask: Ask) -> str:
    return ", ".join(sorted(task.shows(ask)))
