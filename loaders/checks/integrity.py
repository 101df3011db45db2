"""Checks of the rows themselves: their files, their state, their ids, their number and their order."""

import pickle
from collections import defaultdict
from collections.abc import Iterator

from mmbench.files import file_sha256
from mmbench.loaders.checks.base import Evidence, Item, Outcome, SampleProbe, Status, check
from mmbench.loaders.dataset import PairedDataset


@check("Ids are unique within and across splits", "fail")
def ids_unique(evidence: Evidence) -> Outcome:
    """Predictions are joined by id: two samples with one id get one prediction, and one of them is scored with the other's answer."""
    places: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for split in evidence.splits:
        for row, key in enumerate(evidence.table(split)[0]):
            places[key].append((split, row))
    bad = [
        Item(
            split, row, key, f"the id stands {len(found)} times ({', '.join(dict.fromkeys(name for name, _ in found))})"
        )
        for key, found in places.items()
        if len(found) > 1
        for split, row in found
    ]
    repeated = sum(len(found) > 1 for found in places.values())
    message = f"{repeated:,} ids stand more than once." if repeated else f"{len(places):,} ids, each once."
    return Outcome(len(evidence), bad, value=repeated, threshold=0, message=message)


@check("Splits have the sizes that the card says", "fail")
def split_sizes(evidence: Evidence) -> Outcome:
    """A shard that was cut at a boundary loses samples without any error; only the published count shows it."""
    if evidence.partial:
        return Outcome(0, message="Only some samples were looked at.")
    expected = {
        split: facts.count
        for split, dataset in evidence.splits.items()
        if (facts := dataset.card.splits.get(split)) is not None and isinstance(facts.count, int)
    }
    wrong = [
        f"{split} has {len(evidence.splits[split]):,} samples where the card says {count:,}"
        for split, count in expected.items()
        if len(evidence.splits[split]) != count
    ]
    if not expected:
        return Outcome(0, message="The card says no sizes.")
    compared = f"The sizes of {len(expected)} of {len(evidence.splits)} splits were compared."
    message = f"{'; '.join(wrong)}." if wrong else compared
    off = sum(abs(len(evidence.splits[split]) - count) for split, count in expected.items())
    status: Status = "fail" if wrong else "pass"
    return Outcome(len(expected), value=off, threshold=0, message=message, status=status, unit="splits")


@check("Files are those that were checked", "fail")
def stored_files(evidence: Evidence) -> Outcome:
    """Every file behind the splits is read again and hashed: a disk or a hand may have changed one since it was built.

    Raw files that were dropped after the rows were built are passed over.
    """
    known = {path: (name, sha256) for dataset in evidence.splits.values() for name, path, sha256 in dataset.files}
    present = {path: facts for path, facts in known.items() if path.is_file()}
    wrong = [name for path, (name, sha256) in present.items() if file_sha256(path) != sha256]
    gone = f"; {len(known) - len(present):,} raw files were dropped" if len(known) > len(present) else ""
    said = (
        f"Changed since they were checked: {', '.join(wrong[:4])}{gone}."
        if wrong
        else f"{len(present):,} files are unchanged{gone}."
    )
    status: Status = "fail" if wrong else "pass"
    return Outcome(len(present), value=len(wrong), threshold=0, message=said, status=status, unit="files")


@check("Splits are of the revision that the card asks for", "fail")
def revision(evidence: Evidence) -> Outcome:
    """A client without a network has been seen to give another revision than it was asked for; generated media can differ by machine."""
    asked = {
        split: wanted
        for split, dataset in evidence.splits.items()
        if isinstance(wanted := getattr(dataset.card.source, "revision", None), str)
    }
    wrong = [
        f"{split} is of {evidence.splits[split].revision}, asked was {wanted}"
        for split, wanted in asked.items()
        if evidence.splits[split].revision != wanted
    ]
    differ = [split for split, dataset in evidence.splits.items() if dataset.evidence == "generated-differs"]
    kinds = ", ".join(f"{split} {dataset.evidence}" for split, dataset in evidence.splits.items())
    status: Status = "fail" if wrong else "warn" if differ else "pass"
    said = "; ".join([*wrong, *(f"{split} was generated otherwise than published" for split in differ)])
    return Outcome(
        len(evidence.splits), value=len(wrong), threshold=0, message=f"{said or kinds}.", status=status, unit="splits"
    )


FEW = 64
NAME = SampleProbe(lambda sample: sample.id)


@check("Samples come in one order, each once", "fail", NAME)
def order(evidence: Evidence) -> Outcome:
    """Predictions are stored by position and joined by id: reading on, reading from the middle and reading in a worker have to agree.

    Held against the index of ids: one pass over all samples, single reads, a slice from the middle (what a resumed run reads), and a
    pickled copy (what a worker reads), the last three at up to 64 places.
    """
    read: defaultdict[str, list[str]] = defaultdict(list)
    for seen in evidence.seen(NAME):
        read[seen.split].append(seen.value)
    bad = [
        Item(split, row, wanted, f"comes as {found!r} {how}")
        for split, dataset in evidence.splits.items()
        for row, wanted, found, how in _orders(dataset, evidence.table(split)[0], read[split])
        if found != wanted
    ]
    message = f"{len(bad):,} samples come elsewhere." if bad else "In order, from the middle and in a worker alike."
    return Outcome(len(evidence), bad, value=len(bad), threshold=0, message=message)


def _orders(dataset: PairedDataset, ids: list[str], read: list[str]) -> Iterator[tuple[int, str, str, str]]:
    """Per row and way of reading it: the id that stands in the index, and the one that came."""
    middle = len(ids) // 2
    some = range(0, len(ids), max(1, len(ids) // FEW))
    worker: PairedDataset = pickle.loads(pickle.dumps(dataset))  # noqa: S301  # made here, on this line
    ways = {
        "in one pass": dict(enumerate(read)),
        "by itself": {row: dataset[row].id for row in some},
        "from the middle": {middle + number: sample.id for number, sample in enumerate(dataset[middle : middle + FEW])},
        "in a worker": {number: sample.id for number, sample in enumerate(worker[:FEW])},
    }
    for how, found in ways.items():
        yield from ((row, ids[row] if row < len(ids) else "nothing", key, how) for row, key in found.items())
