"""What a run would take, before anything is asked or paid: items, tokens, dollars as the model says them, time as earlier runs took."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.engines.local import to_ask
from mmbench.engines.planning import Job, Options
from mmbench.engines.reading import read
from mmbench.files import read_json
from mmbench.models.base import Estimator
from mmbench.runs.identity import folder_name
from mmbench.runs.store import Store
from mmbench.samples import MediaError, Request, Usage


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is left of a run.

    Attributes:
        items: of all stages.
        left: those that are not stored.
        usage: what the model says that the requests among them take; ``None`` where it does not say.
        seconds: for all that is left, at the speed of an earlier run of the model; ``None`` where there is none.
    """

    items: int
    left: int
    usage: Usage | None
    seconds: float | None


def estimate(job: Job, options: Options) -> Estimate:
    """What a planned run would take. Requests are made one by one and their media are not decoded."""
    store = Store(job.folder / "outputs")
    missing = {
        stage.name: list(range(len(stage.ids))) if options.restart else to_ask(store, stage, options.retry_errors)
        for stage in job.plan.stages
    }
    left = sum(len(found) for found in missing.values())
    usage = None
    if left and isinstance(job.model.model, Estimator):
        usage = job.model.model.estimate(_requests(job, missing))
    rate = _rate(job, options.output_dir)
    return Estimate(sum(len(stage.ids) for stage in job.plan.stages), left, usage, left / rate if rate else None)


def _requests(job: Job, missing: Mapping[str, list[int]]) -> Iterator[Request]:
    for stage in job.plan.stages:
        for place in missing[stage.name] if stage.ask == "generate" else ():
            (item,) = read(job.model, stage, [place]).items
            if not isinstance(item, MediaError):
                yield item


def _rate(job: Job, output_dir: Path) -> float | None:
    """Items per second of the latest run of the model on this task, or else on a task of its kind."""
    records = list(_records(output_dir / folder_name(job.model.card.name)))
    for name in ("id", "kind"):
        same = [record for record in records if record["task"][name] == getattr(job.task, name)]
        if same:
            latest = max(same, key=lambda record: str(record["provenance"].get("finished")))
            return float(latest["provenance"]["samples_per_second"])
    return None


def _records(folder: Path) -> Iterable[dict[str, Any]]:
    """The records of runs that asked a model, and took nothing from the cache."""
    for path in sorted(folder.glob("*/*/run.json")):
        try:
            record = read_json(path)
        except ValueError:  # damaged: whoever reads the run says so
            continue
        facts = record.get("provenance", {})
        if facts.get("samples_per_second") and not facts.get("embeddings_from_cache"):
            yield record
