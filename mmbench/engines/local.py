"""One machine, one process: fit where a model fits, then ask batch by batch and store each answer before the next."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NoReturn

from tqdm.auto import tqdm

from mmbench.engines.asking import Asked, width_error
from mmbench.engines.budget import Budget, Failures
from mmbench.engines.features import Cache, ask_cached
from mmbench.engines.measures import Tally
from mmbench.engines.reading import THREADS, read_ahead, shown
from mmbench.engines.seeds import kept_randomness, seed_all
from mmbench.engines.shards import Shard
from mmbench.engines.streaming import Streamed
from mmbench.errors import RunFailedError
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Fitted, Restorable, StreamingGenerator
from mmbench.runs.store import Store
from mmbench.samples import MediaError, Modality
from mmbench.tasks.base import Phase, Plan, Stage

TRUSTED_AFTER = 8  # items that may all raise before a model is taken for broken, where a batch is smaller than that


@dataclass(frozen=True, slots=True)
class Settings:
    """How to execute: none of it but ``batch_size`` and ``seed`` is part of a run's identity.

    Attributes:
        batch_size: items per call.
        progress: show bars.
        seed: of models that draw at random.
        threads: that make and decode the next batch; 0 for none.
        cache: embeddings that other runs of the model have stored; ``None`` for none.
        budget: what may be spent.
        failures: how many items may fail; ``None`` for any number.
        retry_errors: ask again for the answers that failed in an earlier session.
        shard: the part that this process asks; ``None`` for all.
    """

    batch_size: int = 32
    progress: bool = True
    seed: int = 0
    threads: int = THREADS
    cache: Cache | None = None
    budget: Budget = field(default_factory=Budget)
    failures: Failures | None = None
    retry_errors: bool = False
    shard: Shard | None = None

    def left(self, stage: Stage, store: Store) -> list[int]:
        """The items of a stage that are this process's to ask: not stored yet, or failed where those are asked for again."""
        missing = to_ask(store, stage, self.retry_errors)
        return missing if self.shard is None else self.shard.of(missing, self.batch_size)


def execute(
    model: LoadedModel, plan: Plan, store: Store, settings: Settings, title: str, tally: Tally | None = None
) -> int:
    """Ask everything that is not stored yet; returns how many items were asked.

    Raises:
        RunFailedError: the model broke its contract (a wrong shape, a missing response), it raised on everything, too many items failed,
            or the money is spent. What was stored is kept.
        UserError: a stored file is damaged.
    """
    store.open_for_writing()
    tally = tally or Tally()
    asked = 0
    with kept_randomness():
        for phase in plan.phases:
            missing = {stage.name: settings.left(stage, store) for stage in phase.stages}
            if any(missing.values()):
                fitted(model, phase, store, settings.seed, tally)
            for stage in phase.stages:
                Asking(model, stage, store, settings, tally, missing[stage.name], f"{title}: {stage.name}").run()
                asked += len(missing[stage.name])
                store.finish(stage)
    return asked


def to_ask(store: Store, stage: Stage, retry_errors: bool = False) -> list[int]:
    """The places of what is not stored, and of the answers that failed if those are asked for again."""
    missing = store.missing(stage)
    failed = store.errors(stage) if retry_errors and stage.ask == "generate" else {}
    if not failed:
        return missing
    again = {place for place, key in enumerate(stage.ids) if key in failed}
    return sorted(again.union(missing))


def fitted(model: LoadedModel, phase: Phase, store: Store, seed: int, tally: Tally) -> Fitted | None:
    """Fit a model that fits, or restore what was fitted; returns the state of one that can be restored.

    Of several writers one fits; the others wait for what it stores. A model that cannot be restored fits in each.
    """
    if not isinstance(model.model, Fittable):
        return None
    if not isinstance(model.model, Restorable):
        learn(model, phase, seed, tally)
        return None
    with store.fitting(phase.name):
        state = store.load_fit(phase.name)
        if state is not None:
            model.model.restore(state)
            return state
        learn(model, phase, seed, tally)
        state = dict(model.model.fitted())
        store.save_fit(phase.name, state)
        return state


def learn(model: LoadedModel, phase: Phase, seed: int, tally: Tally | None = None) -> None:
    """Fit a model on a phase's training rows; nothing where it does not fit."""
    if not isinstance(model.model, Fittable):
        return
    train, valid = phase.training()
    seed_all(seed, "fit", phase.name)
    began = time.perf_counter()
    try:
        model.model.fit([shown(sample, model) for sample in train], [shown(sample, model) for sample in valid])
    except MediaError as error:
        raise RunFailedError(
            f"{model.card.name} cannot be fitted: the training split holds a broken {error}. Reinstall its data and run again."
        ) from error
    if tally is not None:
        tally.fit_seconds += time.perf_counter() - began


def batches(stage: Stage, missing: Sequence[int], batch_size: int) -> list[Sequence[int]]:
    """The batches that hold what is missing, on a fixed grid, so that a resumed run asks the same ones as an unbroken one.

    Arrays are stored as ranges: of them, whole batches are asked.
    """
    grid: dict[int, list[int]] = {}
    for index in missing:
        grid.setdefault(index // batch_size, []).append(index)
    if stage.ask == "generate":
        return list(grid.values())
    return [range(batch * batch_size, min((batch + 1) * batch_size, len(stage.ids))) for batch in grid]


@dataclass(slots=True)
class Asking:
    """One stage being asked: what is carried from answer to answer."""

    model: LoadedModel
    stage: Stage
    store: Store
    settings: Settings
    tally: Tally
    missing: list[int]
    title: str
    # something came back; until then, what raises is held back, since it may be the model that is broken
    proven: bool = False
    held: list[Asked] = field(default_factory=list)
    width: int | None = None
    size: int = 0

    def begin(self) -> None:
        """Take up what earlier sessions found out about the model."""
        stored = len(self.missing) < len(self.stage.ids)
        self.proven = stored
        halved = self.store.noted("halved", self.stage.name) if stored else []
        self.size = min([self.settings.batch_size, *(entry["size"] for entry in halved)])

    def run(self) -> None:
        """Ask what is missing and store it."""
        self.begin()
        streams = self.stage.ask == "generate" and isinstance(self.model.model, StreamingGenerator)
        quiet = None if self.settings.progress else True
        done = 0
        with (
            tqdm(total=len(self.missing), desc=self.title, unit=" items", disable=quiet, leave=False) as bar,
            closing(self._streamed() if streams else self._batched()) as answers,
        ):
            for n in answers:
                done += n
                bar.update(n)
                self.say(bar)
        self.end(len(self.missing) - done)

    def end(self, left: int) -> None:
        """``RunFailedError`` where the model raised on everything, or items are left because too many failed or the money is spent."""
        if self.held:
            raise self._is_broken()
        if left and self.settings.failures is not None and self.settings.failures.are_too_many:
            raise self.settings.failures.failure()
        if left:
            raise self.settings.budget.failure(self.title, left)

    def goes_on(self) -> bool:
        """Whether more may be asked."""
        failures = self.settings.failures
        return not self.settings.budget.is_spent and not (failures is not None and failures.are_too_many)

    def _batched(self) -> Generator[int, None, None]:
        plan, todo = batches(self.stage, self.missing, self.settings.batch_size), set(self.missing)
        # A thread is worth its switches where there is something to decode.
        threads = self.settings.threads if self.stage.modalities - {Modality.TEXT} else 0
        with closing(read_ahead(self.model, self.stage, plan, threads)) as found:
            for batch in found if self.goes_on() else ():
                cache, seed = self.settings.cache, self.settings.seed
                asked, path = ask_cached(self.model, self.stage, batch, cache, size=self.size, seed=seed)
                self.take(asked)
                if cache is not None and path is not None and asked.values is not None:
                    cache.save(path, asked.values)
                yield sum(place in todo for place in batch.wanted)
                if not self.goes_on():
                    return

    def _streamed(self) -> Generator[int, None, None]:
        seed_all(self.settings.seed, self.stage.name)
        streamed = Streamed(self.model, self.stage, self.missing, self.goes_on)
        with closing(iter(streamed)) as arriving:
            began = time.perf_counter()
            for response in arriving:
                errors = {} if response.error is None else {response.sample_id: response.error}
                raised = int(response.sample_id in streamed.raised)
                took = time.perf_counter() - began
                self.take(Asked(0, 1, None, (response,), errors, took, self.size, raised))
                yield 1
                began = time.perf_counter()

    def take(self, asked: Asked) -> None:
        """Store what came back; until something did not raise, it is held, since it may be the model that is broken."""
        self.held.append(asked)
        if not self.proven and asked.raised and len(asked.errors) == asked.n:
            if sum(one.raised for one in self.held) >= min(TRUSTED_AFTER, len(self.missing)):
                raise self._is_broken()
            return
        self.proven = self.proven or len(asked.errors) < asked.n
        for one in self.held:
            self._keep(one)
        self.held.clear()

    def _keep(self, asked: Asked) -> None:
        name = self.stage.name
        if asked.values is None:
            self.store.add_responses(name, asked.responses, {"seconds": round(asked.seconds / asked.n, 6)})
            for response in asked.responses:
                self.settings.budget.add(response.usage)
        else:
            self._check_width(asked)
            facts = {"cached": True} if asked.cached else {"seconds": asked.seconds}
            self.store.add_array(name, asked.start, asked.values, asked.errors, facts)
        if asked.size < self.size:
            self.store.note("halved", name, start=asked.start, size=asked.size)
            self.size = self.tally.size = asked.size
        if asked.apart is not None:
            self.store.note("apart", name, start=asked.start, reason=asked.apart)
        self.tally.add(asked)
        if self.settings.failures is not None:
            self.settings.failures.add(asked.errors)

    def _check_width(self, asked: Asked) -> None:
        if asked.values is None or len(asked.errors) == asked.n:
            return
        width = asked.values.shape[1]
        if self.width not in (None, width):
            raise width_error(self.model, self.stage, (self.width, width))
        self.width = width

    def _is_broken(self) -> RunFailedError:
        errors = {key: reason for one in self.held for key, reason in one.errors.items()}
        reason = next(iter(errors.values()))
        return RunFailedError(
            f"{self.model.card.name}.{self.stage.ask} raised on every one of the first {len(errors)} items of {self.title} ({reason}). "
            "Nothing of them is stored; mend the model and run the same command again, it goes on where it stopped."
        )

    def say(self, bar: "tqdm[NoReturn]") -> None:
        """Errors and dollars so far, beside the bar."""
        failures, budget = self.settings.failures, self.settings.budget
        said = {"errors": failures.n} if failures is not None and failures.n else {}
        bar.set_postfix({**said, **({"$": f"{budget.spent:.4f}"} if budget.spent else {})}, refresh=False)
