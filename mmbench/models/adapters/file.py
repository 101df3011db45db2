"""``file:predictions.jsonl``, ``file:embeddings.safetensors``: what another tool made, scored like any model's output."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256
from mmbench.models.base import ALL_MODALITIES, CAPABILITIES, Adapter, ModelCard
from mmbench.models.files.answers import Answers, Columns, PairScores, ScoreVectors
from mmbench.models.files.rows import Row, read_rows
from mmbench.models.files.tensors import ENDINGS, ids_file, read_tensors
from mmbench.models.files.vectors import Embeddings, row_vectors

Made: TypeAlias = Answers | ScoreVectors | PairScores | Embeddings
Kind: TypeAlias = Callable[[str, Sequence[tuple[str, Row]], Columns, ModelCard], Made]


def file_model(
    path: str | Path,
    *,
    name: str | None = None,
    ids: str | None = None,
    id: str = "id",  # noqa: A002  (the column's usual name)
    prediction: str = "prediction",
    scores: str = "scores",
    left: str = "left",
    right: str = "right",
    score: str = "score",
    error: str = "error",
    finish_reason: str = "finish_reason",
) -> Made:
    """A model that gives back what a file holds. Its revision is the digest of the content; where the file lies is in no record.

    JSONL (one object per line), CSV, TSV or Parquet, told apart by their columns:

    - ``id`` and ``prediction`` (a text or a number): answers, numbers. ``finish_reason: length`` says that an answer was cut off.
    - ``id`` and ``scores``, or ``prediction``, a list of numbers: a score per class.
    - ``left``, ``right`` and ``score``; or the pair's ``id`` and ``score``: scores of pairs.
    - ``id`` and ``embedding`` (a list of numbers), with ``side`` where a task has two: vectors. With a ``side``, ``prediction`` will do.

    A row with an ``error`` counts as a failed sample. What `mmbench export-requests` writes, with ``prediction`` added, is such a file.

    ``.safetensors``, ``.npy`` or ``.npz`` (no pickle) hold embeddings ``(n, d)`` in float16, bfloat16, float32 or float64; their ids stand
    inside or beside the file (``models.files.tensors``). A tensor is called as the side that it is for: ``queries`` and ``documents``,
    or ``image``, ``text``, ``audio``, or ``embeddings`` for everything.

    Args:
        path: the file.
        name: what boards call it; the file's name without its ending by default.
        ids: a file with the ids of embeddings: JSON, text or Parquet.
        id: the column with the sample's id, or the pair's.
        prediction: the column with the answer.
        scores: the column with a number per class.
        left: the column with the id of a pair's first sample.
        right: the column with that of its second.
        score: the column with a pair's score.
        error: the column that says why there is no answer.
        finish_reason: the column that says ``length`` where an answer was cut off.

    Raises:
        UserError: the file is missing or cannot be read, a row lacks something, or an id comes twice.
    """
    file = Path(path)
    columns = Columns(
        id=id,
        prediction=prediction,
        scores=scores,
        left=left,
        right=right,
        score=score,
        error=error,
        finish_reason=finish_reason,
    )
    if file.suffix.lower() in ENDINGS:
        beside = ids_file(file, None if ids is None else Path(ids))
        return Embeddings(
            str(path), read_tensors(file, beside), _card(file, name, None if beside is None else file_sha256(beside))
        )
    if ids is not None:
        raise UserError(f"{path} is no file of tensors: ids is for {', '.join(ENDINGS)}.")
    rows = list(read_rows(file))
    if not rows:
        raise UserError(f"{path} is empty: write one row per sample with the keys {id} and {prediction}.")
    kind: Kind = _kind(rows, columns)
    return kind(str(path), rows, columns, _card(file, name, columns))


def _kind(rows: Sequence[tuple[str, Row]], columns: Columns) -> Kind:
    """What the first row that is no error shows; the others are held to it."""
    first = next((row for _, row in rows if not row.get(columns.error)), rows[0][1])
    if columns.left in first and columns.right in first:
        return PairScores
    listed = isinstance(first.get(columns.prediction), list)
    if "embedding" in first or (listed and "side" in first):
        return row_vectors
    if columns.scores in first or listed:
        return ScoreVectors
    if columns.score in first and columns.prediction not in first:
        return PairScores
    return Answers


def _card(file: Path, name: str | None, options: Columns | str | None) -> ModelCard:
    content = file_sha256(file)
    usual = options in (None, Columns())
    seen = repr(options) if isinstance(options, Columns) else options
    revision = content if usual else digest([content, seen])  # another column of the same file is another model
    return ModelCard(name or file.stem, revision[:16], ALL_MODALITIES, summary=f"what {file.name} holds")


FILE = Adapter(
    "file",
    file_model,
    CAPABILITIES,
    extra="",
    example="file:predictions.jsonl",
    summary="Answers (JSONL, CSV, Parquet) or embeddings (safetensors, npy) that another tool made.",
    local=True,
)
