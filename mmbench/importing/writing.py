"""From a log of another tool to a run folder like any other, that says where it comes from and what could be computed anew."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.files import atomic_path, digest, write_json
from mmbench.importing.values import Found, Measured
from mmbench.runs.identity import ID_LENGTH, folder_name
from mmbench.runs.records import SCHEMA_VERSION, Run, Score, read_run
from mmbench.runs.scoring import LEVEL, RESAMPLES, SEED
from mmbench.stats import bootstrap_mean

CLOSE = 5e-4  # tools round to three or four digits
PERCENT = 100.0


def write(found: Found, output_dir: Path) -> Run:
    """Write the run folder of a log; the same log has the same folder."""
    name = f"{found.tool}:{found.task}"
    record = _record(found, name)
    folder = output_dir / folder_name(found.model) / folder_name(name) / record["id"]
    folder.mkdir(parents=True, exist_ok=True)
    scores = [_score(found, key, measured) for key, measured in found.metrics.items()]
    if found.samples:
        _write_samples(found, folder)
    write_json(folder / "scores.json", _report(found, name, scores))
    write_json(folder / "run.json", record)
    return read_run(folder)


def _record(found: Found, name: str) -> dict[str, Any]:
    held = sorted([one.id, one.target or ""] for one in found.samples)  # tools log in the order in which answers came
    ids = digest(held) if held else None
    data = {
        "key": found.dataset or name,
        "split": found.split,
        "revision": found.dataset_revision,
        "fingerprint": ids,
    }
    identity = {
        "model": {"name": found.model, "spec": None, "config": {}, "revision": found.revision},
        "task": name,
        "task_version": 1,
        "protocol": {"tool": found.tool, "version": found.version, **found.protocol},
        "dataset": data,
        "batch_size": None,
        "seed": None,
        "limit": found.limit,
    }
    card = {
        "name": found.model,
        "revision": found.revision,
        "modalities": [],
        "kind": "model",
        "privileged": False,
        "parameters": None,
        "licence": None,
        "open_weights": None,
        "languages": None,
        "release_date": None,
        "training_datasets": None,
        "summary": "",
        "fitted_on": None,
        **found.card,
    }
    return {
        "schema": SCHEMA_VERSION,
        "id": digest({**identity, "files": dict(found.files)})[:ID_LENGTH],
        "status": "complete",
        "identity": identity,
        "model": card,
        "task": {
            "id": name,
            "title": f"{found.task} by {found.tool}",
            "version": 1,
            "kind": found.kind,
            "dataset": data["key"],
            "split": found.split,
            "primary": found.primary,
        },
        "dataset": {
            **data,
            "title": found.dataset or found.task,
            "evidence": "imported",
            "licence": None,
            "attribution": "",
            "redistributable": False,
            "toy": False,
            "checks": None,
        },
        "provenance": {
            "finished": found.finished,
            "imported": {"tool": found.tool, "version": found.version, "files": dict(found.files)},
        },
    }


def _score(found: Found, key: str, measured: Measured) -> Score:
    """From the samples' scores where their mean is what was reported; as reported otherwise."""
    values = np.asarray([one.scores.get(key, 0.0) for one in found.samples], dtype=np.float64)
    scored = any(key in one.scores for one in found.samples)
    mean = float(values.mean()) if scored else None
    scale = _scale(mean, measured.value)
    common: dict[str, Any] = {
        "metric": key,
        "title": key,
        "n": len(found.samples) or found.n,
        "higher_is_better": measured.higher_is_better is not False,
        "floor": None,
        "ceiling": None,
        "count": False,
        "source": f"{found.tool} {found.version}".strip(),
    }
    if mean is None or scale is None:
        said = f"as {found.tool} reports it" + (", which is not the mean of its scores per sample" if scored else "")
        return Score(
            value=measured.value,
            low=None,
            high=None,
            definition=f"{said}; cannot be computed anew",
            reason=None if measured.value is not None else f"{found.tool} reports no number",
            **common,
        )
    clusters = [one.cluster or one.id for one in found.samples]
    interval = bootstrap_mean(values, clusters=clusters, resamples=RESAMPLES, level=LEVEL, seed=SEED)
    return Score(
        value=mean,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        definition=f"the mean of the scores per sample that {found.tool} logged; a sample without one counts as 0"
        + ("; the log gives it in percent" if scale == PERCENT else ""),
        resamples=None if interval is None else interval.resamples,
        **common,
    )


def _scale(mean: float | None, reported: float | None) -> float | None:
    """1 or 100, whichever takes the mean to what was reported; ``None`` where neither does."""
    if mean is None or reported is None:
        return None if mean is None else 1.0
    for scale in (1.0, PERCENT):
        if abs(mean * scale - reported) <= CLOSE * max(1.0, abs(reported)):
            return scale
    return None


def _report(found: Found, name: str, scores: list[Score]) -> dict[str, Any]:
    return {
        "schema": 1,
        "task": name,
        "task_version": 1,
        "metric": f"{found.tool}({', '.join(sorted(found.metrics))})@{found.version}",
        "primary": found.primary,
        "n": len(found.samples) or found.n,
        "n_errors": sum(one.error is not None for one in found.samples),
        "aggregate": "all samples" if any(score.low is not None for score in scores) else f"as {found.tool} reports it",
        "interval": {
            "method": "percentile bootstrap by cluster",
            "level": LEVEL,
            "seed": SEED,
            "clusters": len({one.cluster or one.id for one in found.samples}),
            "covers": "the choice of test items, taken as independent: the log does not say what they share",
        },
        "notes": {},
        "scores": [asdict(score) for score in scores],
    }


def _write_samples(found: Found, folder: Path) -> None:
    import pandas as pd

    columns: dict[str, list[Any]] = {
        "id": [one.id for one in found.samples],
        "cluster": [one.cluster or one.id for one in found.samples],
    }
    for key, measured in found.metrics.items():
        if any(key in one.scores for one in found.samples):
            values = [one.scores.get(key, 0.0) for one in found.samples]
            is_mean = _scale(sum(values) / len(values), measured.value) is not None
            # What is not the mean of these is not compared by them: it stands under another name.
            columns[key if is_mean else f"{key} (logged)"] = values
    columns["answer"] = [one.prediction for one in found.samples]
    columns["right"] = [one.target for one in found.samples]
    columns["error"] = [one.error for one in found.samples]
    with atomic_path(folder / "samples.parquet") as temporary:
        pd.DataFrame(columns).to_parquet(temporary, index=False)
