"""mteb: ``<model>/<revision>/<Task>.json`` with ``model_meta.json`` beside it. There are no scores per sample."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmbench.files import file_sha256
from mmbench.importing.bounded import LogError, document, number, plain_name
from mmbench.importing.values import Found, Measured, Reader, Unreadable

META = "model_meta.json"
MAIN = "main_score"
NOT_METRICS = ("hf_subset", "languages", "mteb_version", "evaluation_time")
KINDS = {"Retrieval": "retrieval", "ZeroShotClassification": "zero-shot-classification"}


def read(folder: Path) -> Iterator[Found | Unreadable]:
    """Every task's file, one run per split and subset in it."""
    for path in sorted(folder.rglob("*.json")):
        if path.name == META or not _looks_like_a_result(path):
            continue
        try:
            yield from _runs(path)
        except (LogError, KeyError, TypeError, AttributeError) as error:
            yield Unreadable(path.name, str(error) if isinstance(error, LogError) else f"not a whole result ({error})")


def _looks_like_a_result(path: Path) -> bool:
    with path.open("rb") as handle:
        head = handle.read(2000)
    return b'"dataset_revision"' in head and b'"task_name"' in head


def _runs(path: Path) -> Iterator[Found]:
    result = document(path)
    meta_path = path.parent / META
    meta = document(meta_path) if meta_path.exists() else {}
    name = str(meta.get("name") or path.parent.parent.name.replace("__", "/"))
    revision = meta.get("revision") or path.parent.name
    files = {one.name: file_sha256(one) for one in (path, meta_path) if one.exists()}
    several = {split: len(subsets) > 1 for split, subsets in result["scores"].items()}
    for split, subsets in result["scores"].items():
        for subset in subsets:
            metrics = _metrics(subset)
            part = [str(result["task_name"]), *([str(subset["hf_subset"])] if several[split] else []), str(split)]
            yield Found(
                tool="mteb",
                version=str(subset.get("mteb_version") or result.get("mteb_version") or ""),
                model=plain_name(name),
                revision=None if revision in (None, "no_revision_available") else str(revision),
                task=".".join(part),
                metrics=metrics,
                primary=MAIN,
                samples=(),
                protocol={"subset": str(subset.get("hf_subset"))},
                files=files,
                kind=next((kind for ending, kind in KINDS.items() if str(result["task_name"]).endswith(ending)), ""),
                dataset=str(result["task_name"]),
                dataset_revision=str(result["dataset_revision"]),
                split=str(split),
                finished=_time(result.get("date")),
                card=_card(meta),
            )


def _metrics(subset: Mapping[str, Any]) -> dict[str, Measured]:
    """The main score first. mteb writes a bare NaN where a value is undefined."""
    found = {MAIN: Measured(number(subset[MAIN]), higher_is_better=True)}
    for key, value in subset.items():
        if key not in (MAIN, *NOT_METRICS) and (value is None or isinstance(value, int | float)):
            found[key] = Measured(number(value))
    return found


def _card(meta: Mapping[str, Any]) -> dict[str, Any]:
    trained = meta.get("training_datasets")
    parameters = meta.get("n_parameters")
    return {
        "parameters": parameters if isinstance(parameters, int) else None,
        "licence": meta["license"] if isinstance(meta.get("license"), str) else None,
        "open_weights": meta["open_weights"] if isinstance(meta.get("open_weights"), bool) else None,
        "release_date": str(meta["release_date"]) if meta.get("release_date") else None,
        "training_datasets": None if trained is None else [f"mteb:{name}" for name in trained],
        "modalities": [str(one) for one in meta.get("modalities") or ()],
    }


def _time(value: Any) -> str:
    seconds = number(value)
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


READER = Reader(
    tool="mteb",
    files="<model>/<revision>/<Task>.json, with model_meta.json",
    read=read,
    source="embeddings-benchmark/mteb, results/task_result.py, and embeddings-benchmark/results",
)
