"""What papers and other suites report on a dataset: rows to stand beside ours, cited and never ranked. A ``.tsv`` file per dataset."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SPLIT = "test"  # all numbers are about the published test split
FIELDS = ("name", "metric", "value", "citation", "note")


@dataclass(frozen=True, slots=True)
class Reported:
    """One number of somebody else's.

    Attributes:
        name: the method, and whose number it is.
        metric: the key of ours that it is (``acc2_posneg``).
        value: in our unit: shares, not per cent.
        citation: where it stands.
        note: what differs from our protocol: features, selection on test, a reading off a plot.
    """

    name: str
    metric: str
    value: float
    citation: str
    note: str


@cache
def reported(dataset: str) -> tuple[Reported, ...]:
    """What is known of a dataset, in the order of its file; nothing where there is no file.

    Aligned and unaligned features of a dataset share a file: sources mix both, and the clips and labels are the same.
    """
    known = {path.stem: path for path in FOLDER.glob("*.tsv")}
    path = known.get(dataset.removesuffix("-unaligned"))
    if path is None:
        return ()
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("# ")]
    return tuple(_row(line) for line in lines[1:])


def _row(line: str) -> Reported:
    name, metric, value, citation, note = line.split("\t")
    return Reported(name, metric, float(value), citation, note)
