"""The answer of a run of checks: results, tables, JSON and a page."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmbench.files import digest, write_bytes
from mmbench.loaders.checks.base import Result
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.verdicts import remember

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Bound:
    """What one score of one task can be on these data.

    Attributes:
        task, metric: which score.
        n: samples behind it.
        chance: of knowing nothing; ``None`` where that has no one value.
        best: of a model that knows everything but cannot tell equal content apart.
        limited: samples that it cannot be sure of.
    """

    task: str
    metric: str
    n: int
    chance: float | None
    best: float | None
    limited: int


@dataclass(frozen=True)
class CheckReport:
    """What the checks found on the splits of one dataset.

    Attributes:
        results: one per check.
        splits: what was checked.
        partial: only some samples were looked at.
        twins: fingerprints of media to that of an earlier one with equal decoded content (32 digits each).
        bounds: per task and score what chance gives and the best that is possible, where tasks were asked.
    """

    results: tuple[Result, ...]
    splits: Mapping[str, PairedDataset] = field(repr=False)
    partial: bool = False
    twins: Mapping[str, str] = field(default_factory=dict, repr=False)
    bounds: tuple[Bound, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no check failed; warnings and known failures are allowed."""
        return not any(result.status == "fail" and result.open for result in self.results)

    @property
    def findings(self) -> tuple[Result, ...]:
        """The open results (fail, warn or inconclusive, not accepted), worst first."""
        order = ("fail", "warn", "inconclusive")
        found = [result for result in self.results if result.open]
        return tuple(sorted(found, key=lambda result: order.index(result.status)))

    @property
    def known(self) -> tuple[Result, ...]:
        """The accepted results."""
        return tuple(result for result in self.results if result.accepted)

    @property
    def digest(self) -> str:
        """The sha256 of what was checked and found; runs record it."""
        return digest(self.to_dict())

    def to_pandas(self) -> "pd.DataFrame":
        """One row per check: ``check, family, status, accepted, n_checked, n_bad, unit, value, threshold, message, items``."""
        import pandas as pd

        columns = [
            "check", "family", "status", "accepted", "n_checked", "n_bad", "unit", "value", "threshold", "message", "items",
        ]  # fmt: skip
        return pd.DataFrame([result.to_dict() for result in self.results], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: what was checked, whether it is ok, the results."""
        facts = [dataset.facts | {"samples": len(dataset)} for dataset in self.splits.values()]
        names = ("key", "split", "samples", "revision", "fingerprint", "evidence")
        return {
            "ok": self.ok,
            "partial": self.partial,
            "splits": [{name: one[name] for name in names} for one in facts],
            "bounds": [asdict(one) for one in self.bounds],
            "results": [result.to_dict() for result in self.results],
        }

    def to_json(self) -> str:
        """``to_dict`` as one strict JSON document."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def remember(self) -> None:
        """Keep the verdict on each split, so that runs on it record it. Nothing is kept of a part of a split."""
        failed = [result.check for result in self.findings if result.status == "fail"]
        for dataset in () if self.partial else self.splits.values():
            remember(dataset.fingerprint, report=self.digest, failed=failed, beside=list(self.splits))

    def to_html(self, folder: str | Path) -> Path:
        """Write ``index.html`` and ``report.json`` to a folder; returns the page's path.

        The page shows the offending samples side by side. It embeds media and answers only where the card says that they may be
        passed on, or where the data is the user's own.
        """
        from mmbench.loaders.checks.page import page

        target = Path(folder) / "index.html"
        write_bytes(target, page(self).encode())
        write_bytes(Path(folder) / "report.json", self.to_json().encode() + b"\n")
        return target
