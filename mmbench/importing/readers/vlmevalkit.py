"""VLMEvalKit: ``<model>/<time>/<model>_<dataset>.xlsx``, the judged sheet and the table of scores beside it. Pickles are not read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.files import file_sha256
from mmbench.importing.bounded import LogError, number, plain_name, table
from mmbench.importing.values import Answered, Found, Measured, Reader, Unreadable

if TYPE_CHECKING:
    import pandas as pd

SHEETS = (".xlsx", ".tsv", ".json")
SCORES = ("_acc.csv", "_score.csv", "_acc.json", "_score.json")
PER_SAMPLE = ("hit", "score", "eval_score")
JUDGED = re.compile("_(openai|chatgpt|gpt|exact_matching|auxmatch|result|judge|extract|eval|PREV|qwen|deepseek)")
FAILED = "Failed to obtain answer"
OVERALL = ("overall", "average", "acc", "accuracy", "aacc", "final score norm")


def read(folder: Path) -> Iterator[Found | Unreadable]:
    """Every sheet of predictions that is named after the folder of its model."""
    for path in sorted(one for one in folder.rglob("*_*") if one.suffix in SHEETS):
        model = _model(path)
        if model is None or not _is_predictions(path, model):
            continue
        try:
            yield _one(path, model)
        except (LogError, OSError) as error:
            yield Unreadable(path.name, str(error))


def _model(path: Path) -> str | None:
    """The name of the folder above, or above the folder of the evaluation, where the file's name begins with it."""
    return next((one.name for one in list(path.parents)[:2] if path.name.startswith(f"{one.name}_")), None)


def _is_predictions(path: Path, model: str) -> bool:
    """Judged sheets repeat the name of their predictions and say behind it who judged."""
    if any(path.name.endswith(ending) for ending in SCORES):
        return False
    others = [one for one in path.parent.iterdir() if one.suffix in SHEETS and one.stem.startswith(f"{model}_")]
    return not any(_judges(path, one) for one in others)


def _judges(path: Path, predictions: Path) -> bool:
    rest = path.stem.removeprefix(predictions.stem)
    return rest != path.stem and JUDGED.match(rest) is not None


def _one(path: Path, model: str) -> Found:
    dataset = path.stem.removeprefix(f"{model}_")
    rows = table(path)
    missing = [name for name in ("index", "prediction") if name not in rows]
    if missing:
        raise LogError(f"it has no column {' and no column '.join(missing)}")
    judged, judged_path, column = _judged(path)
    values, scores_path = _values(path)
    if judged is None and not values:
        raise LogError(
            "nothing says how it was scored (no sheet with `hit`, no table _acc or _score): run with --mode all"
        )
    metrics = dict(values)
    if column is not None and not metrics:
        metrics = {column: Measured(None)}
    primary = next(iter(metrics))
    samples = _samples(rows if judged is None else judged, column, primary)
    files = [one for one in (path, judged_path, scores_path) if one is not None]
    if column is not None and metrics[primary].value is None:
        metrics[primary] = Measured(sum(one.scores.get(primary, 0.0) for one in samples) / max(1, len(samples)))
    return Found(
        tool="VLMEvalKit",
        version="",
        model=plain_name(model),
        task=dataset,
        metrics=metrics,
        primary=primary,
        samples=samples,
        protocol={"judge": _judge(path, judged_path)},
        files={one.name: file_sha256(one) for one in files},
        kind="question-answering",
        dataset=dataset,
        n=len(rows),
    )


def _judge(path: Path, judged: Path | None) -> str:
    """Who judged, as the sheet's name says."""
    return "" if judged is None else judged.stem.removeprefix(path.stem).removesuffix("result").strip("_")


def _judged(path: Path) -> "tuple[pd.DataFrame | None, Path | None, str | None]":
    """The newest sheet behind the predictions with a score per sample."""
    behind = [one for one in path.parent.iterdir() if one.suffix in SHEETS and _judges(one, path)]
    for one in sorted(behind, key=lambda one: (one.stat().st_mtime, one.name), reverse=True):
        if not any(one.name.endswith(ending) for ending in SCORES):
            sheet = table(one)
            column = next((name for name in PER_SAMPLE if name in sheet and "index" in sheet), None)
            if column is not None:
                return sheet, one, column
    return None, None, None


def _values(path: Path) -> tuple[dict[str, Measured], Path | None]:
    """The table of scores: a column per value, the overall one first; of several rows (splits) the last."""
    for ending in SCORES:
        for one in sorted(path.parent.glob(f"{_literal(path.stem)}*{ending}")):
            sheet = table(one)
            if not len(sheet):
                continue
            row: dict[Any, Any] = sheet.iloc[-1].to_dict()
            found = {str(name): Measured(number(value)) for name, value in row.items() if number(value) is not None}
            order = sorted(found, key=lambda name: name.lower() not in OVERALL)
            if order:
                return {name: found[name] for name in order if name != "Unnamed: 0"}, one
    return {}, None


def _samples(rows: "pd.DataFrame", column: str | None, primary: str) -> list[Answered]:
    found = []
    for row in rows.to_dict("records"):
        said = str(row.get("prediction", ""))
        value = number(row[column]) if column is not None else None
        failed = FAILED in said
        found.append(
            Answered(
                id=str(row["index"]),
                scores={} if value is None else {primary: 0.0 if failed else value},
                prediction=said,
                target=None if row.get("answer") is None else str(row["answer"]),
                error="the model gave no answer" if failed else None,
                cluster=str(row.get("image_path") or row["index"]),
            )
        )
    return found


def _literal(name: str) -> str:
    """A name in which no character is a wildcard."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


READER = Reader(
    tool="VLMEvalKit",
    files="<model>/<time>/<model>_<dataset>.xlsx (or .tsv, .json), with ..._result.xlsx and ..._acc.csv",
    read=read,
    source="open-compass/VLMEvalKit, vlmeval/smp/file.py and vlmeval/dataset/image_mcq.py",
)
