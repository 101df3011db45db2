"""From folders to runs: which are scored, which are not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import digest, read_json
from mmbench.leaderboards.values import Unscored
from mmbench.runs.records import Run, find_runs

NOT_PROTOCOL = ("model", "batch_size")


@dataclass(frozen=True, slots=True)
class Entry:
    """A run with what groups it.

    Attributes:
        run: the run.
        row: digest of the model's name, revision and configuration.
        facts: everything in the run's identity except model and batch size, and the metric's signature.
        protocol: digest of ``facts``: runs with another one are never ranked together.
    """

    run: Run
    row: str
    facts: Mapping[str, Any]
    protocol: str

    @property
    def finished(self) -> tuple[str, str]:
        """When the run ended, ISO 8601, with its id to break ties."""
        times = self.run.record["provenance"]
        return str(times.get("finished") or times.get("started") or ""), self.run.id

    @property
    def version(self) -> int:
        """The task's version."""
        return int(self.run.record["identity"]["task_version"])

    @property
    def complete(self) -> bool:
        """Whether the run may be scored."""
        return bool(self.run.record["status"] == "complete")


def entry(run: Run) -> Entry:
    """A run with its row and protocol."""
    identity = run.record["identity"]
    model = {key: identity["model"].get(key) for key in ("name", "revision", "config")}
    facts = {key: value for key, value in identity.items() if key not in NOT_PROTOCOL} | {
        "metric": run.report["metric"]
    }
    return Entry(run, digest(model), facts, digest(facts))


def folders_of(given: str | Path | Iterable[str | Path]) -> list[Path]:
    """One folder or several, as a list."""
    return [Path(given)] if isinstance(given, str | Path) else [Path(one) for one in given]


def read_entries(folders: Sequence[Path]) -> list[Entry]:
    """Every run with scores at or below the folders, each once. ``UserError`` where nothing is found."""
    found = {run.folder.resolve(): run for folder in folders for run in find_runs(folder)}
    if not found:
        names = ", ".join(str(folder) for folder in folders) or "an empty list of folders"
        raise UserError(
            f"There is no finished run in {names}: "
            "run `mmbench evaluate -m MODEL -t TASK` first, or name its --output-dir."
        )
    return [entry(run) for run in found.values()]


def unfinished(folders: Sequence[Path]) -> list[Unscored]:
    """Runs that have a record and no scores yet."""
    records = {path.resolve() for folder in folders for path in folder.rglob("run.json")}
    return [_unfinished(path) for path in sorted(records) if not (path.parent / "scores.json").exists()]


def _unfinished(path: Path) -> Unscored:
    try:
        record = read_json(path)
        return Unscored(str(record["model"]["name"]), str(record["task"]["id"]), str(record["id"]), "not finished")
    except (ValueError, KeyError, TypeError):
        return Unscored("unknown", "unknown", path.parent.name, "run.json is damaged")
