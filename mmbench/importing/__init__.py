"""Other tools' logs as runs: ``mmbench import DIR`` reads what was run elsewhere, for boards and paired tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mmbench.discovery import collect
from mmbench.errors import UserError, unknown_key
from mmbench.importing.values import Found, Reader, Unreadable
from mmbench.importing.writing import write
from mmbench.runs.records import Run

__all__ = ["Imported", "all_readers", "import_logs"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made.

    Attributes:
        runs: one per model and task.
        skipped: files that look like a tool's, and why they were left out.
    """

    runs: tuple[Run, ...]
    skipped: tuple[Unreadable, ...]


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every tool whose logs can be read, sorted by name."""
    return tuple(sorted(collect("mmbench.importing.readers", Reader), key=lambda one: one.tool))


def import_logs(folder: str | Path, *, output_dir: str | Path = "runs", tool: str | None = None) -> Imported:
    """Turn logs of lmms-eval, VLMEvalKit, mteb or inspect_ai into run folders. No model is run and nothing is fetched.

    Where the source has a score per sample, values and intervals are computed anew from these and the reported value is held against
    them; samples count as independent, since no source says what they share. Otherwise the value is as reported, without an interval,
    and is marked so. The same log gives the same run; importing it again changes nothing.

    Args:
        folder: what the tool wrote, or a folder above.
        output_dir: where run folders go.
        tool: look only for this tool's files.

    Raises:
        UserError: no such folder or tool, or nothing that is known in it.
    """
    where = Path(folder)
    if not where.exists():
        raise UserError(f"There is no folder {where}: name the folder that the other tool wrote.")
    readers = {one.tool: one for one in all_readers()}
    if tool is not None and tool not in readers:
        raise unknown_key("tool", tool, list(readers))
    found = list(_read([readers[tool]] if tool else list(readers.values()), where))
    logs = {one.key: one for one in found if isinstance(one, Found)}  # the newest of equal ones comes last
    skipped = tuple(one for one in found if isinstance(one, Unreadable))
    if not logs:
        shapes = "; ".join(f"{one.tool}: {one.files}" for one in readers.values() if tool in (None, one.tool))
        first = f" The first file that was left out: {skipped[0]}." if skipped else ""
        raise UserError(f"There is nothing in {where} that can be imported ({shapes}).{first}")
    return Imported(tuple(write(one, Path(output_dir)) for one in logs.values()), skipped)


def _read(readers: list[Reader], where: Path) -> Iterator[Found | Unreadable]:
    for reader in readers:
        yield from reader.read(where)
