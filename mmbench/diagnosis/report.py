"""What ``mmbench doctor`` found: one finding per check, with the next step where something is wrong."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Status: TypeAlias = Literal["pass", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw.

    Attributes:
        check: its name: ``order``.
        on: what was asked: ``embed image``, ``generate audio + text``, or ``card``.
        status: ``pass``; ``warn``, a run works and a reader should know; ``fail``, a run breaks or its scores mean something else;
            ``skip``, it could not be told.
        seen: what was seen, with figures.
        next: what to do about it; empty where there is nothing to do.
    """

    check: str
    on: str
    status: Status
    seen: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Everything that was found of one model.

    Attributes:
        model: the card's name.
        capabilities: the methods that it has.
        findings: in the order in which they were looked for.
    """

    model: str
    capabilities: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not any(finding.status == "fail" for finding in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each status."""
        found = Counter(finding.status for finding in self.findings)
        return {status: found[status] for status in ("pass", "warn", "fail", "skip")}

    def to_dict(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "schema": 1,
            "model": self.model,
            "ok": self.ok,
            "capabilities": list(self.capabilities),
            "counts": self.counts,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def to_pandas(self) -> "pd.DataFrame":
        """One row per finding: ``check, on, status, seen, next``."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.findings], columns=["check", "on", "status", "seen", "next"])
