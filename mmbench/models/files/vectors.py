"""Embeddings out of safetensors, npy, npz or rows, as a model: a vector is found by the side that it is for and the sample's id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.base import ModelCard
from mmbench.models.files.answers import Columns, keyed, one_width, tasks_of, vector
from mmbench.models.files.matching import Matched, Side, compare, same_task
from mmbench.models.files.rows import Row
from mmbench.samples import MediaError, Modality, Role, Sample

MISSING = "the file has no embedding for it"
ANY = "embeddings"  # the tensor that serves whatever has no tensor of its own
ROLES: Mapping[str, tuple[str, ...]] = {
    "query": ("query", "queries"),
    "document": ("document", "documents", "candidates", "corpus"),
}
KINDS: Mapping[Modality, tuple[str, ...]] = {
    modality: (modality.value, f"{modality.value}s", f"{modality.value}_embeddings", f"{modality.value}_embeds")
    for modality in Modality
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """The vectors of one side.

    Attributes:
        name: as in the file.
        ids: one per row.
        values: float32 ``(n, d)``.
    """

    name: str
    ids: Sequence[str]
    values: NDArray[np.float32]


class Embeddings:
    """Stored vectors. Tensors are looked at in this order: the stage's name, the role, the modality, then the one called ``embeddings``."""

    def __init__(
        self, what: str, tensors: Sequence[Tensor], card: ModelCard, tasks: frozenset[str] = frozenset()
    ) -> None:
        self.card = card
        self._what = what
        self._tasks = tasks
        self._tensors = {tensor.name: tensor for tensor in tensors}
        self._places = {tensor.name: {key: row for row, key in enumerate(tensor.ids)} for tensor in tensors}
        self._stages: dict[tuple[frozenset[Modality], Role | None], list[str]] = {}
        for tensor in tensors:
            _check(what, tensor, len(self._places[tensor.name]))
        one_width(what, [(tensor.name, tensor.values.shape[1]) for tensor in tensors])

    def match(self, task: str, sides: Sequence[Side]) -> Matched:
        """Compare the ids of every side.

        Raises:
            UserError: a side has no tensor, nothing of it is in the file, or one tensor would serve two kinds of content under one id.
        """
        same_task(self._what, self._tasks, task)
        found = []
        used: dict[str, list[Side]] = {}
        for side in sides:
            self._stages.setdefault((side.modalities, side.role), []).append(side.name)
        for side in sides:
            names = list(self._names(side.modalities, side.role))
            if not names:
                raise UserError(f"{self._what} has no vectors for the {side.name} of {task}: {self._wanted(side)}.")
            for name in names:
                used.setdefault(name, []).append(side)
            held = {key for name in names for key in self._places[name]}
            found.append((compare(f"{self._what} ({', '.join(names)})", held, side.ids, task), names))
        self._refuse_mixing(task, used)
        asked = {key for side in sides for key in side.ids}
        spare = sorted({key for name in self._tensors for key in self._places[name]} - asked)
        return Matched(sum(one.known for one, _ in found), sum(one.missing for one, _ in found), spare)

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """The stored vectors ``(n, d)``; ``MediaError`` for a sample without one."""
        names = list(self._names(modalities, role))
        return np.stack([self._vector(sample.id, names) for sample in samples])

    def _vector(self, key: str, names: Sequence[str]) -> NDArray[np.float32]:
        for name in names:
            row = self._places[name].get(key)
            if row is not None:
                return np.asarray(self._tensors[name].values[row], dtype=np.float32)
        raise MediaError(key, MISSING)

    def _names(self, modalities: frozenset[Modality], role: Role | None) -> Iterator[str]:
        """The tensors for one side: those of the first kind of name that the file has."""
        kinds = KINDS[next(iter(modalities))] if len(modalities) == 1 else ()
        for names in (self._stages.get((modalities, role), ()), ROLES.get(role or "", ()), kinds, (ANY,)):
            known = [name for name in names if name in self._tensors]
            if known:
                yield from known
                return

    def _wanted(self, side: Side) -> str:
        kinds = [KINDS[modality][0] for modality in sorted(side.modalities)]
        named = dict.fromkeys((side.name, *ROLES.get(side.role or "", ())[:1], *kinds, ANY))
        return f"call a tensor {' or '.join(named)}; it has {', '.join(self._tensors)}"

    def _refuse_mixing(self, task: str, used: Mapping[str, Sequence[Side]]) -> None:
        for name, sides in used.items():
            for other in sides[1:]:
                both = set(sides[0].ids) & set(other.ids)
                if both and other.modalities != sides[0].modalities:
                    raise UserError(
                        f"{self._what} has one tensor {name} for the {sides[0].name} and the {other.name} of {task}, and {min(both)!r} is "
                        f"in both with other content: give each side a tensor of its own ({sides[0].name}, {other.name})."
                    )


def row_vectors(what: str, rows: Sequence[tuple[str, Row]], columns: Columns, card: ModelCard) -> Embeddings:
    """Embeddings from rows: ``id``, a list of numbers under ``embedding`` or the prediction's name, ``side`` where there are two."""
    sides: dict[str, list[tuple[str, Row]]] = {}
    for place, row in rows:
        sides.setdefault(str(row.get("side") or ANY), []).append((place, row))
    tensors = []
    for name, held in sides.items():
        ids, values = [], []
        for key, place, row in keyed(what, [one for one in held if not one[1].get(columns.error)], columns):
            given = row.get("embedding")
            ids.append(key)
            values.append(
                vector(f"{what} {place}", row.get(columns.prediction) if given is None else given, "embedding")
            )
        one_width(what, [(key, len(one)) for key, one in zip(ids, values, strict=True)])
        if ids:
            tensors.append(Tensor(name, ids, np.asarray(values, dtype=np.float32)))
    if not tensors:
        raise UserError(f"{what} holds no vector: every row of it is an error.")
    return Embeddings(what, tensors, card, tasks_of(rows))


def _check(what: str, tensor: Tensor, distinct: int) -> None:
    rows: Any = tensor.values
    if rows.ndim != 2 or not len(rows):
        raise UserError(f"{what}: {tensor.name} has the shape {rows.shape}, and has to be (items, dimensions).")
    if len(rows) != len(tensor.ids):
        raise UserError(f"{what}: {tensor.name} has {len(rows)} rows for {len(tensor.ids)} ids.")
    if distinct != len(tensor.ids):
        seen: set[str] = set()
        twice = next(key for key in tensor.ids if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UserError(f"{what}: {tensor.name} has {twice!r} a second time: keep one row per id.")
