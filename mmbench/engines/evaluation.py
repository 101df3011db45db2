"""``evaluate``: any model on any tasks, resumed by default, with one run folder per model and task."""

import errno
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from mmbench.engines.local import Settings, execute
from mmbench.errors import RunFailedError, UserError
from mmbench.files import atomic_path, write_json
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, capabilities
from mmbench.runs.identity import folder_name, identity, run_id
from mmbench.runs.records import SCHEMA_VERSION, Run, read_run
from mmbench.runs.scoring import report, sample_table
from mmbench.runs.store import Store
from mmbench.samples import Modality
from mmbench.tasks.base import Ask, Phase, Plan, Scored, Task
from mmbench.tasks.repeats import Decoding, decoded_as

FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
DEFAULT_MAX_ERRORS = 0.01
AS_THE_TASK_SAYS = Decoding()


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller of ``evaluate`` can choose.

    Attributes:
        output_dir: where run folders go.
        batch_size: items per call of the model; part of the run's identity.
        limit: about this many samples: whole groups, seeded and nested.
        seed: of the limit.
        restart: throw away what is stored and begin again.
        max_errors: the share of failed samples above which the run fails.
        progress: show bars (never where standard error is not a terminal).
        decoding: how often requests are asked, and parameters instead of the task's; part of the run's identity.
        judge: decides in tasks that have a judge; part of the identity of such a run.
    """

    output_dir: Path = Path("runs")
    batch_size: int = 32
    limit: int | None = None
    seed: int = 0
    restart: bool = False
    max_errors: float = DEFAULT_MAX_ERRORS
    progress: bool = True
    decoding: Decoding = AS_THE_TASK_SAYS
    judge: LoadedModel | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One task of one model, planned and not yet run."""

    model: LoadedModel
    task: Task
    data: dict[str, Any]
    plan: Plan
    facts: dict[str, Any]
    folder: Path


def chosen_ask(model: LoadedModel, task: Task) -> Ask | None:
    """The first of a task's methods that the model has; ``None`` where it has none."""
    return next((ask for ask in task.asks if ask in capabilities(model.model)), None)


def refusal(model: LoadedModel, task: Task) -> str | None:
    """Why a model cannot do a task, or ``None`` where it can. Asked before anything is loaded."""
    if chosen_ask(model, task) is None:
        able = ", ".join(capabilities(model.model)) or "nothing"
        return f"{task.id} needs a model that can {' or '.join(task.asks)}; {model.card.name} can {able}."
    lacking = sorted(task.modalities - model.card.modalities)
    if lacking and model.card.kind != "floor":
        return f"{task.id} shows {', '.join(sorted(task.modalities))}; {model.card.name} does not take {', '.join(lacking)}."
    if not task.modalities & model.card.modalities:
        return f"{task.id} shows {', '.join(sorted(task.modalities))}; {model.card.name} takes none of them."
    absent = [name for name, split in (("train", task.train_split), ("validation", task.valid_split)) if split is None]
    if absent and isinstance(model.model, Fittable) and model.card.kind == "model":
        return (
            f"{model.card.name} learns from a train and a validation split, and {task.dataset} has no {' and no '.join(absent)} split: "
            "add sub-folders or a column `split` that say which samples they are."
        )
    return None


def prepare(model: LoadedModel, task: Task, options: Options) -> Job:
    """Load the split and plan the run. ``UserError`` where the model cannot do the task, a judge is missing or the split is empty."""
    reason = refusal(model, task)
    if reason is not None:
        raise UserError(f"{reason} See `mmbench list tasks` for what it can do.")
    judge = _judge(task, options.judge)
    load = cache(partial(task.load, progress=options.progress))
    ask = chosen_ask(model, task)
    try:
        plan = task.plan(load, limit=options.limit, seed=options.seed, privileged=model.card.privileged, ask=ask)
        plan = decoded_as(plan, options.decoding)
    except ValueError as error:
        raise UserError(f"{task.id} cannot be planned: {error}.") from error
    split = load(task.split)
    data = {**split.facts, "checks": split.checks}
    facts = identity(
        model.identity(),
        task,
        data,
        batch_size=options.batch_size,
        seed=options.seed,
        limit=options.limit,
        ask=ask,
        decoding=options.decoding.facts,
        judge=None if judge is None else judge.identity(),
    )
    name = run_id(facts)
    if model.revision is None or (judge is not None and judge.revision is None):
        name = f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"  # nothing says that it is the same model: never resumed
    folder = options.output_dir / folder_name(model.card.name) / folder_name(task.id) / name
    return Job(model, task, data, plan, {**facts, "name": name}, folder)


def _judge(task: Task, judge: LoadedModel | None) -> LoadedModel | None:
    """The judge of a task that has one. ``UserError`` where none was named, or it cannot write or read."""
    if not task.judged:
        return None
    if judge is None:
        raise UserError(f"{task.id} needs a judge: name a model that writes with --judge, as openai:URL#model.")
    if "generate" not in capabilities(judge.model) or Modality.TEXT not in judge.card.modalities:
        raise UserError(f"{judge.card.name} cannot judge: a judge has to take text and to generate.")
    return judge


def evaluate_one(model: LoadedModel, task: Task, options: Options) -> Run:
    """One model on one task; what is stored is not asked again, what is scored is not scored again.

    Raises:
        UserError: the model cannot do the task, a stored file is damaged, another process writes the same run.
        RunFailedError: too many samples failed, the disk is full, the model broke its contract.
    """
    job = prepare(model, task, options)
    with _locked(job.folder), _disk_errors(job.folder):
        if options.restart:
            _clear(job.folder)
        return _run(job, options)


def _run(job: Job, options: Options) -> Run:
    store = Store(job.folder / "outputs")
    began, started = time.perf_counter(), datetime.now(UTC)
    previous = _previous(job)
    if previous is None:
        _write_record(job, "running", {"started": started.isoformat(timespec="seconds")})
    settings = Settings(options.batch_size, options.progress)
    asked = execute(job.model, job.plan, store, settings, f"{job.model.card.name} {job.task.id}")
    outputs = {stage.name: store.read(stage) for stage in job.plan.stages}
    if job.plan.judging is not None and options.judge is not None:
        stage = job.plan.judging(outputs)
        second = replace(job.plan, phases=(Phase(stage.name, (stage,), lambda: ((), ())),))
        asked += execute(options.judge, second, store, settings, f"{options.judge.card.name} judges {job.task.id}")
        outputs[stage.name] = store.read(stage)
    if asked == 0 and previous is not None and previous.report["metric"] == job.task.metric.signature:
        return previous
    scored = job.plan.score(outputs)
    _write_scores(job, scored)
    failed = len(scored.errors) > options.max_errors * sum(len(stage.ids) for stage in job.plan.stages)
    facts = provenance(started, time.perf_counter() - began, asked, getattr(job.model.model, "device", None))
    if asked or previous is None:
        _write_record(job, "failed" if failed else "complete", facts)
    if failed:
        key, reason = next(iter(scored.errors.items()))
        raise RunFailedError(
            f"{len(scored.errors)} samples of {job.task.id} failed, above --max-errors {options.max_errors:g} "
            f"(the first, {key}: {reason}). "
            f"Everything is kept in {job.folder}: raise --max-errors to accept it, or mend the cause and run again with --restart."
        )
    return read_run(job.folder)


def _previous(job: Job) -> Run | None:
    paths = [job.folder / "run.json", job.folder / "scores.json", job.folder / "samples.parquet"]
    if not all(path.exists() for path in paths):
        return None
    run = read_run(job.folder)
    return run if run.record["status"] == "complete" else None


def _write_scores(job: Job, scored: Scored) -> None:
    import pandas as pd

    with atomic_path(job.folder / "samples.parquet") as temporary:
        pd.DataFrame(sample_table(scored)).to_parquet(temporary, index=False)
    write_json(job.folder / "scores.json", report(job.task, job.plan, scored))


def _write_record(job: Job, status: str, facts: dict[str, Any]) -> None:
    card = job.model.card
    learns = isinstance(job.model.model, Fittable) and job.task.train_split is not None
    fitted = f"{job.task.dataset} {job.task.train_split}" if learns else None
    model = {**asdict(card), "modalities": sorted(card.modalities), "revision": job.model.revision, "fitted_on": fitted}
    record = {
        "schema": SCHEMA_VERSION,
        "id": job.facts["name"],
        "status": status,
        "identity": {key: value for key, value in job.facts.items() if key != "name"},
        "model": model,
        "task": {
            **{
                name: getattr(job.task, name)
                for name in ("id", "title", "version", "kind", "dataset", "split", "primary")
            },
        },
        "dataset": job.data,
        "provenance": facts,
    }
    write_json(job.folder / "run.json", record)


def provenance(started: datetime, seconds: float, asked: int, device: object) -> dict[str, Any]:
    """When, where and how fast: what a run records and its id does not hash. ``device`` is what the model says, if it does."""
    import mmbench

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "samples_per_second": round(asked / seconds, 2) if seconds > 0 and asked else None,
        "peak_memory_mb": round(peak, 1),
        "device": None if device is None else str(device),
        "python": platform.python_version(),
        "mmbench": mmbench.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _clear(folder: Path) -> None:
    import shutil

    for path in folder.iterdir():
        if path.name != ".lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise UserError(f"Another process is writing {folder}: wait for it, or choose another --output-dir.") from error


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
