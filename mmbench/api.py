"""The Python interface: what ``import mmbench`` offers, loaded when it is first used."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.checking import check, peek
from mmbench.comparing import compare
from mmbench.data import download, verify
from mmbench.diagnosis import doctor
from mmbench.engines import requests
from mmbench.engines.budget import Budget
from mmbench.engines.evaluation import evaluate_one, evaluate_task
from mmbench.engines.planning import Options, refusal
from mmbench.engines.requests import Exported
from mmbench.engines.shards import chosen_shard
from mmbench.errors import UserError
from mmbench.fusion.comparison import compare_fusion, list_fusions
from mmbench.importing import import_logs
from mmbench.loaders import DatasetCard, all_cards, load_dataset
from mmbench.loaders.cache import is_built
from mmbench.loaders.sources import Remote
from mmbench.models import (
    LoadedModel,
    ModelEntry,
    all_adapters,
    all_models,
    as_model,
    load_model,
    origin,
    third_parties,
    wrap_model,
)
from mmbench.models.base import ALL_MODALITIES, Adapter, capabilities
from mmbench.runs.records import Run
from mmbench.submissions import export_submission
from mmbench.tasks import Suite, Task, all_suites, all_tasks, get_suite, get_task, is_suite
from mmbench.tasks.alterations import spelling
from mmbench.tasks.modifiers import all_modifiers
from mmbench.tasks.repeats import Decoding

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "as_model", "check", "compare", "compare_fusion", "doctor", "download", "evaluate", "export_requests", "export_submission",
    "import_logs", "list_datasets", "list_fusions", "list_models", "list_modifiers", "list_suites", "list_tasks", "load_dataset",
    "load_model", "peek", "score", "verify",
]  # fmt: skip

Say = Callable[[str], None]
SCORED_AT_ONCE = 1024  # rows of a file per stored part: nothing is computed, so parts may be large


def evaluate(
    model: object,
    tasks: str | Task | Suite | Sequence[str | Task],
    *,
    output_dir: str | Path = "runs",
    batch_size: int = 32,
    limit: int | None = None,
    seed: int = 0,
    restart: bool = False,
    max_errors: float = 0.01,
    progress: bool = True,
    workers: int | None = None,
    engine: str = "local",
    ray_address: str | None = None,
    shard: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    cache: bool = True,
    max_cost: float | None = None,
    retry_errors: bool = False,
    repeats: int = 1,
    temperature: float | None = None,
    max_new_tokens: int | None = None,
    judge: object | None = None,
) -> Run | list[Run]:
    """Evaluate a model; what was done before is not done again.

    Args:
        model: a spec string, what ``load_model`` or ``as_model`` returned, or any object with the methods of ``mmbench.models.base``.
        tasks: a task id, several, or a suite: its name, or a YAML file of your own. Tasks of a suite that the model cannot do are left out.
        output_dir: run folders go to ``output_dir/<model>/<task>/<id>``.
        batch_size: items per call of the model.
        limit: about this many samples: whole groups, seeded and nested. The run is marked as partial and never ranked.
        seed: of the limit, and of models that draw at random.
        restart: throw away what is stored and begin again.
        max_errors: the share of failed samples, in [0, 1], above which the run fails.
        progress: show bars.
        workers: processes that answer batches, each with a model of its own; the same scores for any number.
        engine: ``local``, or ``ray`` for Ray Data.
        ray_address: of a Ray cluster that runs already; one is started on this machine by default.
        shard: ``"2/4"`` asks only every fourth batch, beginning with the second, and scores only if that completes the run; ``"auto"``
            reads the place of this process from what torchrun or Slurm set in the environment.
        device: where a model that is named by a spec string runs (``cuda:1``).
        dtype: of its weights (``bfloat16``).
        cache: share embeddings between runs of the same model on the same batches.
        max_cost: the US dollars that all runs may spend together; then it stops, and the same call goes on.
        retry_errors: ask again for the answers that failed; the others are kept.
        repeats: ask every request this often, each time with another seed; the spread is reported beside the interval.
        temperature: of generation, instead of the task's.
        max_new_tokens: where answers are cut, instead of the task's; such runs are not ranked with those that keep them.
        judge: what decides in tasks that have a judge: a spec string, or anything that ``model`` may be.

    Returns:
        the run of one task, or a list of runs; a ``Pending`` (``mmbench.runs.records``) where another shard gives the scores.

    Raises:
        UserError: an unknown name, a task that the model cannot do, a damaged store.
        RunFailedError: too many failed samples, a full disk, a model that breaks its contract, ``max_cost`` is spent.
    """
    if not isinstance(model, str) and (device or dtype):
        raise UserError("device and dtype are for a model that is named by a spec string: yours was made already.")
    loaded = load_model(model, device=device, dtype=dtype) if isinstance(model, str) else wrap_model(model)
    part = chosen_shard(shard, os.environ)
    options = Options(
        Path(output_dir), batch_size, limit, seed, restart, max_errors, progress, workers, engine, ray_address, part,
        cache=cache, budget=Budget(max_cost), retry_errors=retry_errors,
        decoding=Decoding(repeats, temperature, max_new_tokens), judge=_loaded(judge),
    )  # fmt: skip
    if isinstance(tasks, Task) or (isinstance(tasks, str) and not is_suite(tasks)):
        return evaluate_task(loaded, selected_tasks(loaded, tasks)[0], options)
    return [evaluate_task(loaded, task, options) for task in selected_tasks(loaded, tasks)]


def score(
    predictions: str | Path,
    task: str,
    *,
    name: str | None = None,
    output_dir: str | Path = "runs",
    limit: int | None = None,
    seed: int = 0,
    max_errors: float = 0.01,
    progress: bool = True,
    **columns: str,
) -> Run:
    """Score what was made elsewhere; no model is needed.

    Args:
        predictions: answers or numbers (JSONL, CSV, TSV, Parquet), scores of pairs, or embeddings (safetensors, npy, npz): whatever the
            task asks for, as ``mmbench.models.adapters.file`` reads it.
        task: a task id.
        name: what boards call it; the file's name by default.
        output_dir: as in ``evaluate``.
        limit: score only the part that ``export_requests`` gave with the same limit; marked as partial and never ranked.
        seed: of the limit.
        max_errors: the share of samples without a prediction, in [0, 1], above which scoring fails; they count as wrong.
        progress: show bars.
        columns: what the file calls its columns (``id="question_id"``), and ``ids``, a file with the ids of embeddings.

    Returns:
        the run. ``report["notes"]`` counts ``predictions_missing`` and ``predictions_unknown`` (in the file and not in the task).

    Raises:
        UserError: a file that cannot be read, or that predicts none of the task's samples.
    """
    chosen = get_task(task)
    made = load_model(f"file:{predictions}", name=name, **columns)
    options = Options(
        Path(output_dir), SCORED_AT_ONCE, limit, seed, max_errors=max_errors, progress=progress, stop_early=False
    )
    return evaluate_one(made, chosen, options)


def export_requests(
    task: str,
    out: str | Path = "requests.jsonl",
    *,
    ask: str | None = None,
    with_media: str | Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Exported:
    """Write what a task asks, to be answered with any tool; the lines with a ``prediction`` added are what ``score`` takes.

    Args:
        task: a task id.
        out: the JSONL file, one object per thing to answer: ids, prompts, options, media by hash; never a target.
        ask: where the task can be done in more than one way, which: ``embed`` or ``score_pairs``.
        with_media: a folder for the pictures, sounds and arrays, each named by its hash.
        limit: about this many samples: whole groups, seeded.
        seed: of the limit.
        progress: show bars.

    Raises:
        UserError: an unknown task, an empty split, or a place that cannot be written.
    """
    folder = None if with_media is None else Path(with_media)
    return requests.export_requests(
        get_task(task), Path(out), ask=ask, with_media=folder, limit=limit, seed=seed, progress=progress
    )


def list_datasets(*, task: str | None = None, modality: str | None = None) -> "pd.DataFrame":
    """One row per dataset; ``task`` (a task kind) and ``modality`` filter."""
    cards = [
        card
        for card in all_cards()
        if (task is None or task in card.task_kinds) and (modality is None or modality in card.modalities)
    ]
    found = _frame(
        ["key", "title", "tasks", "modalities", "samples", "access", "licence", "installed"],
        (
            {
                "key": card.key,
                "title": card.title,
                "tasks": ", ".join(card.task_kinds),
                "modalities": ", ".join(card.modalities),
                "samples": _counted(card),
                "access": card.access,
                "licence": card.licence if isinstance(card.licence, str) else "unknown",
                "installed": is_installed(card),
            }
            for card in cards
        ),
    )
    return found.astype({"samples": "Int64"})  # <NA> where no split's number is known


def list_tasks(*, kind: str | None = None, dataset: str | None = None) -> "pd.DataFrame":
    """One row per task; ``kind`` and ``dataset`` (a key) filter."""
    return _frame(
        ["id", "kind", "dataset", "split", "shows", "needs", "primary", "version", "state"],
        (
            {
                "id": task.id,
                "kind": task.kind,
                "dataset": task.dataset,
                "split": task.split,
                "shows": ", ".join(sorted(task.modalities)),
                "needs": " or ".join(task.asks),
                "primary": task.primary,
                "version": task.version,
                "state": task.state,
            }
            for task in all_tasks()
            if kind in (None, task.kind) and dataset in (None, task.dataset)
        ),
    )


def list_models() -> "pd.DataFrame":
    """One row per model of the catalog, per adapter (with an example of what stands behind its prefix) and per model of another package."""
    others = [
        {"name": name, "kind": "model", "takes": "", "can": "", "needs": "", "summary": f"from {origin(point)}"}
        for name, point in third_parties().items()
    ]
    own = [*map(_listed_model, all_models()), *map(_listed_adapter, all_adapters())]
    return _frame(["name", "kind", "takes", "can", "needs", "summary"], [*own, *others])


def list_modifiers() -> "pd.DataFrame":
    """One row per task modifier: what may stand behind a task's id, as in ``flickr30k.t2i+jpeg3``."""
    return _frame(
        ["name", "changes", "values", "about", "source"],
        (
            {
                "name": f"+{spelling(one)}",
                "changes": str(one.modality),
                "values": f"{', '.join(f'{value:g}' for value in one.strengths)} ({one.unit})" if one.strengths else "",
                "about": one.about,
                "source": one.source,
            }
            for one in all_modifiers()
        ),
    )


def list_suites() -> "pd.DataFrame":
    """One row per suite."""
    return _frame(
        ["name", "title", "tasks"],
        ({"name": suite.name, "title": suite.title, "tasks": ", ".join(suite.tasks)} for suite in all_suites()),
    )


def is_installed(card: DatasetCard) -> bool:
    """Whether what a dataset is made from is on this machine; of a set on the hub: whether a split of it was built here."""
    if isinstance(card.source, Remote):
        return any(is_built(card, split) for split in card.splits)
    try:
        card.source.locate()
    except UserError:
        return False
    return True


def selected_tasks(
    model: LoadedModel, tasks: str | Task | Suite | Sequence[str | Task], say: Say | None = None
) -> list[Task]:
    """The tasks behind ids and suites. From a suite those that the model cannot do are left out, and said; a task named by id is kept."""
    if isinstance(tasks, Suite) or (isinstance(tasks, str) and is_suite(tasks)):
        suite = tasks if isinstance(tasks, Suite) else get_suite(tasks)
        beside = [key for key in suite.beside if is_installed(get_task(key).card)]
        offered = [get_task(key) for key in (*beside, *suite.tasks)]
        _warn_of_old(offered, say)
        kept = [task for task in offered if refusal(model, task) is None]
        left = [task for task in offered if task not in kept]
        if left and say is not None:
            first = refusal(model, left[0])
            say(
                f"{model.card.name} does {len(kept)} of {len(offered)} tasks of {suite.name}; the first of the others: {first}"
            )
        return kept
    chosen = [_task(task) for task in ([tasks] if isinstance(tasks, str | Task) else tasks)]
    _warn_of_old(chosen, say)
    return chosen


def _warn_of_old(tasks: Sequence[Task], say: Say | None) -> None:
    import warnings

    tell = say or (lambda text: warnings.warn(text, stacklevel=4))
    for task in tasks:
        if task.state:
            tell(f"{task.id} is {task.state}: it still runs, and is in no suite.")


def _listed_model(entry: ModelEntry) -> dict[str, Any]:
    card = entry.card
    return {
        "name": card.name,
        "kind": card.kind,
        "takes": "anything" if card.modalities == ALL_MODALITIES else ", ".join(sorted(card.modalities)),
        "can": ", ".join(capabilities(entry.make)),
        "needs": f"mmbench[{entry.extra}]" if entry.extra else "",
        "summary": card.summary,
    }


def _listed_adapter(adapter: Adapter) -> dict[str, Any]:
    return {
        "name": f"{adapter.prefix}:…",
        "kind": "adapter",
        "takes": "as the model",
        "can": ", ".join(adapter.can),
        "needs": f"mmbench[{adapter.extra}]" if adapter.extra else "",
        "summary": f"{adapter.summary.rstrip('.')}. As {adapter.example}",
    }


def _loaded(judge: object | None) -> LoadedModel | None:
    return None if judge is None else load_model(judge) if isinstance(judge, str) else wrap_model(judge)


def _counted(card: DatasetCard) -> int | None:
    """The samples of the splits whose number is known; ``None`` where none is."""
    known = [facts.count for facts in card.splits.values() if isinstance(facts.count, int)]
    return sum(known) if known else None


def _task(task: str | Task) -> Task:
    return task if isinstance(task, Task) else get_task(task)


def _frame(columns: list[str], rows: Iterable[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(list(rows), columns=columns)
