"""lmms-eval: ``<time>_results.json`` with ``<time>_samples_<task>.jsonl`` beside it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmbench.files import file_sha256
from mmbench.importing.bounded import LogError, document, lines, number, plain_name
from mmbench.importing.values import Answered, Found, Measured, Reader, Unreadable

ENDING = "_results.json"
STABLE = (
    "dataset_path",
    "dataset_name",
    "test_split",
    "output_type",
    "generation_kwargs",
    "lmms_eval_specific_kwargs",
    "num_fewshot",
    "repeats",
)
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def read(folder: Path) -> Iterator[Found | Unreadable]:
    """Every result file, one run per task in it."""
    for path in sorted(folder.rglob(f"*{ENDING}")):
        try:
            results = document(path)
            if not isinstance(results, dict) or not isinstance(results.get("results"), dict):
                raise LogError("it has no table `results`")
            for task in results["results"]:
                if not _mapping(results.get("group_subtasks")).get(task):  # a group's own row is the mean of its tasks
                    yield _one(path, results, str(task))
        except LogError as error:
            yield Unreadable(path.name, str(error))


def _one(path: Path, results: Mapping[str, Any], task: str) -> Found:
    config = _mapping(results.get("config"))
    declared = _mapping(_mapping(results.get("configs")).get(task))
    metrics = _metrics(results, task)
    if not metrics:
        raise LogError(f"the task {task} has no metric")
    samples_path = path.with_name(f"{path.name.removesuffix(ENDING)}_samples_{task}.jsonl")
    samples = list(_samples(samples_path, set(metrics))) if samples_path.exists() else []
    counted = _mapping(_mapping(results.get("n-samples")).get(task))
    files = [path, *([samples_path] if samples_path.exists() else [])]
    return Found(
        tool="lmms-eval",
        version=str(results.get("lmms_eval_version") or results.get("git_hash") or ""),
        model=_model(results, config),
        task=task,
        metrics=metrics,
        primary=_primary(metrics, samples),
        samples=samples,
        protocol={
            "task_version": str(_mapping(results.get("versions")).get(task)),
            "config": {name: ADDRESS.sub("", str(declared[name])) for name in STABLE if declared.get(name) is not None},
            "system": results.get("system_instruction_sha"),
        },
        files={one.name: file_sha256(one) for one in files},
        kind="",
        dataset=None if declared.get("dataset_path") is None else plain_name(declared["dataset_path"]),
        split=str(declared.get("test_split") or ""),
        limit=_limit(config, counted),
        n=int(counted["effective"]) if isinstance(counted.get("effective"), int) else None,
        finished=path.name.removesuffix(ENDING),
    )


def _metrics(results: Mapping[str, Any], task: str) -> dict[str, Measured]:
    """``metric,filter`` without the statistics that stand beside it; the filter stays in the name unless it is ``none``."""
    found = {}
    better = _mapping(_mapping(results.get("higher_is_better")).get(task))
    for key, value in results["results"][task].items():
        metric, comma, kept = str(key).partition(",")
        if not comma or metric.endswith(("_stderr", "_stderr_clt", "_stderr_clustered")) or metric in ("alias", " "):
            continue
        if metric.endswith(("_expected_accuracy", "_consensus_accuracy", "_internal_variance", "_consistency_rate")):
            continue
        value_ = number(value)
        if value_ is None and value not in ("N/A", None, "NaN") and not isinstance(value, float):
            continue  # nested tables of sub-scores
        direction = better.get(metric)
        name = metric if kept in ("", "none") else f"{metric},{kept}"
        found[name] = Measured(value_, direction if isinstance(direction, bool) else None)
    return found


def _samples(path: Path, metrics: set[str]) -> Iterator[Answered]:
    seen: Counter[str] = Counter()
    for row in lines(path):
        if "doc_id" not in row:
            raise LogError(f"{path.name} has a line without doc_id")
        key = str(row["doc_id"])
        seen[key] += 1
        scores = {name: value for name in metrics if (value := number(row.get(name.partition(",")[0]))) is not None}
        yield Answered(
            id=key if seen[key] == 1 else f"{key}@{seen[key]}",
            scores=scores,
            prediction=_text(row.get("filtered_resps", row.get("resps"))),
            target=None if row.get("target") is None else str(row["target"]),
            cluster=key,
        )


def _primary(metrics: Mapping[str, Measured], samples: list[Answered]) -> str:
    """The first metric that has scores per sample, else the first that has a value."""
    scored = {name for one in samples for name in one.scores}
    return next(
        (name for name in metrics if name in scored),
        next((name for name, one in metrics.items() if one.value is not None), next(iter(metrics))),
    )


def _model(results: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """What the weights are called, where the arguments say it; else the adapter."""
    arguments = config.get("model_args") or ""
    if isinstance(arguments, str):
        arguments = dict(part.split("=", 1) for part in arguments.split(",") if "=" in part)
    for name in ("pretrained", "model", "model_version", "model_name"):
        if isinstance(arguments, Mapping) and arguments.get(name):
            return plain_name(arguments[name])
    return plain_name(results.get("model_name") or config.get("model") or "unknown model")


def _limit(config: Mapping[str, Any], counted: Mapping[str, Any]) -> int | None:
    original, effective = counted.get("original"), counted.get("effective")
    if isinstance(original, int) and isinstance(effective, int):
        return effective if effective < original else None
    limit = number(config.get("limit"))
    return None if limit is None or limit < 0 else max(1, int(limit))


def _text(value: Any) -> str | None:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if value is None else value if isinstance(value, str) else str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


READER = Reader(
    tool="lmms-eval",
    files="<time>_results.json, with <time>_samples_<task>.jsonl where it ran with --log_samples",
    read=read,
    source="EvolvingLMMs-Lab/lmms-eval, lmms_eval/loggers/evaluation_tracker.py",
)
