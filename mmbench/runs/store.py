"""The store of a run's outputs: every part and every response is on disk, hashed and journalled, before the next one is asked for.

A batch of arrays becomes a part file (written aside, fsynced, renamed) and then a line in ``journal.jsonl`` with its sha256. A response
becomes a line of its stage's ``.jsonl`` on arrival, with a digest of its own. So a crash costs at most the batch in flight: a part
without its line is made again, a torn last line is cut off, and anything else that does not match its digest is an error that says
which file.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError, UserError
from mmbench.files import atomic_path, canonical_json, digest, file_sha256
from mmbench.samples import Response
from mmbench.tasks.base import Output, Stage

COMPACT_EVERY = 256
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A stored range of a stage's items: ``start`` to ``stop``, in ``file``."""

    file: str
    start: int
    stop: int
    sha256: str


class Store:
    """The folder ``outputs/`` of one run. One process writes it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = folder / "journal.jsonl"
        self._loose: dict[
            str, list[Part]
        ] = {}  # per stage the parts not yet in a block; the journal is read for it once

    def open_for_writing(self) -> None:
        """Clean up after a crash: cut a torn last line off, remove files that were being written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.rglob(".*.tmp"):
            path.unlink()
        for journal in (self._journal, *self.folder.glob("*/responses.jsonl")):
            if journal.exists():
                _cut_torn_line(journal)

    def missing(self, stage: Stage) -> list[int]:
        """The items of a stage that are not stored yet, in order. ``UserError`` names a stored file that is damaged."""
        if stage.ask == "generate":
            known = {response.sample_id for response in self._responses(stage.name)}
            return [index for index, key in enumerate(stage.ids) if key not in known]
        done = np.zeros(len(stage.ids), dtype=bool)
        for part in self._parts(stage.name):
            self._check(part)
            done[part.start : part.stop] = True
        return np.flatnonzero(~done).tolist()

    def add_array(
        self, stage: str, start: int, values: NDArray[Any], errors: Mapping[str, str], facts: Mapping[str, Any]
    ) -> None:
        """Store one batch ``(m, d)`` of a stage; ``facts`` (seconds, device) are provenance and move no score."""
        name = f"{stage}/part-{start:09d}-{start + len(values):09d}.safetensors"
        if stage not in self._loose:
            self._loose[stage] = _parts_only(self._parts(stage))
        loose = self._loose[stage]
        part = self._write(name, values, errors, start)
        self._log({"event": "part", "stage": stage, **_as_json(part), **facts})
        loose.append(part)
        if len(loose) >= COMPACT_EVERY:
            self._compact(stage, loose)
            loose.clear()

    def add_responses(self, stage: str, responses: Sequence[Response], facts: Mapping[str, Any]) -> None:
        """Store responses, one line each, and sync them to the disk."""
        path = self.folder / stage / "responses.jsonl"
        path.parent.mkdir(exist_ok=True)
        lines = []
        for response in responses:
            fields = {
                "id": response.sample_id,
                "text": response.text,
                "finish_reason": response.finish_reason,
                "error": response.error,
                **facts,
            }
            lines.append(canonical_json({**fields, "digest": digest(fields)[:DIGEST_LENGTH]}))
        _append(path, lines)

    def finish(self, stage: Stage) -> None:
        """Compact what a complete stage left in single parts or lines."""
        if stage.ask == "generate":
            self._compact_responses(stage.name)
            return
        parts = _parts_only(self._parts(stage.name))
        if len(parts) > 1:
            self._compact(stage.name, parts)

    def read(self, stage: Stage) -> Output:
        """A complete stage's output. ``UserError`` where something is missing or damaged."""
        if self.missing(stage):
            raise UserError(
                f"{self.folder / stage.name} is not complete: run the same command again, it goes on where it stopped."
            )
        if stage.ask == "generate":
            found = {response.sample_id: response for response in self._responses(stage.name)}
            errors = {key: found[key].error or "" for key in stage.ids if found[key].error is not None}
            truncated = frozenset(key for key in stage.ids if found[key].finish_reason == "length")
            return Output([None if key in errors else found[key].text for key in stage.ids], errors, truncated)
        loaded = [self._load(part) for part in sorted(self._parts(stage.name), key=lambda part: part.start)]
        failed = {key: reason for _, errors in loaded for key, reason in errors.items()}
        return Output(_joined([values for values, _ in loaded]), failed)

    def save_fit(self, phase: str, state: Mapping[str, NDArray[Any] | str]) -> None:
        """Store what a model fitted, before anything is asked of it."""
        from safetensors.numpy import save_file

        arrays = {key: np.ascontiguousarray(value) for key, value in state.items() if not isinstance(value, str)}
        words = {key: value for key, value in state.items() if isinstance(value, str)}
        name = f"fit-{phase}.safetensors"
        with atomic_path(self.folder / name) as temporary:
            save_file(arrays or {"empty": np.zeros(1)}, temporary, metadata=words)
        self._log({"event": "fit", "phase": phase, "file": name, "sha256": file_sha256(self.folder / name)})

    def load_fit(self, phase: str) -> dict[str, NDArray[Any] | str] | None:
        """What was fitted, or ``None`` where nothing is stored. ``UserError`` where the file is damaged."""
        from safetensors import safe_open

        entries = [entry for entry in self._entries() if entry["event"] == "fit" and entry["phase"] == phase]
        if not entries or not (self.folder / entries[-1]["file"]).exists():
            return None
        path = self.folder / entries[-1]["file"]
        if file_sha256(path) != entries[-1]["sha256"]:
            raise UserError(
                f"{path} is damaged (its sha256 is not the journalled one): delete it and run the same command again, "
                "the model is then fitted again."
            )
        with safe_open(path, framework="numpy") as handle:
            state: dict[str, NDArray[Any] | str] = {key: handle.get_tensor(key) for key in sorted(handle.keys())}
            return state | dict(handle.metadata() or {})

    def _write(self, name: str, values: NDArray[Any], errors: Mapping[str, str], start: int) -> Part:
        from safetensors.numpy import save_file

        with atomic_path(self.folder / name) as temporary:
            save_file(
                {"values": np.ascontiguousarray(values)}, temporary, metadata={"errors": canonical_json(dict(errors))}
            )
            sha256 = file_sha256(temporary)
        return Part(name, start, start + len(values), sha256)

    def _load(self, part: Part) -> tuple[NDArray[Any], dict[str, str]]:
        from safetensors import safe_open

        with safe_open(self.folder / part.file, framework="numpy") as handle:
            errors: dict[str, str] = json.loads((handle.metadata() or {}).get("errors", "{}"))
            values: NDArray[Any] = handle.get_tensor("values")
            return values, errors

    def _compact(self, stage: str, parts: list[Part]) -> None:
        """Join neighbouring parts into blocks. The old files go only after the block is journalled."""
        for run in _neighbours(parts):
            loaded = [self._load(part) for part in run]
            errors = {key: reason for _, found in loaded for key, reason in found.items()}
            name = f"{stage}/block-{run[0].start:09d}-{run[-1].stop:09d}.safetensors"
            block = self._write(name, _joined([values for values, _ in loaded]), errors, run[0].start)
            self._log({"event": "block", "stage": stage, **_as_json(block), "replaces": [part.file for part in run]})
            for part in run:
                (self.folder / part.file).unlink()

    def _compact_responses(self, stage: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        lines = self.folder / stage / "responses.jsonl"
        if not lines.exists():
            return
        rows = [
            {"id": one.sample_id, "text": one.text, "finish_reason": one.finish_reason, "error": one.error}
            for one in self._responses(stage)
        ]
        schema = pa.schema([(name, pa.string()) for name in ("id", "text", "finish_reason", "error")])
        name = f"{stage}/responses.parquet"
        with atomic_path(self.folder / name) as temporary:
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)
            sha256 = file_sha256(temporary)
        self._log({"event": "responses", "stage": stage, "file": name, "sha256": sha256, "n": len(rows)})
        lines.unlink()

    def _parts(self, stage: str) -> list[Part]:
        """The live parts of a stage; one whose file somebody deleted counts as not stored."""
        live: dict[str, Part] = {}
        for entry in self._entries():
            if entry["event"] in ("part", "block") and entry["stage"] == stage:
                for replaced in entry.get("replaces", ()):
                    live.pop(replaced, None)
                live[entry["file"]] = Part(entry["file"], entry["start"], entry["stop"], entry["sha256"])
        return [part for part in live.values() if (self.folder / part.file).exists()]

    def _responses(self, stage: str) -> list[Response]:
        compacted: dict[str, Response] = {}
        for entry in self._entries():
            if entry["event"] == "responses" and entry["stage"] == stage:
                compacted |= {one.sample_id: one for one in self._read_table(entry)}
        path = self.folder / stage / "responses.jsonl"
        for number, fields in _read_lines(path):
            claimed = fields.pop("digest", None)
            if claimed != digest(fields)[:DIGEST_LENGTH]:
                raise UserError(
                    f"{path} line {number} is damaged: delete that line and run the same command again, "
                    "only that answer is asked for again."
                )
            compacted[fields["id"]] = Response(fields["id"], fields["text"], fields["finish_reason"], fields["error"])
        return list(compacted.values())

    def _read_table(self, entry: Mapping[str, Any]) -> Iterator[Response]:
        import pyarrow.parquet as pq

        path = self.folder / entry["file"]
        if not path.exists():
            return
        if file_sha256(path) != entry["sha256"]:
            raise UserError(
                f"{path} is damaged (its sha256 is not the journalled one): restore it from a copy, "
                f"or delete it and run the same command again to ask for its {entry['n']} answers again."
            )
        for row in pq.read_table(path).to_pylist():
            yield Response(row["id"], row["text"], row["finish_reason"], row["error"])

    def _check(self, part: Part) -> None:
        path = self.folder / part.file
        if file_sha256(path) != part.sha256:
            raise UserError(
                f"{path} is damaged (its sha256 is not the journalled one): delete it and run the same command again, "
                f"only its {part.stop - part.start} items are computed again."
            )

    def _entries(self) -> Iterator[dict[str, Any]]:
        return (entry for _, entry in _read_lines(self._journal))

    def _log(self, entry: Mapping[str, Any]) -> None:
        _append(self._journal, [canonical_json(dict(entry))])


def _joined(batches: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Batches below one another; one in which every item failed is a column of NaN and takes the others' width."""
    width = max(batch.shape[1] for batch in batches)
    if any(batch.shape[1] not in (1, width) for batch in batches):
        raise RunFailedError(
            f"The model returned vectors of different lengths ({', '.join(sorted({str(b.shape[1]) for b in batches}))}): "
            "it has to keep to one."
        )
    dtype = np.result_type(*(batch.dtype for batch in batches))
    return np.concatenate([np.broadcast_to(batch, (len(batch), width)).astype(dtype, copy=False) for batch in batches])


def _as_json(part: Part) -> dict[str, Any]:
    return {"file": part.file, "start": part.start, "stop": part.stop, "sha256": part.sha256}


def _parts_only(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if "/part-" in part.file]


def _neighbours(parts: list[Part]) -> Iterator[list[Part]]:
    """Runs of parts that follow one another without a gap."""
    run: list[Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if run and part.start != run[-1].stop:
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _append(path: Path, lines: Sequence[str]) -> None:
    with path.open("ab") as handle:
        handle.write("".join(f"{line}\n" for line in lines).encode())
        handle.flush()
        os.fsync(handle.fileno())


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and JSON object per whole line; the torn end of a crash is left out. ``UserError`` names a line that is no JSON."""
    if not path.exists():
        return
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    for number, line in enumerate(whole.split(b"\n") if whole else (), start=1):
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise UserError(
                f"{path} line {number} is damaged (no JSON): delete that line and run the same command again."
            ) from error
        yield number, fields


def _cut_torn_line(path: Path) -> None:
    data = path.read_bytes()
    whole, newline, torn = data.rpartition(b"\n")
    if torn:
        with path.open("r+b") as handle:
            handle.truncate(len(whole) + len(newline))
