"""A model and a plan in another process: what it takes to make them there, and what one batch comes back as."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TypeAlias

from mmbench.engines.asking import Asked, ask
from mmbench.engines.local import learn
from mmbench.errors import RunFailedError
from mmbench.files import digest
from mmbench.models import LoadedModel, load_model
from mmbench.models.base import Fittable, Fitted, Restorable
from mmbench.tasks.base import Ask, Plan, Stage, Task
from mmbench.tasks.repeats import Decoding, decoded_as

States: TypeAlias = Mapping[int, Fitted | None]  # per phase what was fitted; ``None`` where each process fits


@dataclass(frozen=True, slots=True)
class Piece:
    """One batch: the number of its phase, the name of its stage, and the places of its items there."""

    phase: int
    stage: str
    wanted: Sequence[int]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a batch raised in another process."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Recipe:
    """What another process needs to answer the same batches; it travels pickled.

    Attributes:
        model: loaded anew from its spec where it has one; else the object itself travels.
        task: planned anew with these:
        limit, seed, ask: as in ``Task.plan``.
        decoding: what the run changes about generation.
        content: a digest of what the plan asks, the same in every process.
    """

    model: LoadedModel
    task: Task
    limit: int | None
    seed: int
    ask: Ask | None
    decoding: Decoding
    content: str


def recipe_of(
    model: LoadedModel,
    task: Task,
    plan: Plan,
    fingerprint: str,
    *,
    limit: int | None,
    seed: int,
    ask: Ask | None,
    decoding: Decoding,
) -> Recipe:
    """The recipe of a planned run. A model that has a spec travels without its object."""
    thing = None if model.spec is not None else model.model
    light = replace(model, model=thing, config=dict(model.config), place=dict(model.place))
    return Recipe(light, task, limit, seed, ask, decoding, content_of(plan, fingerprint))


def content_of(plan: Plan, fingerprint: str) -> str:
    """A digest of the data's fingerprint and of every stage: its name, its method and its ids in order."""
    return digest([fingerprint, [[stage.name, stage.ask, list(stage.ids)] for stage in plan.stages]])


class Worker:
    """A process's own model and plan. Making it loads both.

    Raises:
        RunFailedError: the model or the data here are not those of the process that asks.
    """

    def __init__(self, recipe: Recipe, states: States) -> None:
        self._states = states
        self._seed = recipe.seed
        self._model = _model(recipe)
        self._plan = _plan(recipe)
        self._phase: int | None = None

    def answer(self, piece: Piece) -> Asked | Failure:
        """One batch; what it raises is part of the answer, so that it is raised where the run is."""
        try:
            if piece.phase != self._phase:
                self._enter(piece.phase)
            return ask(self._model, self._stage(piece), piece.wanted, seed=self._seed)
        except Exception as error:  # noqa: BLE001  (a stranger's model may raise anything)
            return failure(error)

    def _enter(self, phase: int) -> None:
        model, state = self._model.model, self._states.get(phase)
        if state is not None and isinstance(model, Restorable):
            model.restore(state)
        elif isinstance(model, Fittable):
            learn(self._model, self._plan.phases[phase], self._seed)
        self._phase = phase

    def _stage(self, piece: Piece) -> Stage:
        return next(stage for stage in self._plan.phases[piece.phase].stages if stage.name == piece.stage)


def failure(error: Exception) -> Failure:
    """An exception that travels: with its traceback as a note, and by its words where it does not pickle."""
    import pickle

    note = f"In another process:\n{''.join(traceback.format_exception(error))}".rstrip()
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    except Exception:  # noqa: BLE001  (a stranger's exception may fail in any way)
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.__traceback__ = None
    error.add_note(note)
    return Failure(error)


def _model(recipe: Recipe) -> LoadedModel:
    sent = recipe.model
    if sent.spec is None:
        return sent
    found = load_model(sent.spec, **sent.place, **sent.config)
    if found.revision != sent.revision:
        raise RunFailedError(
            f"{sent.spec} is another model in this process (revision {found.revision}, asked for {sent.revision}): "
            "every machine needs the same version of it."
        )
    return found


def _plan(recipe: Recipe) -> Plan:
    load = cache(partial(recipe.task.load, progress=False))
    privileged = recipe.model.card.privileged
    plan = recipe.task.plan(load, limit=recipe.limit, seed=recipe.seed, privileged=privileged, ask=recipe.ask)
    plan = decoded_as(plan, recipe.decoding)
    if content_of(plan, load(recipe.task.split).facts["fingerprint"]) != recipe.content:
        raise RunFailedError(
            f"{recipe.task.dataset} {recipe.task.split} is other data in this process: every machine needs the same revision of it."
        )
    return plan
