"""``evaluate``: any model on any tasks, resumed by default, with one run folder per model and task."""

import errno
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from mmbench.engines.budget import Budget, Failures
from mmbench.engines.features import FOLDER, Cache
from mmbench.engines.local import Settings, execute
from mmbench.engines.locks import last_word, shard_writer, sole_writer
from mmbench.engines.measures import Meter, peak_memory_mb, place_of
from mmbench.engines.pooled import execute_with
from mmbench.engines.pools import Crew, get_engine
from mmbench.engines.reading import THREADS
from mmbench.engines.recorded import matched
from mmbench.engines.remote import recipe_of
from mmbench.engines.shards import Shard
from mmbench.errors import RunFailedError, UserError
from mmbench.files import atomic_path, read_json, write_json
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, Witness, capabilities
from mmbench.runs.hidden import withheld
from mmbench.runs.identity import folder_name, identity, run_id
from mmbench.runs.records import SCHEMA_VERSION, Pending, Run, read_run
from mmbench.runs.scoring import report, sample_table
from mmbench.runs.store import Store
from mmbench.runs.usage import columns, totals
from mmbench.samples import Modality
from mmbench.tasks.base import Ask, Phase, Plan, Scored, Stage, Task
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
        seed: of the limit, and of models that draw at random.
        restart: throw away what is stored and begin again.
        max_errors: the share of failed samples above which the run fails.
        progress: show bars (never where standard error is not a terminal).
        workers: processes that answer batches; ``None`` is this one, or what the engine thinks right.
        engine: ``local`` or ``ray``; how a run is executed is no part of its identity.
        ray_address: of a Ray cluster that runs already.
        shard: ask only this part, for other processes do the rest; ``evaluate_task`` heeds it.
        cache: take embeddings from earlier runs of the same model on the same batches, and keep them for later ones (in this process;
            others than this one do not look there).
        budget: the dollars that all runs with these options may spend together.
        threads: that make and decode the next batch while the model works; 0 for none.
        retry_errors: ask again for the answers that failed in an earlier session (of generation; embeddings cost nothing to restart).
        stop_early: end as soon as more than ``max_errors`` failed, and not only when all was asked.
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
    workers: int | None = None
    engine: str = "local"
    ray_address: str | None = None
    shard: Shard | None = None
    cache: bool = True
    budget: Budget = field(default_factory=Budget)
    threads: int = THREADS
    retry_errors: bool = False
    stop_early: bool = True
    decoding: Decoding = AS_THE_TASK_SAYS
    judge: LoadedModel | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UserError(f"--workers {self.workers} leaves nobody to ask: give at least 1.")
        if self.ray_address is not None and self.engine != "ray":
            raise UserError("--ray-address is the address of a Ray cluster: it goes with --engine ray.")


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
    ask = chosen_ask(model, task)
    if ask is None:
        able = ", ".join(capabilities(model.model)) or "nothing"
        return f"{task.id} needs a model that can {' or '.join(task.asks)}; {model.card.name} can {able}."
    shown = task.takes(ask)
    lacking = sorted(shown - model.card.modalities)
    if lacking and model.card.kind != "floor":
        return f"{task.id} shows {', '.join(sorted(shown))}; {model.card.name} does not take {', '.join(lacking)}."
    if not shown & model.card.modalities:
        return f"{task.id} shows {', '.join(sorted(shown))}; {model.card.name} takes none of them."
    absent = [name for name, split in (("train", task.train_split), ("validation", task.valid_split)) if split is None]
    learns = isinstance(model.model, Fittable) and model.card.kind == "model"
    if learns and task.frozen:
        return f"{task.id} asks models as they are, and {model.card.name} has to learn from a training split first."
    if absent and learns:
        return (
            f"{model.card.name} learns from a train and a validation split, and {task.dataset} has no {' and no '.join(absent)} split: "
            "add sub-folders or a column `split` that say which samples they are."
        )
    return None


def prepare(model: LoadedModel, task: Task, options: Options) -> Job:
    """Load the split and plan the run. ``UserError`` where the model cannot do the task, a judge is missing or the split is empty."""
    get_engine(options.engine)
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
    plan = matched(model.model, task.id, plan, partial=options.limit is not None)
    split = load(task.split)
    plan = withheld(task, plan, labelled=task.labelled(split), privileged=model.card.privileged)
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
            scored_by_another = _previous(job) is not None and (began.previous is None or shard.number > 1)
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
    began = _Began(_previous(job), datetime.now(UTC), time.perf_counter(), Meter())
    if began.previous is None:
        _write_record(job, "running", {"started": began.started.isoformat(timespec="seconds")})
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
            _write_record(job, "failed", facts | began.meter.facts(job.model) | _how(options))
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
        _write_record(job, "failed" if failures.are_too_many else "complete", facts)
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


def judging_stage(plan: Plan, store: Store) -> Stage | None:
    """What the judge of a complete run is asked; ``None`` where there is none."""
    return None if plan.judging is None else plan.judging({stage.name: store.read(stage) for stage in plan.stages})


def _how(options: Options) -> dict[str, Any]:
    shard = None if options.shard is None else str(options.shard)
    return {"engine": options.engine, "workers": options.workers or 1, "shard": shard}


def score_stored(task: Task, plan: Plan, folder: Path) -> Scored:
    """Score the outputs of a complete run and write ``scores.json`` and ``samples.parquet``; the same bytes whoever made them."""
    import pandas as pd

    store = Store(folder / "outputs")
    judging = judging_stage(plan, store)
    stages = plan.stages if judging is None else (*plan.stages, judging)
    for stage in stages:
        store.finish(stage)
    scored = plan.score({stage.name: store.read(stage) for stage in stages})
    table = sample_table(scored)
    took = columns(scored.ids, [store.usage(stage) for stage in plan.stages])
    table |= {name: values for name, values in took.items() if name not in table}
    with atomic_path(folder / "samples.parquet") as temporary:
        pd.DataFrame(table).to_parquet(temporary, index=False)
    write_json(folder / "scores.json", report(task, plan, scored))
    return scored


def _previous(job: Job) -> Run | None:
    paths = [job.folder / "run.json", job.folder / "scores.json", job.folder / "samples.parquet"]
    if not all(path.exists() for path in paths):
        return None
    run = read_run(job.folder)
    return run if run.record["status"] == "complete" else None


def _write_record(job: Job, status: str, facts: dict[str, Any]) -> None:
    card, witness = job.model.card, job.model.model
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
        "provenance": {**facts, "witnessed": dict(witness.provenance())} if isinstance(witness, Witness) else facts,
    }
    write_json(job.folder / "run.json", record)


def provenance(
    started: datetime, seconds: float, asked: int, device: object, asking: float | None = None
) -> dict[str, Any]:
    """When, where and how fast: what a run records and its id does not hash.

    ``device`` is what the model says, if it does; ``asking`` are the seconds without scoring.
    """
    import mmbench

    return {
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "samples_per_second": round(asked / (asking or seconds), 2) if seconds > 0 and asked else None,
        "peak_memory_mb": peak_memory_mb(),
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
