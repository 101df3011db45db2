"""Embeddings kept between runs: an identical batch of an identical model is embedded once, whichever task or method asks for it.

Entries lie at ``<output_dir>/.embeddings/<model>/<batch>.safetensors``. They are only a cache: delete the folder at any time, or the folder
of one model. An entry holds a whole batch, since the numbers of a batch depend, in their last bits, on what else is in it: so a run gives
the same bytes with and without the cache.
"""

import contextlib
import hashlib
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.engines.asking import Asked, ask
from mmbench.engines.reading import THREADS, Batch, read_ahead
from mmbench.files import canonical_json, digest
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable
from mmbench.runs.parts import joined
from mmbench.samples import MediaPart, Modality, Role, Sample
from mmbench.tasks.base import Output, Stage

FOLDER = ".embeddings"
ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Cache:
    """Embedded batches on disk.

    Attributes:
        folder: where they lie.
        fresh: take nothing from it (``--restart``); what is embedded is still put there.
    """

    folder: Path
    fresh: bool = False

    def path(self, model: LoadedModel, stage: Stage, items: Sequence[Sample], seed: int) -> Path | None:
        """Where a batch lies, or would; ``None`` where it is not kept.

        Not kept are batches of models without a declared revision, of models that fit (they embed otherwise after each fit), of floors
        and ceilings, and of samples with targets.
        """
        fits = isinstance(model.model, Fittable) or model.card.kind != "model"
        if fits or model.card.revision is None or any(item.target is not None for item in items):
            return None
        one = getattr(model.model, "symmetric", False) is True  # a model that embeds queries and documents alike
        batch = {
            "modalities": sorted(stage.modalities),
            "role": None if one else stage.role,
            "instruction": stage.instruction,
            "seed": seed,
            "items": [[item.id, [_named(part) for part in item.content], list(item.options)] for item in items],
        }
        return self.folder / model_digest(model) / f"{digest(batch)[:ID_LENGTH]}.safetensors"

    def load(self, path: Path) -> NDArray[Any] | None:
        """The vectors ``(n, d)`` of an entry, or ``None`` where there is none. A damaged one is said, and counts as none."""
        from safetensors import SafetensorError, safe_open

        if self.fresh or not path.exists():
            return None
        try:
            with safe_open(path, framework="numpy") as handle:
                values: NDArray[Any] = handle.get_tensor("values")
                told = (handle.metadata() or {}).get("sha256")
        except (OSError, SafetensorError) as error:
            told, values, reason = None, np.zeros(0), f"{type(error).__name__}: {error}"
        else:
            reason = "its sha256 is not the stored one"
        if told == _sha256(path.stem, values):
            return values
        warnings.warn(f"{path} is damaged ({reason}): its batch is embedded again.", RuntimeWarning, stacklevel=2)
        return None

    def save(self, path: Path, values: NDArray[Any]) -> None:
        """Keep the vectors of a batch. Written aside and renamed, and not synced: what a crash damages is found by its hash."""
        from safetensors.numpy import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        values = np.ascontiguousarray(values)
        try:
            save_file({"values": values}, name, metadata={"sha256": _sha256(path.stem, values)})
            Path(name).replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()


def model_digest(model: LoadedModel) -> str:
    """Everything but the batch that can move a vector: weights, configuration, preprocessing, kind of device, precision."""
    place: Mapping[str, Any] = {
        name: str(getattr(model.model, name, model.place.get(name, ""))).removeprefix("torch.")
        for name in ("device", "dtype")
    }
    facts = {
        "model": model.identity(),
        "preprocessing": str(getattr(model.model, "preprocessing", "")),
        "device": place["device"].split(":")[0],  # cuda:0 computes what cuda:1 computes
        "dtype": place["dtype"],
    }
    return digest(facts)[:ID_LENGTH]


def ask_cached(
    model: LoadedModel, stage: Stage, batch: Batch, cache: Cache | None, *, size: int, seed: int
) -> tuple[Asked, Path | None]:
    """As ``ask``, with what the cache has; the path is where to keep what it has not, after it was stored in the run."""
    whole = not any(isinstance(item, Exception) for item in batch.items)
    path = cache.path(model, stage, batch.items, seed) if cache and stage.ask == "embed" and whole else None
    known = cache.load(path) if cache and path else None
    if known is not None and len(known) == len(batch.wanted):
        return Asked(batch.wanted[0], len(known), known, (), {}, 0.0, size, cached=True), None
    asked = ask(model, stage, batch.wanted, batch=batch, size=size, seed=seed)
    as_planned = not asked.errors and asked.apart is None and asked.size >= len(batch.wanted)
    return asked, path if as_planned else None


def embeddings(
    model: LoadedModel,
    samples: Sequence[Sample],
    *,
    modalities: frozenset[Modality],
    role: Role | None = None,
    instruction: str | None = None,
    batch_size: int = 32,
    seed: int = 0,
    cache: Cache | None = None,
) -> Output:
    """What a model that does not fit makes of a split: vectors ``(n, d)`` in the order of the samples, NaN rows where one failed.

    Args:
        model: can embed.
        samples: are shown without their targets.
        modalities: the kinds of content that are shown.
        role: as in ``Embedder.embed``.
        instruction: as in ``Embedder.embed``.
        batch_size: samples per call.
        seed: of models that draw at random.
        cache: gives what was embedded before, by a run too, if it had the same batches.
    """
    views = [sample.view(modalities) for sample in samples]
    stage = Stage("features", "embed", [view.id for view in views], views, modalities, role, instruction)
    plan = [range(start, min(start + batch_size, len(views))) for start in range(0, len(views), batch_size)]
    rows: list[NDArray[Any]] = []
    errors: dict[str, str] = {}
    size = batch_size
    for batch in read_ahead(model, stage, plan, THREADS):
        asked, path = ask_cached(model, stage, batch, cache, size=size, seed=seed)
        if cache is not None and path is not None and asked.values is not None:
            cache.save(path, asked.values)
        size = min(size, asked.size)
        errors |= asked.errors
        rows.append(np.asarray(asked.values))
    return Output(joined(rows), errors)


def _named(part: Any) -> list[str | None]:
    """What identifies a part; of media the bytes that a model would read."""
    return [part.modality, part.language, part.sha256 if isinstance(part, MediaPart) else part.fingerprint]


def _sha256(key: str, values: NDArray[Any]) -> str:
    head = canonical_json([key, values.dtype.str, list(values.shape)]).encode()
    return hashlib.sha256(head + np.ascontiguousarray(values).tobytes()).hexdigest()
