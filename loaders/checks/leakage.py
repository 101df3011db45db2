"""Checks between splits: nothing of the evaluated split stands in another one."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from mmbench.loaders.checks.base import Evidence, Item, Outcome, Status, check
from mmbench.loaders.checks.contents import CONTENT, Content, contents

ONE_SPLIT = "Only one split was looked at."


@check("No sample stands in two splits", "fail", *CONTENT)
def cross_split_leakage(evidence: Evidence) -> Outcome:
    """Equal decoded pixels or sound, or all media and texts together, in two splits: the model has been shown what it is tested on.

    Named is the sample of the later split (training splits come first). Equal text alone is a warning in caption sets and nothing in
    sets with answers, where questions repeat by design; without media it is the whole sample. Copies that were encoded anew with
    loss are not found by this check.
    """
    if len(evidence.splits) < 2:
        return Outcome(0, message=ONE_SPLIT)
    kept = list(contents(evidence))
    whole = _twins(kept, lambda one: (one.media, one.texts), "the same sample as")
    media = _twins([one for one in kept if one.media], lambda one: one.media, "the same media as")
    captions = [one for one in kept if one.media and one.texts and one.target is None]
    texts = _twins(captions, lambda one: one.texts, "the same text as")
    bad = {(item.split, item.row): item for item in [*texts, *media, *whole]}  # the strongest note wins
    status: Status | None = "fail" if whole or media else "warn" if texts else None
    message = (
        f"In a second split: {len(whole):,} whole samples, {len(media):,} media, {len(texts):,} texts of captions."
    )
    ordered = sorted(bad.values(), key=lambda item: (list(evidence.splits).index(item.split), item.row))
    return Outcome(len(kept), ordered, value=len(bad), threshold=0, message=message, status=status)


def _twins(rows: Sequence[Content], key: Callable[[Content], Hashable], note: str) -> list[Item]:
    """The samples whose key was seen in an earlier split."""
    first: dict[Hashable, Content] = {}
    found = []
    for one in rows:
        twin = first.setdefault(key(one), one)
        if twin.split != one.split:
            found.append(one.item(f"{note} {twin.id} in {twin.split}"))
    return found


@check("Groups stay in one split", "warn")
def group_across_splits(evidence: Evidence) -> Outcome:
    """Samples of one speaker, video or picture in two splits: the score measures how well the group was learnt by heart."""
    if len(evidence.splits) < 2:
        return Outcome(0, message=ONE_SPLIT)
    splits_of: defaultdict[str, list[str]] = defaultdict(list)
    grouped, bad = 0, []
    for split in evidence.splits:
        for row, (key, group) in enumerate(zip(*evidence.table(split), strict=True)):
            if group is None:
                continue
            grouped += 1
            splits_of[group] += [] if split in splits_of[group] else [split]
            if splits_of[group][0] != split:
                bad.append(Item(split, row, key, f"its group {group!r} is in {splits_of[group][0]} too"))
    shared = sum(len(found) > 1 for found in splits_of.values())
    message = f"{shared:,} of {len(splits_of):,} groups are in two splits." if grouped else "No sample names its group."
    return Outcome(grouped, bad, value=shared, threshold=0, message=message)
