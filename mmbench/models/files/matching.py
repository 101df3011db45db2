"""What a file holds against what a task asks: which ids it knows, which it lacks, and which nobody asks for."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mmbench.errors import UserError
from mmbench.samples import Modality, Role


@dataclass(frozen=True, slots=True)
class Side:
    """One list of things that a task asks: all questions, or all queries.

    Attributes:
        name: of the stage: ``answers``, ``queries``, ``documents``.
        ids: of its items.
        modalities: the kinds of content that the items hold.
        role: of embedded items.
        pairs: the ids of the two samples of each item, where the items are pairs.
    """

    name: str
    ids: Sequence[str]
    modalities: frozenset[Modality] = frozenset()
    role: Role | None = None
    pairs: Sequence[tuple[str, str]] = ()


@runtime_checkable
class Recorded(Protocol):
    """A model whose answers were made before: it is told what will be asked, so that a wrong file is refused before anything runs."""

    def match(self, task: str, sides: Sequence[Side]) -> "Matched":
        """Compare the ids. ``UserError`` where the file answers nothing of the task, or was made for another one."""
        ...


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of it.

    Attributes:
        known: items that the file answers.
        missing: items that it does not; each becomes an error of its sample.
        unknown: what stands in the file and is not in the task; it is passed over.
    """

    known: int
    missing: int
    unknown: Sequence[str]

    @property
    def notes(self) -> Mapping[str, int]:
        """The counts that a reader of the scores should know."""
        return {"predictions_missing": self.missing, "predictions_unknown": len(self.unknown)}


def compare(what: str, held: Set[str], wanted: Iterable[str], task: str) -> Matched:
    """The ids of a file against those of a task.

    Raises:
        UserError: they have none in common.
    """
    asked = set(wanted)
    known = held & asked
    if not known and asked:
        raise UserError(
            f"{what} predicts none of the samples of {task}: its ids should look like {min(asked)!r}, and they look like {min(held)!r}."
        )
    return Matched(len(known), len(asked - held), sorted(held - asked))


def same_task(what: str, named: Set[str], task: str) -> None:
    """``UserError`` where the rows say themselves that they were made for another task."""
    others = sorted(named - {task})
    if others:
        raise UserError(
            f"{what} was made for {others[0]}, not for {task}: name that task with -t, or export the requests again."
        )
