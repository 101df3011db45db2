"""Engines that put batches to many processes: each is a file here with an ``Engine``, found by itself."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TypeAlias

from mmbench.discovery import collect
from mmbench.engines.asking import Asked
from mmbench.engines.remote import Piece, Recipe, States
from mmbench.errors import UserError

Answers: TypeAlias = Generator[tuple[Piece, Asked], None, None]


@dataclass(frozen=True, slots=True)
class Crew:
    """How many processes an engine uses, and where.

    Attributes:
        workers: their number; ``None`` leaves it to the engine.
        address: of a cluster that runs already.
    """

    workers: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to have batches answered by other processes.

    Attributes:
        name: ``--engine``.
        answers: from a recipe, fitted states and batches to answers, in any order, each as soon as it is there. What a batch raises is
            raised; a lost process costs its batch, which is asked again. Closing the iterator ends the processes.
        summary: one sentence.
        needs: a module that has to be installed, and the extra that brings it.
    """

    name: str
    answers: Callable[[Recipe, States, Sequence[Piece], Crew], Answers]
    summary: str
    needs: tuple[str, str] | None = None


@cache
def engines() -> dict[str, Engine]:
    """Every engine by name."""
    return {engine.name: engine for engine in collect("mmbench.engines.pools", Engine)}


def get_engine(name: str) -> Engine:
    """The engine with this name. ``UserError`` where there is none, or what it needs is not installed."""
    if name not in engines():
        raise UserError(f"There is no engine {name!r}: take one of {', '.join(sorted(engines()))}.")
    engine = engines()[name]
    if engine.needs is not None and find_spec(engine.needs[0]) is None:
        raise UserError(
            f"--engine {name} needs {engine.needs[0]}, which is not installed: run pip install 'mmbench[{engine.needs[1]}]'."
        )
    return engine
