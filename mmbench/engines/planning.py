"""What is evaluated and how: options, whether a model can do a task, and the plan of a run."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from mmbench.engines.budget import Budget
from mmbench.engines.pools import get_engine
from mmbench.engines.reading import THREADS
from mmbench.engines.recorded import matched
from mmbench.engines.shards import Shard
from mmbench.errors import UserError
from mmbench.models import LoadedModel
from mmbench.models.base import Fittable, capabilities
from mmbench.runs.hidden import withheld
from mmbench.runs.identity import folder_name, identity, run_id
from mmbench.samples import Modality
from mmbench.tasks.base import Ask, Plan, Task
from mmbench.tasks.repeats import Decoding, decoded_as

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
