"""The files that servers of hidden labels take: one format per module, found by the dataset that it serves."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mmbench.discovery import collect
from mmbench.errors import UserError
from mmbench.files import write_bytes
from mmbench.loaders import load_dataset
from mmbench.runs.records import Run, read_run
from mmbench.samples import Sample

WRITTEN, READ = "answer", "read"  # columns of a run's samples: what was written, and what an extractor read in it


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a run.

    Attributes:
        id: of the sample.
        text: what was answered; empty where the sample failed.
        sample: the sample itself, for formats that ask for it.
    """

    id: str
    text: str
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """What one server, or several alike, take.

    Attributes:
        key: names the format.
        title: for people.
        datasets: the keys that it serves.
        document: answers to the JSON document. ``ValueError`` for an id that it cannot use.
        source: where the format stands.
        samples: whether ``document`` needs the samples (their options, or ids in their meta).
    """

    key: str
    title: str
    datasets: tuple[str, ...]
    document: Callable[[Sequence[Answer]], Any]
    source: str
    samples: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """What was written.

    Attributes:
        file: the JSON document.
        format: the format's key.
        title: of the format.
        source: where the format stands.
        answers: how many.
        empty: how many of them are empty, because the run has an error there.
    """

    file: Path
    format: str
    title: str
    source: str
    answers: int
    empty: int


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format, sorted by key."""
    return tuple(sorted(collect("mmbench.submissions", Format), key=lambda one: one.key))


def format_for(dataset: str) -> Format:
    """The format of a dataset's server. ``UserError`` where none is known."""
    found = next((one for one in all_formats() if dataset in one.datasets), None)
    if found is None:
        known = sorted(key for one in all_formats() for key in one.datasets)
        raise UserError(f"No submission format is known for {dataset}: there is one for {', '.join(known)}.")
    return found


def export_submission(folder: str | Path, out: str | Path) -> Submission:
    """Write the answers of a run in the form that the server of its dataset takes.

    Args:
        folder: of the run.
        out: the file; written whole or not at all.

    Raises:
        UserError: no such run, a partial one, one without answers, a dataset without a known format, or ids that are not the server's.
    """
    run = read_run(Path(folder))
    found = format_for(str(run.record["dataset"]["key"]))
    if run.limit is not None:
        raise UserError(
            f"{folder} is a partial run (limit {run.limit}), and a server takes whole splits: run it without --limit."
        )
    answers = _answers(run, found)
    try:
        document = found.document(answers)
    except ValueError as error:
        raise UserError(f"The ids of {run.task} are not those that {found.title} takes: {error}.") from error
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    write_bytes(Path(out), text.encode())
    return Submission(
        Path(out), found.key, found.title, found.source, len(answers), sum(not one.text for one in answers)
    )


def number(key: str) -> int:
    """An id as the integer that it spells. ``ValueError`` where it spells none."""
    if not (key.isascii() and key.isdigit()):
        raise ValueError(f"{key!r} is no number")
    return int(key)


def _answers(run: Run, wanted: Format) -> list[Answer]:
    table = run.samples
    if WRITTEN not in table.columns:
        raise UserError(f"{run.folder} is a run of {run.task}, which has no answers to submit.")
    facts = run.record["dataset"]
    samples: dict[str, Sample] = {}
    if wanted.samples:
        split = load_dataset(str(facts["key"]), str(facts["split"]))
        if split.fingerprint != facts["fingerprint"]:
            raise UserError(
                f"{facts['key']} {facts['split']} is not what the run {run.folder} was made on: run it again."
            )
        samples = {sample.id: sample for sample in split}
    columns = [table[name] for name in (READ, WRITTEN) if name in table.columns]
    said = [next((one for one in values if isinstance(one, str)), "") for values in zip(*columns, strict=True)]
    return [Answer(key, text, samples.get(key)) for key, text in zip(table["id"].astype(str), said, strict=True)]
