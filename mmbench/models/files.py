"""Predictions that somebody made elsewhere, as a model: ``file:predictions.jsonl``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.files import file_sha256
from mmbench.models.base import ALL_MODALITIES, ModelCard
from mmbench.samples import MediaError, Request, Response, Sample

MISSING = "the file has no prediction for it"


class FilePredictions:
    """Answers from a JSONL file with one object per line: ``{"id": "test-0", "prediction": "yes"}`` (a string or a number).

    Args:
        path: the file.
        name: what boards call it; the file's name without its ending by default.

    Raises:
        UserError: the file is missing, a line is not such an object, or an id comes twice.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self._by_id = _read(self.path)
        self.card = ModelCard(
            name or self.path.stem,
            file_sha256(self.path)[:16],
            ALL_MODALITIES,
            summary=f"predictions from {self.path.name}",
        )

    @property
    def ids(self) -> frozenset[str]:
        """The samples that the file predicts."""
        return frozenset(self._by_id)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The stored answers; a sample without one is an error that names it."""
        return [self._response(request.sample_id) for request in requests]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """The stored numbers ``(n, 1)``; ``MediaError`` for a sample without one."""
        return np.asarray([[self._number(sample.id)] for sample in samples], dtype=np.float64)

    def _response(self, key: str) -> Response:
        if key not in self._by_id:
            return Response(key, "", "error", MISSING)
        return Response(key, str(self._by_id[key]))

    def _number(self, key: str) -> float:
        value = self._by_id.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MediaError(key, MISSING if value is None else f"the prediction {value!r} is not a number")
        return float(value)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    found: dict[str, Any] = {}
    try:
        with path.open(encoding="utf-8") as handle:
            for number, line in enumerate(handle, start=1):
                if not line.strip():
                    continue
                key, value = _line(path, number, line)
                if key in found:
                    raise UserError(f"{path} line {number} predicts {key!r} a second time: keep one line per sample.")
                found[key] = value
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason}): write one JSON object per line.") from error
    if not found:
        raise UserError(f"{path} is empty: write one JSON object per line with the keys id and prediction.")
    return found


def _line(path: Path, number: int, line: str) -> tuple[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise UserError(
            f"{path} line {number} is not JSON ({error}): write one object per line with the keys id and prediction."
        ) from error
    if (
        not isinstance(fields, dict)
        or "id" not in fields
        or not isinstance(fields.get("prediction"), str | int | float)
    ):
        raise UserError(f"{path} line {number} needs the keys id and prediction (a string or a number).")
    return str(fields["id"]), fields["prediction"]
