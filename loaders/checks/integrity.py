"""Checks of the rows themselves: their ids and their number."""

from collections import defaultdict

from mmbench.loaders.checks.base import Evidence, Item, Outcome, Status, check


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
