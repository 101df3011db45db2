"""What a run leaves behind when its outputs are complete: scores, samples, and the record of how they came about."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmbench.engines.measures import peak_memory_mb
from mmbench.engines.planning import Job
from mmbench.files import atomic_path, write_json
from mmbench.models.base import Fittable, Witness
from mmbench.runs.records import SCHEMA_VERSION, Run, read_run
from mmbench.runs.scoring import report, sample_table
from mmbench.runs.store import Store
from mmbench.runs.usage import columns
from mmbench.tasks.base import Plan, Scored, Stage, Task


def judging_stage(plan: Plan, store: Store) -> Stage | None:
    """What the judge of a complete run is asked; ``None`` where there is none."""
    return None if plan.judging is None else plan.judging({stage.name: store.read(stage) for stage in plan.stages})


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


def previous_run(job: Job) -> Run | None:
    """The run as it was finished before, or ``None``."""
    paths = [job.folder / "run.json", job.folder / "scores.json", job.folder / "samples.parquet"]
    if not all(path.exists() for path in paths):
        return None
    run = read_run(job.folder)
    return run if run.record["status"] == "complete" else None


def write_record(job: Job, status: str, facts: dict[str, Any]) -> None:
    """Write ``run.json``: identity, model, task, data, and ``facts`` as provenance."""
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
