"""inspect_ai: ``.eval`` archives and ``.json`` logs."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmbench.files import file_sha256
from mmbench.importing.bounded import LogError, document, member, number, plain_name
from mmbench.importing.values import Answered, Found, Measured, Reader, Unreadable

LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}  # correct, partially, incorrect, no answer: inspect's own values
YES, NO = ("true", "yes"), ("false", "no")
MEANS = ("accuracy", "mean")


def read(folder: Path) -> Iterator[Found | Unreadable]:
    """Every log, oldest first: their names begin with the time."""
    paths = [*folder.rglob("*.eval"), *(path for path in folder.rglob("*.json") if _looks_like_a_log(path))]
    for path in sorted(paths, key=lambda path: path.name):
        try:
            header, samples = _opened(path)
            yield _one(path, header, samples)
        except (LogError, zipfile.BadZipFile, KeyError, TypeError, AttributeError) as error:
            yield Unreadable(path.name, str(error) if isinstance(error, LogError) else f"not a whole log ({error})")


def _looks_like_a_log(path: Path) -> bool:
    """Its first keys, so that other JSON is not read whole."""
    with path.open("rb") as handle:
        head = handle.read(200)
    return b'"version"' in head and b'"status"' in head


def _opened(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if path.suffix == ".json":
        header = document(path)
        return header, header.get("samples") or []
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "header.json" not in names:
            raise LogError("the run did not end (no header.json): recover it with `inspect log recover`")
        kept = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
        return member(archive, "header.json"), [member(archive, name) for name in kept]


def _one(path: Path, header: Mapping[str, Any], samples: list[dict[str, Any]]) -> Found:
    facts = header["eval"]
    results = header.get("results") or {}
    metrics, of_sample = _metrics(results)
    if not metrics:
        raise LogError(f"it has no scores (status {header.get('status')})")
    data = facts.get("dataset") or {}
    config = facts.get("config") or {}
    whole, asked = data.get("samples"), len(data.get("sample_ids") or ()) or None
    partial = header.get("status") != "success" or (whole and asked and asked < whole) or config.get("limit")
    answered = sorted((_sample(one, of_sample) for one in samples), key=lambda one: one.id)
    settings = {
        **(facts.get("task_args") or {}),
        "epochs": config.get("epochs"),
        "reducer": config.get("epochs_reducer"),
    }
    return Found(
        tool="inspect_ai",
        version=str((facts.get("packages") or {}).get("inspect_ai") or ""),
        model=plain_name(facts["model"]),
        task=plain_name(facts["task"]),
        metrics=metrics,
        primary=next(iter(metrics)),
        samples=answered,
        protocol={
            "task_version": str(facts.get("task_version")),
            "settings": {name: str(value) for name, value in sorted(settings.items()) if value is not None},
            "generation": _decoding(facts.get("model_generate_config")),
        },
        files={path.name: file_sha256(path)},
        dataset=None if data.get("name") is None else plain_name(data["name"]),
        limit=(asked or len(answered) or 1) if partial else None,
        n=results.get("total_samples"),
        finished=str((header.get("stats") or {}).get("completed_at") or facts.get("created") or ""),
    )


def _metrics(results: Mapping[str, Any]) -> tuple[dict[str, Measured], dict[str, str]]:
    """Values by ``scorer/metric``, and for each mean the scorer whose samples it is the mean of. Errors of the mean are left out."""
    metrics: dict[str, Measured] = {}
    of_sample: dict[str, str] = {}
    for score in results.get("scores") or ():
        for name, measured in (score.get("metrics") or {}).items():
            short = name.rpartition("/")[2]
            if short in ("stderr", "std", "var", "bootstrap_stderr"):
                continue
            key = f"{score['name']}/{short}"
            metrics[key] = Measured(number(measured.get("value")))
            if short in MEANS:
                of_sample[key] = str(score.get("scorer") or score["name"])
    return metrics, of_sample


def _sample(one: Mapping[str, Any], of_sample: Mapping[str, str]) -> Answered:
    scores, said = one.get("scores") or {}, None
    found: dict[str, float] = {}
    for key, scorer in of_sample.items():
        score = scores.get(scorer) or scores.get(key.partition("/")[0])
        if score is not None:
            said = said or score.get("answer")
            value = _value(score.get("value"))
            if value is not None:
                found[key] = value
    error = one.get("error")
    target = one.get("target")
    epoch = int(one.get("epoch") or 1)
    return Answered(
        id=f"{one['id']}" if epoch == 1 else f"{one['id']}@{epoch}",
        scores=found,
        prediction=None if said is None else str(said),
        target=target if isinstance(target, str | None) else " | ".join(map(str, target)),
        error=str((error or {}).get("message", "no score"))[:500] if error or not found else None,
        cluster=str(one["id"]),
    )


def _value(value: Any) -> float | None:
    """As inspect turns values into numbers: letters, yes and no, numbers."""
    if isinstance(value, str):
        if value in LETTERS:
            return LETTERS[value]
        if value.lower() in YES + NO:
            return float(value.lower() in YES)
    return number(value)


def _decoding(config: Any) -> dict[str, str]:
    wanted = ("temperature", "top_p", "top_k", "max_tokens", "seed", "reasoning_effort", "stop_seqs")
    return {name: str(config[name]) for name in wanted if isinstance(config, Mapping) and config.get(name) is not None}


READER = Reader(
    tool="inspect_ai",
    files="<time>_<task>_<id>.eval or .json",
    read=read,
    source="UKGovernmentBEIS/inspect_ai, logs written by inspect_ai 0.3.285 and its documentation of log files",
)
