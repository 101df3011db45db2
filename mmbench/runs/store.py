"""The store of a run's outputs: every part and every response is on disk, hashed and journalled, before the next one is asked for.

A batch of arrays becomes a part file (written aside, fsynced, renamed) and then a line in ``journal.jsonl`` with its sha256. A response
becomes a line of its stage's ``.jsonl`` on arrival, with a digest of its own. So a crash costs at most the batch in flight: a part
without its line is made again, a torn last line is cut off, and anything else that does not match its digest is an error that says
which file.

Several processes may write one store, each under a name of its own: ``journal-NAME.jsonl``, ``responses-NAME.jsonl``. Reading takes the
union. What two of them made, as after a resume with another count, is taken by a fixed rule: see ``parts.cover`` and ``Store.responses``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.files import atomic_path, canonical_json, digest, file_sha256, write_bytes
from mmbench.runs.journals import append_lines, cut_torn_line, read_lines
from mmbench.runs.parts import COMPACT_EVERY, Part, cover, joined, neighbours, parts_only
from mmbench.runs.usage import COLUMNS, as_fields, from_fields
from mmbench.samples import Response, Usage
from mmbench.tasks.base import Output, Stage

ROW_GROUP = 8192
DIGEST_LENGTH = 16


class Store:
    """The folder ``outputs/`` of one run.

    Args:
        folder: where it lies.
        writer: the name of one of several processes that write it at a time; ``""`` for the only one.
    """

    def __init__(self, folder: Path, writer: str = "") -> None:
        self.folder = folder
        self.writer = writer
        self._suffix = f"-{writer}.jsonl" if writer else ".jsonl"
        self._own_journal = folder / f"journal{self._suffix}"
        self._loose: dict[
            str, list[Part]
        ] = {}  # per stage the parts not yet in a block; the journal is read for it once

    def open_for_writing(self) -> None:
        """Clean up after a crash: cut torn last lines off; the only writer also removes files that were being written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in () if self.writer else self.folder.rglob(".*.tmp"):
            path.unlink()
        own = (f"journal{self._suffix}", f"*/responses{self._suffix}")
        for pattern in own if self.writer else ("journal*.jsonl", "*/responses*.jsonl"):
            for journal in self.folder.glob(pattern):
                cut_torn_line(journal)

    def missing(self, stage: Stage) -> list[int]:
        """The items of a stage that are not stored yet, in order. ``UserError`` names a stored file that is damaged.

        One of several writers answers for its own files; the one that scores checks them all.
        """
        if stage.ask == "generate":
            known = {response.sample_id for response in self.responses(stage.name)}
            return [index for index, key in enumerate(stage.ids) if key not in known]
        done = np.zeros(len(stage.ids), dtype=bool)
        for part in self.parts(stage.name):
            if self.writer in ("", part.writer):
                self._check(part)
            done[part.start : part.stop] = True
        return np.flatnonzero(~done).tolist()

    def add_array(
        self, stage: str, start: int, values: NDArray[Any], errors: Mapping[str, str], facts: Mapping[str, Any]
    ) -> None:
        """Store one batch ``(m, d)`` of a stage; ``facts`` (seconds, device) are provenance and move no score."""
        name = f"{stage}/part-{start:09d}-{start + len(values):09d}.safetensors"
        if stage not in self._loose:
            self._loose[stage] = parts_only(self.parts(stage))
        loose = self._loose[stage]
        part = self._write(name, values, errors, start)
        self.journal({"event": "part", "stage": stage, **_as_json(part), **facts})
        loose.append(part)
        if len(loose) >= COMPACT_EVERY and not self.writer:
            self._compact(stage, loose)
            loose.clear()

    def add_responses(self, stage: str, responses: Sequence[Response], facts: Mapping[str, Any]) -> None:
        """Store responses, one line each, and sync them to the disk. ``facts``: ``seconds``, each one's share of a batch's."""
        path = self.folder / stage / f"responses{self._suffix}"
        path.parent.mkdir(exist_ok=True)
        lines = []
        for response in responses:
            fields = {**_words(response), **facts}
            if response.usage is not None:
                fields["usage"] = as_fields(response.usage)
            lines.append(canonical_json({**fields, "digest": digest(fields)[:DIGEST_LENGTH]}))
        append_lines(path, lines)

    def note(self, event: str, stage: str, **facts: Any) -> None:
        """Journal something that happened to a stage, for people and for ``noted``."""
        self.journal({"event": event, "stage": stage, **facts})

    def noted(self, event: str, stage: str) -> list[dict[str, Any]]:
        """What was journalled as ``event`` of a stage, in order."""
        return [entry for _, entry in self._entries() if entry["event"] == event and entry.get("stage") == stage]

    def errors(self, stage: Stage) -> dict[str, str]:
        """The reason per id of those stored items that failed."""
        if stage.ask == "generate":
            return {one.sample_id: one.error for one in self.responses(stage.name) if one.error is not None}
        return {key: why for part in self.parts(stage.name) for key, why in self._errors_of(part).items()}

    def usage(self, stage: Stage) -> dict[str, Usage]:
        """What the stored items took, by id; seconds are an item's share of its batch's where nobody timed the item itself."""
        if stage.ask == "generate":
            return {one.sample_id: one.usage for one in self.responses(stage.name) if one.usage is not None}
        found: dict[str, Usage] = {}
        for entry in self.noted("part", stage.name):
            if entry.get("seconds") is not None:
                share = Usage(seconds=entry["seconds"] / (entry["stop"] - entry["start"]))
                found.update(dict.fromkeys(stage.ids[entry["start"] : entry["stop"]], share))
        return found

    def finish(self, stage: Stage) -> None:
        """Compact what a complete stage left in single parts or lines. Where several write, the one that scores does it."""
        if self.writer:
            return
        if stage.ask == "generate":
            self._compact_responses(stage.name)
            return
        parts = parts_only(self.parts(stage.name))
        if len(parts) > 1:
            self._compact(stage.name, parts)

    def read(self, stage: Stage) -> Output:
        """A complete stage's output. ``UserError`` where something is missing or damaged."""
        if self.missing(stage):
            raise UserError(
                f"{self.folder / stage.name} is not complete: run the same command again, it goes on where it stopped."
            )
        if stage.ask == "generate":
            found = {response.sample_id: response for response in self.responses(stage.name)}
            errors = {key: found[key].error or "" for key in stage.ids if found[key].error is not None}
            truncated = frozenset(key for key in stage.ids if found[key].finish_reason == "length")
            return Output([None if key in errors else found[key].text for key in stage.ids], errors, truncated)
        batches: list[NDArray[Any]] = []
        failed: dict[str, str] = {}
        for part, start, stop in cover(self.parts(stage.name)):
            values, errors = self.load(part)
            batches.append(values[start - part.start : stop - part.start])
            failed |= {key: errors[key] for key in stage.ids[start:stop] if key in errors}
        return Output(joined(batches), failed)

    @contextmanager
    def fitting(self, phase: str) -> Iterator[None]:
        """Held by the one of several writers that fits; the others wait for it, and find what it stored."""
        from filelock import FileLock

        with FileLock(self.folder / f".fit-{phase}.lock"):
            yield

    def save_fit(self, phase: str, state: Mapping[str, NDArray[Any] | str]) -> None:
        """Store what a model fitted, before anything is asked of it."""
        from safetensors.numpy import save_file

        arrays = {key: np.ascontiguousarray(value) for key, value in state.items() if not isinstance(value, str)}
        words = {key: value for key, value in state.items() if isinstance(value, str)}
        name = f"fit-{phase}.safetensors"
        with atomic_path(self.folder / name) as temporary:
            save_file(arrays or {"empty": np.zeros(1)}, temporary, metadata=words)
        self.journal({"event": "fit", "phase": phase, "file": name, "sha256": file_sha256(self.folder / name)})

    def load_fit(self, phase: str) -> dict[str, NDArray[Any] | str] | None:
        """What was fitted, or ``None`` where nothing is stored. ``UserError`` where the file is damaged."""
        from safetensors import safe_open

        entries = [entry for _, entry in self._entries() if entry["event"] == "fit" and entry["phase"] == phase]
        if not entries or not (self.folder / entries[-1]["file"]).exists():
            return None
        path = self.folder / entries[-1]["file"]
        if file_sha256(path) not in {entry["sha256"] for entry in entries}:
            raise UserError(
                f"{path} is damaged (its sha256 is not the journalled one): delete it and run the same command again, "
                "the model is then fitted again."
            )
        with safe_open(path, framework="numpy") as handle:
            state: dict[str, NDArray[Any] | str] = {key: handle.get_tensor(key) for key in sorted(handle.keys())}
            return state | dict(handle.metadata() or {})

    def _write(self, name: str, values: NDArray[Any], errors: Mapping[str, str], start: int) -> Part:
        from safetensors.numpy import save

        data = save({"values": np.ascontiguousarray(values)}, metadata={"errors": canonical_json(dict(errors))})
        write_bytes(self.folder / name, data)
        sha256 = frozenset({hashlib.sha256(data).hexdigest()})
        return Part(name, start, start + len(values), sha256, self.writer)

    def load(self, part: Part) -> tuple[NDArray[Any], dict[str, str]]:
        """A part's values ``(m, d)``, and the reason per id of the items that failed."""
        from safetensors import safe_open

        with safe_open(self.folder / part.file, framework="numpy") as handle:
            errors: dict[str, str] = json.loads((handle.metadata() or {}).get("errors", "{}"))
            values: NDArray[Any] = handle.get_tensor("values")
            return values, errors

    def _errors_of(self, part: Part) -> dict[str, str]:
        from safetensors import safe_open

        with safe_open(self.folder / part.file, framework="numpy") as handle:
            errors: dict[str, str] = json.loads((handle.metadata() or {}).get("errors", "{}"))
            return errors

    def _compact(self, stage: str, parts: list[Part]) -> None:
        """Join neighbouring parts into blocks of a bounded size. The old files go only after the block is journalled."""
        for run in neighbours(parts):
            for part in run:
                self._check(part)  # what is damaged must not get a good hash in a block
            loaded = [self.load(part) for part in run]
            errors = {key: reason for _, found in loaded for key, reason in found.items()}
            name = f"{stage}/block-{run[0].start:09d}-{run[-1].stop:09d}.safetensors"
            block = self._write(name, joined([values for values, _ in loaded]), errors, run[0].start)
            self.journal({"event": "block", "stage": stage, **_as_json(block)})
            for part in run:
                (self.folder / part.file).unlink()

    def _compact_responses(self, stage: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        lines = sorted((self.folder / stage).glob("responses*.jsonl"))
        if not lines:
            return
        words = [(name, pa.string()) for name in ("id", "text", "finish_reason", "error")]
        schema = pa.schema([*words, *((name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items())])
        earlier = self.noted("responses", stage)  # all that they hold is in the new table
        name = f"{stage}/responses{f'-{len(earlier) + 1}' if earlier else ''}.parquet"
        responses = self.responses(stage)
        with atomic_path(self.folder / name) as temporary:
            with pq.ParquetWriter(temporary, schema) as writer:
                for start in range(0, len(responses), ROW_GROUP):
                    rows = [_as_row(one) for one in responses[start : start + ROW_GROUP]]
                    writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            sha256 = file_sha256(temporary)
        self.journal({"event": "responses", "stage": stage, "file": name, "sha256": sha256, "n": len(responses)})
        for path in (*lines, *(self.folder / entry["file"] for entry in earlier)):
            path.unlink(missing_ok=True)

    def parts(self, stage: str) -> list[Part]:
        """The parts of a stage that are there; one whose file was joined into a block, or deleted by somebody, is not.

        A file that was journalled twice, because it was made twice, is good in either version.
        """
        live: dict[str, Part] = {}
        for writer, entry in self._entries():
            if entry["event"] in ("part", "block") and entry["stage"] == stage:
                file, sha256 = entry["file"], {entry["sha256"]}
                sha256 |= live[file].sha256 if file in live else set()
                live[file] = Part(file, entry["start"], entry["stop"], frozenset(sha256), writer)
        return [part for part in live.values() if (self.folder / part.file).exists()]

    def responses(self, stage: str) -> list[Response]:
        """One per id: what was compacted, then each writer's lines in their order; no error takes the place of an answer of another."""
        found: dict[str, Response] = {}
        for _, entry in self._entries():
            if entry["event"] == "responses" and entry["stage"] == stage:
                found |= {one.sample_id: one for one in self._read_table(entry)}
        for path in sorted((self.folder / stage).glob("responses*.jsonl")):
            own = {one.sample_id: one for one in _answers(path)}
            found |= {key: one for key, one in own.items() if one.error is None or key not in found}
        return list(found.values())

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
            yield Response(row["id"], row["text"], row["finish_reason"], row["error"], from_fields(row))

    def _check(self, part: Part) -> None:
        path = self.folder / part.file
        if file_sha256(path) not in part.sha256:
            raise UserError(
                f"{path} is damaged (its sha256 is not the journalled one): delete it and run the same command again, "
                f"only its {part.stop - part.start} items are computed again."
            )

    def journalled(self) -> Iterator[dict[str, Any]]:
        """The lines of all journals: parts, blocks, tables of answers and fits, with their sha256."""
        return (entry for _, entry in self._entries())

    def _entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The lines of all journals with the name of their writer."""
        for path in sorted(self.folder.glob("journal*.jsonl")):
            writer = path.stem.removeprefix("journal").removeprefix("-")
            yield from ((writer, entry) for _, entry in read_lines(path))

    def journal(self, entry: Mapping[str, Any]) -> None:
        """Say that a file is there, with its sha256."""
        append_lines(self._own_journal, [canonical_json(dict(entry))])


def _as_json(part: Part) -> dict[str, Any]:
    (sha256,) = part.sha256
    return {"file": part.file, "start": part.start, "stop": part.stop, "sha256": sha256}


def _as_row(response: Response) -> dict[str, Any]:
    return _words(response) | as_fields(response.usage)


def _words(response: Response) -> dict[str, Any]:
    return {
        "id": response.sample_id,
        "text": response.text,
        "finish_reason": response.finish_reason,
        "error": response.error,
    }


def _answers(path: Path) -> Iterator[Response]:
    for number, fields in read_lines(path):
        claimed = fields.pop("digest", None)
        if claimed != digest(fields)[:DIGEST_LENGTH]:
            raise UserError(
                f"{path} line {number} is damaged: delete that line and run the same command again, "
                "only that answer is asked for again."
            )
        usage = from_fields(fields.get("usage", {}), fields.get("seconds"))
        yield Response(fields["id"], fields["text"], fields["finish_reason"], fields["error"], usage)
