"""The Python interface: what ``import mmbench`` offers, loaded when it is first used."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.checking import check, peek
from mmbench.data import download, verify
from mmbench.engines.evaluation import Options, evaluate_one, refusal
from mmbench.errors import UserError
from mmbench.loaders import DatasetCard, all_cards, load_dataset
from mmbench.loaders.cache import is_built
from mmbench.loaders.sources import Remote
from mmbench.models import LoadedModel, all_models, as_model, load_model, wrap_model
from mmbench.models.base import ALL_MODALITIES, capabilities
from mmbench.models.files import FilePredictions
from mmbench.runs.records import Run
from mmbench.tasks import Suite, Task, all_suites, all_tasks, get_suite, get_task
from mmbench.tasks.repeats import Decoding

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "as_model", "check", "download", "evaluate", "list_datasets", "list_models", "list_suites", "list_tasks", "load_dataset", "load_model",
    "peek", "score", "verify",
]  # fmt: skip

Say = Callable[[str], None]


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
    repeats: int = 1,
    temperature: float | None = None,
    max_new_tokens: int | None = None,
    judge: object | None = None,
) -> Run | list[Run]:
    """Evaluate a model; what was done before is not done again.

    Args:
        model: a spec string, what ``load_model`` or ``as_model`` returned, or any object with the methods of ``mmbench.models.base``.
        tasks: a task id, several, or a suite's name. From a suite, tasks that the model cannot do are left out.
        output_dir: run folders go to ``output_dir/<model>/<task>/<id>``.
        batch_size: items per call of the model.
        limit: about this many samples: whole groups, seeded and nested. The run is marked as partial and never ranked.
        seed: of the limit.
        restart: throw away what is stored and begin again.
        max_errors: the share of failed samples, in [0, 1], above which the run fails.
        progress: show bars.
        repeats: ask every request this often, each time with another seed; the spread is reported beside the interval.
        temperature: of generation, instead of the task's.
        max_new_tokens: where answers are cut, instead of the task's; such runs are not ranked with those that keep them.
        judge: what decides in tasks that have a judge: a spec string, or anything that ``model`` may be.

    Returns:
        the run of one task, or a list of runs.

    Raises:
        UserError: an unknown name, a task that the model cannot do, a damaged store.
        RunFailedError: too many failed samples, a full disk, a model that breaks its contract.
    """
    loaded = load_model(model) if isinstance(model, str) else wrap_model(model)
    options = Options(
        Path(output_dir),
        batch_size,
        limit,
        seed,
        restart,
        max_errors,
        progress,
        decoding=Decoding(repeats, temperature, max_new_tokens),
        judge=_loaded(judge),
    )
    if isinstance(tasks, str | Task) and not _is_suite(tasks):
        return evaluate_one(loaded, _task(tasks), options)
    return [evaluate_one(loaded, task, options) for task in selected_tasks(loaded, tasks)]


def score(
    predictions: str | Path,
    task: str,
    *,
    name: str | None = None,
    output_dir: str | Path = "runs",
    max_errors: float = 0.01,
) -> Run:
    """Score predictions that were made elsewhere; no model is needed.

    Args:
        predictions: a JSONL file, one ``{"id": …, "prediction": …}`` per sample.
        task: a task id.
        name: what boards call it; the file's name by default.
        output_dir: as in ``evaluate``.
        max_errors: the share of samples without a prediction, in [0, 1], above which scoring fails; they count as wrong.

    Raises:
        UserError: a file that cannot be read, or that predicts none of the task's samples.
    """
    chosen = get_task(task)
    answers = FilePredictions(predictions, name)
    known = set(chosen.load(chosen.split).ids)
    if not answers.ids & known:
        some = next(iter(sorted(known)))
        raise UserError(f"{predictions} predicts none of the samples of {task}: its ids should look like {some!r}.")
    return evaluate_one(wrap_model(answers), chosen, Options(Path(output_dir), max_errors=max_errors))


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


def list_tasks(*, kind: str | None = None) -> "pd.DataFrame":
    """One row per task; ``kind`` filters."""
    return _frame(
        ["id", "kind", "dataset", "split", "shows", "needs", "primary", "version"],
        (
            {
                "id": task.id,
                "kind": task.kind,
                "dataset": task.dataset,
                "split": task.split,
                "shows": ", ".join(sorted(task.modalities)),
                "needs": task.ask,
                "primary": task.primary,
                "version": task.version,
            }
            for task in all_tasks()
            if kind is None or task.kind == kind
        ),
    )


def list_models() -> "pd.DataFrame":
    """One row per model of the catalog."""
    return _frame(
        ["name", "kind", "takes", "can", "needs", "summary"],
        (
            {
                "name": entry.card.name,
                "kind": entry.card.kind,
                "takes": "anything"
                if entry.card.modalities == ALL_MODALITIES
                else ", ".join(sorted(entry.card.modalities)),
                "can": ", ".join(capabilities(entry.make)),
                "needs": f"mmbench[{entry.extra}]" if entry.extra else "",
                "summary": entry.card.summary,
            }
            for entry in all_models()
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
    if isinstance(tasks, Suite) or (isinstance(tasks, str) and _is_suite(tasks)):
        suite = tasks if isinstance(tasks, Suite) else get_suite(tasks)
        beside = [key for key in suite.beside if is_installed(get_task(key).card)]
        offered = [get_task(key) for key in (*beside, *suite.tasks)]
        kept = [task for task in offered if refusal(model, task) is None]
        left = [task for task in offered if task not in kept]
        if left and say is not None:
            first = refusal(model, left[0])
            say(
                f"{model.card.name} does {len(kept)} of {len(offered)} tasks of {suite.name}; the first of the others: {first}"
            )
        return kept
    return [_task(task) for task in ([tasks] if isinstance(tasks, str | Task) else tasks)]


def _loaded(judge: object | None) -> LoadedModel | None:
    return None if judge is None else load_model(judge) if isinstance(judge, str) else wrap_model(judge)


def _counted(card: DatasetCard) -> int | None:
    """The samples of the splits whose number is known; ``None`` where none is."""
    known = [facts.count for facts in card.splits.values() if isinstance(facts.count, int)]
    return sum(known) if known else None


def _task(task: str | Task) -> Task:
    return task if isinstance(task, Task) else get_task(task)


def _is_suite(name: object) -> bool:
    return isinstance(name, str) and any(name in (suite.name, suite.family) for suite in all_suites())


def _frame(columns: list[str], rows: Iterable[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(list(rows), columns=columns)
