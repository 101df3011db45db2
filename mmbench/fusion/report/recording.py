"""A compared method as a run like any other: its seeds are repetitions of the same samples, and boards and ``compare`` read it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmbench.files import atomic_path, digest, write_json
from mmbench.runs.identity import folder_name, identity, run_id
from mmbench.runs.records import SCHEMA_VERSION, Run, read_run
from mmbench.runs.scoring import report, sample_table
from mmbench.tasks.base import Plan, Scored, Task
from mmbench.tasks.repeats import together

PREFIX = "fusion-"  # of the models' names, so that a board says what they are


def record(
    task: Task,
    plan: Plan,
    scored: Sequence[Scored],
    model: Mapping[str, Any],
    data: Mapping[str, Any],
    output_dir: Path,
    *,
    limit: int | None = None,
) -> Run:
    """Write the run folder of a method, one repetition per seed.

    Args:
        task: what was done.
        plan: of the task, with targets hidden; scores what was predicted.
        scored: per seed.
        model: ``name``, ``title``, ``kind`` (``model`` or ``floor``), ``parameters``, ``weights`` (sha256 per seed), ``config`` (what was
            chosen and under which protocol), ``modalities``.
        data: key, split, revision, fingerprint, … of the test split.
        output_dir: where run folders go.
        limit: of test samples.
    """
    import pandas as pd

    joined = together(scored) if len(scored) > 1 else scored[0]
    name, revision = f"{PREFIX}{model['name']}", digest(sorted(model["weights"]))[:12]
    facts = identity(
        {"name": name, "spec": None, "config": dict(model["config"]), "revision": revision},
        task,
        data,
        batch_size=0,
        seed=0,
        limit=limit,
        decoding={"repeats": len(scored)} if len(scored) > 1 else None,
    )
    facts["batch_size"] = None
    folder = output_dir / folder_name(name) / folder_name(task.id) / run_id(facts)
    with atomic_path(folder / "samples.parquet") as temporary:
        pd.DataFrame(sample_table(joined)).to_parquet(temporary, index=False)
    write_json(folder / "scores.json", report(task, plan, joined))
    write_json(folder / "run.json", _document(task, facts, model, name, revision, data))
    return read_run(folder)


def _document(
    task: Task, facts: Mapping[str, Any], model: Mapping[str, Any], name: str, revision: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    import mmbench

    card = {
        "name": name,
        "revision": revision,
        "modalities": sorted(model["modalities"]),
        "kind": model["kind"],
        "privileged": False,
        "parameters": model["parameters"],
        "licence": None,
        "open_weights": None,
        "languages": None,
        "release_date": None,
        "training_datasets": [task.dataset],
        "summary": model["title"],
        "fitted_on": f"{task.dataset} {task.train_split}",
    }
    names = ("id", "title", "version", "kind", "dataset", "split", "primary")
    return {
        "schema": SCHEMA_VERSION,
        "id": run_id(dict(facts)),
        "status": "complete",
        "identity": dict(facts),
        "model": card,
        "task": {key: getattr(task, key) for key in names},
        "dataset": dict(data),
        "provenance": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "fusion": dict(model["provenance"]),
            "mmbench": mmbench.__version__,
        },
    }
