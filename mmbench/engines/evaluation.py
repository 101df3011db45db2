"""``evaluate``: any model on any tasks, resumed by default, with one run folder per model and task."""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmbench.engines.budget import Failures
from mmbench.engines.features import FOLDER, Cache
from mmbench.engines.local import Settings, execute
from mmbench.engines.locks import last_word, shard_writer, sole_writer
from mmbench.engines.measures import Meter, place_of
from mmbench.engines.planning import Job, Options, chosen_ask, prepare
from mmbench.engines.pooled import execute_with
from mmbench.engines.pools import Crew, get_engine
from mmbench.engines.recording import judging_stage, previous_run, provenance, score_stored, write_record
from mmbench.engines.remote import recipe_of
from mmbench.engines.shards import Shard
from mmbench.errors import RunFailedError, UserError
from mmbench.files import read_json
from mmbench.models import LoadedModel
from mmbench.runs.records import Pending, Run, read_run
from mmbench.runs.store import Store
from mmbench.runs.usage import totals
from mmbench.tasks.base import Phase, Task

FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


def evaluate_task(model: LoadedModel, task: Task, options: Options) -> Run:
    """``evaluate_one``, or where ``options.shard`` says so ``evaluate_shard``."""
    return (
        evaluate_one(model, task, options)
        if options.shard is None
        else evaluate_shard(model, task, options, options.shard)
    )


def evaluate_one(model: LoadedModel, task: Task, options: Options) -> Run:
    """One model on one task; what is stored is not asked again, what is scored is not scored again.

    Raises:
        UserError: the model cannot do the task, a stored file is damaged, another process writes the same run.
        RunFailedError: too many samples failed, the disk is full, the model broke its contract.
    """
    job = prepare(model, task, options)
    with sole_writer(job.folder), _disk_errors(job.folder):
        if options.restart:
            _clear(job.folder)
        began = _begin(job)
        asked = _execute(job, options, Store(job.folder / "outputs"), None, began)
        return _finished(job, options, began, asked)


def evaluate_shard(model: LoadedModel, task: Task, options: Options, shard: Shard) -> Run:
    """One part of a run; the process that finds the whole run stored when its own part is done scores it, the others return ``Pending``.

    Raises:
        UserError: as ``evaluate_one``; nothing identifies the model; ``restart``, which would throw away what other shards have done.
        RunFailedError: as ``evaluate_one``.
    """
    if model.revision is None:
        raise UserError(
            f"Nothing identifies {model.card.name}, so that shards cannot know that they are of one run: give it a revision."
        )
    if options.restart:
        raise UserError(
            "--restart would throw away what other shards have done: delete the run's folder, then start the shards."
        )
    job = prepare(model, task, options)
    with shard_writer(job.folder, shard), _disk_errors(job.folder):
        with last_word(job.folder):
            began = _begin(job)
        store = Store(job.folder / "outputs", shard.writer)
        asked = _execute(job, options, store, shard, began)
        with last_word(job.folder):
            left = sum(len(store.missing(stage)) for stage in job.plan.stages)
            scored_by_another = previous_run(job) is not None and (began.previous is None or shard.number > 1)
            if left or scored_by_another:
                return Pending(job.folder, read_json(job.folder / "run.json"), {}, str(shard), asked, left)
            return _finished(job, options, began, asked)


@dataclass(frozen=True, slots=True)
class _Began:
    """What there was when a run was entered, and when that was."""

    previous: Run | None
    started: datetime
    clock: float
    meter: Meter


def _begin(job: Job) -> _Began:
    """Look for a finished run; where there is none the record says that it runs now."""
    began = _Began(previous_run(job), datetime.now(UTC), time.perf_counter(), Meter())
    if began.previous is None:
        write_record(job, "running", {"started": began.started.isoformat(timespec="seconds")})
    return began


def _execute(job: Job, options: Options, store: Store, shard: Shard | None, began: _Began) -> int:
    """Have everything asked that is missing, by the engine that was chosen; returns how many items that were."""
    settings = settings_of(job, options, store, shard)
    title, tally = f"{job.model.card.name} {job.task.id}", began.meter.tally
    try:
        if options.engine == "local" and options.workers in (None, 1):
            return execute(job.model, job.plan, store, settings, title, tally)
        ask, fingerprint = chosen_ask(job.model, job.task), job.data["fingerprint"]
        recipe = recipe_of(
            job.model,
            job.task,
            job.plan,
            fingerprint,
            limit=options.limit,
            seed=options.seed,
            ask=ask,
            decoding=options.decoding,
        )
        crew = Crew(options.workers, options.ray_address)
        return execute_with(
            get_engine(options.engine), crew, recipe, job.model, job.plan, store, settings, title, tally
        )
    except RunFailedError:
        if began.previous is None and shard is None:
            facts = provenance(began.started, time.perf_counter() - began.clock, 0, place_of(job.model)["device"])
            write_record(job, "failed", facts | began.meter.facts(job.model) | _how(options))
        raise


def settings_of(job: Job, options: Options, store: Store, shard: Shard | None = None) -> Settings:
    """How a job is executed. What failed in an earlier session counts against ``max_errors`` too."""
    failures = _failures(job, options) if options.stop_early else None
    if failures is not None:
        for stage in job.plan.stages:
            asked_again = options.retry_errors and stage.ask == "generate"
            failures.add({} if asked_again else store.errors(stage))
    return Settings(
        batch_size=options.batch_size,
        progress=options.progress,
        seed=options.seed,
        threads=options.threads,
        cache=Cache(options.output_dir / FOLDER, fresh=options.restart) if options.cache else None,
        budget=options.budget,
        failures=failures,
        retry_errors=options.retry_errors,
        shard=shard,
    )


def _failures(job: Job, options: Options) -> Failures:
    total = sum(len(stage.ids) for stage in job.plan.stages)
    how = "--retry-errors" if any(stage.ask == "generate" for stage in job.plan.stages) else "--restart"
    return Failures(job.task.id, job.folder, options.max_errors, total, how)


def _finished(job: Job, options: Options, began: _Began, asked: int) -> Run:
    """Have it judged where there is a judge, and score what is stored, unless that was done."""
    asked += _ask_judge(job, options, began)
    asking, previous = time.perf_counter() - began.clock, began.previous
    if asked == 0 and previous is not None and previous.report["metric"] == job.task.metric.signature:
        return previous
    scored = score_stored(job.task, job.plan, job.folder)
    failures = _failures(job, options)
    failures.add(scored.errors)
    store = Store(job.folder / "outputs")
    used = [usage for stage in job.plan.stages for usage in store.usage(stage).values()]
    seconds, device = time.perf_counter() - began.clock, place_of(job.model)["device"]
    facts = provenance(began.started, seconds, asked, device, asking) | _how(options)
    facts |= {**began.meter.facts(job.model), "usage": totals(used)}
    if asked or previous is None:
        write_record(job, "failed" if failures.are_too_many else "complete", facts)
    if failures.are_too_many:
        raise failures.failure()
    return read_run(job.folder)


def _ask_judge(job: Job, options: Options, began: _Began) -> int:
    """Ask the judge, in this process, about the answers that rules cannot decide; returns how many it was asked about."""
    if options.judge is None or job.plan.judging is None:
        return 0
    store = Store(job.folder / "outputs")
    stage = judging_stage(job.plan, store)
    if stage is None:
        return 0
    second = replace(job.plan, phases=(Phase(stage.name, (stage,), lambda: ((), ())),))
    settings = replace(settings_of(job, options, store), failures=None)
    title = f"{options.judge.card.name} judges {job.task.id}"
    return execute(options.judge, second, store, settings, title, began.meter.tally)


def _how(options: Options) -> dict[str, Any]:
    shard = None if options.shard is None else str(options.shard)
    return {"engine": options.engine, "workers": options.workers or 1, "shard": shard}


def _clear(folder: Path) -> None:
    import shutil

    for path in folder.iterdir():
        if path.name != ".lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        raise RunFailedError(
            f"The disk of {folder} is full: nothing that was stored is lost. "
            f"Free some space and run the same command again, it goes on where it stopped."
        ) from error
