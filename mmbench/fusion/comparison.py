"""``mmbench.compare_fusion``: fusion methods compared on a task, from frozen features to a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.engines.features import FOLDER as EMBEDDINGS
from mmbench.engines.features import Cache
from mmbench.errors import UserError
from mmbench.files import write_bytes, write_json
from mmbench.fusion.protocol import Protocol
from mmbench.runs.identity import folder_name
from mmbench.tasks import Task, all_tasks, get_task
from mmbench.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from mmbench.fusion.data.stored import FusionData
    from mmbench.fusion.study import Study

PAGES = "fusion"


@dataclass(frozen=True)
class FusionComparison:
    """A comparison of fusion methods.

    Attributes:
        results: the document ``results.json``: ``task``, ``measure``, ``protocol``, ``features``, ``data``, ``rows`` (methods and floors,
            with value, interval, seeds, tie group, cost, analyses), ``pairs``, ``sensitivity``, ``notes``.
        page: ``index.html``.
        output_dir: where the runs are.
    """

    results: Mapping[str, Any]
    page: Path
    output_dir: Path

    @property
    def title(self) -> str:
        """What was compared, in a line."""
        task, protocol, measure = (self.results[name] for name in ("task", "protocol", "measure"))
        return (
            f"{task['id']}: {measure['title']} at {protocol['budget']:,} parameters, {count(protocol['trials'], 'trial')}, "
            f"{count(len(protocol['seeds']), 'seed')}"
        )

    @property
    def rows(self) -> "pd.DataFrame":
        """One row per method and floor: ``name, kind, group, value, low, high, sd, valid, parameters, …``."""
        import pandas as pd

        names = (
            "name",
            "title",
            "kind",
            "group",
            "value",
            "low",
            "high",
            "sd",
            "valid",
            "parameters",
            "width",
            "wins",
            "test_reads",
        )
        return pd.DataFrame([{name: row[name] for name in names} for row in self.results["rows"]], columns=list(names))

    @property
    def pairs(self) -> "pd.DataFrame":
        """One row per two methods: ``a, b, difference, low, high, p_value, p_holm, better``."""
        import pandas as pd

        return pd.DataFrame(self.results["pairs"])

    def to_markdown(self) -> str:
        """The table."""
        from mmbench.fusion.report.table import markdown

        return markdown(self.results)

    def to_html(self, folder: str | Path) -> Path:
        """Write the page ``index.html`` into a folder, with ``table.md`` and ``results.json`` beside it."""
        return _written(self.results, Path(folder))

    def __repr__(self) -> str:
        best = [row["name"] for row in self.results["rows"] if row["group"] == 1]
        return f"FusionComparison({self.title}; best, not told apart: {', '.join(best) or 'none'})"


def compare_fusion(
    task: str | Task,
    *,
    methods: str | Sequence[str] = "all",
    seeds: int = 5,
    budget: int = 50_000,
    trials: int = 10,
    search_per_seed: bool = False,
    sensitivity: bool = False,
    encoders: Mapping[str, str] | None = None,
    reduce: int | None = 64,
    max_steps: int = 50,
    updates: int = 2_000,
    batch_size: int = 128,
    limit: int | None = None,
    output_dir: str | Path = "runs",
    out: str | Path | None = None,
    workers: int | None = None,
    device: str = "cpu",
    progress: bool = True,
) -> FusionComparison:
    """Compare fusion methods on one task: the same frozen features, parameter budget, search and seeds for all.

    What was done before is not done again: more trials, seeds or methods add to it.

    Args:
        task: the id of a task that learns from a train split, the task, or the key of a dataset that has one such task.
        methods: ``"all"``, names of ``list_fusions()``, each with switches behind a plus (``"gmu+modality-dropout"``), or
            ``"package.module:Name"``, a ``torch.nn.Module`` of your own: ``Name(dims, width)``, called with ``(inputs, masks)`` as
            ``mmbench.fusion.base.Fusion`` says, giving ``(B, width)``.
        seeds: how often the chosen configuration is trained, each time with another seed.
        budget: trained parameters of each method, head included, met within 5 %.
        trials: configurations that each method's random search tries, on train and validation only.
        search_per_seed: make the search under every seed, each of which keeps its own choice, so that the intervals cover that choice;
            else under the first seed, for all.
        sensitivity: do all of it at half and twice the budget as well.
        encoders: by modality (``image``, ``text``, ``audio``) the spec of the model whose frozen features are fused.
        reduce: principal components kept per modality; ``None`` keeps all features.
        max_steps: longer sequences are averaged down to this many steps.
        updates: steps of the optimiser per training, at most; training stops early on the validation loss.
        batch_size: rows per step.
        limit: about this many test samples; such a comparison is marked as partial.
        output_dir: where runs, features and trainings go.
        out: a folder for the page; ``output_dir/fusion/<task>-<budget>`` by default.
        workers: processes; by default one per core, eight at most, and one on an accelerator. The outcome does not depend on it.
        device: where networks are trained.
        progress: show bars.

    Raises:
        UserError: an unknown name, a task that shows one modality only or learns nothing, a budget that a named method cannot meet.
        RunFailedError: a worker process was killed; what was done is kept.
    """
    from mmbench.fusion.data.reading import fusion_data
    from mmbench.fusion.entries import chosen
    from mmbench.fusion.report.outcome import document
    from mmbench.fusion.study import STUDIES
    from mmbench.models.devices import resolve_device

    protocol = Protocol(
        budget, trials=trials, seeds=seeds, updates=updates, batch_size=batch_size, reduce=reduce, max_steps=max_steps,
        search_per_seed=search_per_seed,
    )  # fmt: skip
    chosen(methods, ())  # a wrong name is said before anything is embedded
    found, root = task_of(task), Path(output_dir)
    place = str(resolve_device(device))
    data = fusion_data(
        found,
        folder=root / STUDIES / "features",
        encoders=encoders or {},
        reduce=reduce,
        max_steps=max_steps,
        cache=Cache(root / EMBEDDINGS),
        limit=limit,
        progress=progress,
    )
    protocols = protocols_of(protocol, sensitivity=sensitivity)
    studies = _studied(data, methods, protocols, root, workers=workers, device=place, progress=progress)
    results = document(studies, budget, data, found, root, limit=limit, progress=progress)
    folder = root / PAGES / f"{folder_name(found.id)}-{budget}" if out is None else Path(out)
    return FusionComparison(results, _written(results, folder), root)


def _studied(
    data: "FusionData", methods: str | Sequence[str], protocols: Sequence[Protocol], root: Path, *, workers: int | None, device: str,
    progress: bool,
) -> "dict[int, Study]":  # fmt: skip
    """A study per budget. Who does not fit is known before the first begins; only the main budget has to fit who was named."""
    from mmbench.fusion.crew import Crew, default_workers
    from mmbench.fusion.entries import chosen, named
    from mmbench.fusion.study import entrants, study

    entries, needed = chosen(methods, data.names), named(methods)
    fit = [entrants(data, entries, one, needed if one is protocols[0] else ()) for one in protocols]
    with Crew(workers or default_workers(device)) as crew:
        work = partial(study, data, output_dir=root, crew=crew, device=device, progress=progress)
        return {one.budget: work(who, one) for who, one in zip(fit, protocols, strict=True)}


def protocols_of(protocol: Protocol, *, sensitivity: bool) -> list[Protocol]:
    """The main budget first, then half and twice of it where that is asked for."""
    beside = [protocol.budget // 2, protocol.budget * 2] if sensitivity else []
    return [protocol, *(replace(protocol, budget=budget) for budget in beside)]


def _written(results: Mapping[str, Any], folder: Path) -> Path:
    from mmbench.fusion.report.page import page
    from mmbench.fusion.report.table import markdown

    write_json(folder / "results.json", results)
    write_bytes(folder / "table.md", markdown(results).encode())
    write_bytes(folder / "index.html", page(results).encode())
    return folder / "index.html"


def task_of(task: str | Task) -> Task:
    """A task, by its id or as the only one of a dataset that fusion can learn."""
    from mmbench.fusion.data.problems import refusal

    if isinstance(task, Task):
        return task
    of_dataset = [one for one in all_tasks() if one.dataset == task]
    fit = [one for one in of_dataset if refusal(one) is None]
    if len(fit) > 1:
        raise UserError(f"{task} has {len(fit)} tasks: name one of {', '.join(one.id for one in fit)}.")
    if of_dataset and not fit:
        raise UserError(str(refusal(of_dataset[0])))
    return fit[0] if fit else get_task(task)


def list_fusions() -> "pd.DataFrame":
    """One row per fusion method and switch: ``name, title, takes, parameters, paper``."""
    import pandas as pd

    from mmbench.fusion.registry import all_fusions
    from mmbench.fusion.switching import all_switches

    rows = [
        {
            "name": one.name,
            "title": one.title,
            "takes": "steps" if one.sequences else "vectors",
            "parameters": one.formula,
            "paper": one.paper,
        }
        for one in all_fusions()
    ]
    rows += [
        {"name": f"+{one.name}", "title": one.title, "takes": "any method", "parameters": "none", "paper": one.paper}
        for one in all_switches()
    ]
    return pd.DataFrame(rows, columns=["name", "title", "takes", "parameters", "paper"])
