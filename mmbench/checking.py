"""``mmbench.check`` and ``mmbench.peek``: a dataset by key, folder or as loaded, to a report of its checks or a page of its samples."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mmbench.errors import UserError
from mmbench.files import digest, write_bytes
from mmbench.loaders import all_cards, get_card, load_dataset
from mmbench.loaders.checks import CheckReport, Tools, all_checks, run_checks
from mmbench.loaders.checks.base import Accepted
from mmbench.loaders.checks.contents import normalised
from mmbench.loaders.checks.report import Bound
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.peek import peek_page
from mmbench.loaders.views import may_show
from mmbench.models import LoadedModel, load_model, wrap_model
from mmbench.models.pairs import EmbeddedPairs, embedded_pairs
from mmbench.samples import Modality, TextPart
from mmbench.stats import chi_square_tail, holm, normal_tail
from mmbench.tasks import tasks_on

if TYPE_CHECKING:
    import datasets
    import pandas as pd

    Data: TypeAlias = (
        str
        | Path
        | pd.DataFrame
        | datasets.Dataset
        | datasets.DatasetDict
        | PairedDataset
        | Mapping[str, PairedDataset]
    )

FIRST_CHOICE = "test"
PAIRS = 1000  # tested on 500 of them, an encoder that puts six right answers in a thousand first has been seen to reach z of 7


def check(
    data: "Data",
    against: "Data | None" = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    model: object | None = None,
    pairs: int = PAIRS,
    accepted: Mapping[str, Accepted] | None = None,
    progress: bool = True,
) -> CheckReport:
    """Check that a dataset's media, texts, ids and splits are whole and belong together.

    Args:
        data: a key of the catalog, a folder or anything else that ``load_dataset`` takes, a split, or a dict of splits.
        against: another dataset; then only what stands in both is looked for.
        split: look at this split only; leakage between splits is then not checked.
        limit: about this many samples of each split: whole groups, seeded. Sizes are then not compared with the card.
        seed: of the limit.
        model: embeds the pairs: a spec string, or what ``evaluate`` takes; by default frozen encoders with maps that are fitted on one
            half of the pairs and tested on the other.
        pairs: how many samples, over all splits, are embedded; 0 leaves the tests of the pairing out.
        accepted: per check how many samples with a finding are known, or which (``split/id``), beside what the card says; they are
            no reason to fail.
        progress: show a bar (never where standard error is not a terminal).

    Returns:
        the report. Runs on these splits record its digest, unless there was a limit.

    Raises:
        UserError: no such dataset or split, there is nothing to check, a model that does not embed, or one beside ``against``.
    """
    splits = _loaded(data, split, limit, seed, progress=progress)
    if against is not None:
        if model is not None:
            raise UserError("Two datasets are held against each other by their contents: leave the model out.")
        others = _loaded(against, None, limit, seed, progress=progress)
        names = [_name(against), _name(data)] if _name(against) != _name(data) else ["the second", "the first"]
        return _between(dict(zip(names, (others, splits), strict=True)), limit is not None, accepted, progress=progress)
    loaded = load_model(model) if isinstance(model, str) else None if model is None else wrap_model(model)
    report = run_checks(
        splits,
        partial=limit is not None,
        tools=_tools(loaded, pairs, progress=progress),
        accepted={**_known(splits), **(accepted or {})},
        progress=progress,
    )
    report = replace(report, bounds=tuple(_bounds(splits, report.twins)))
    report.remember()
    return report


def _bounds(splits: Mapping[str, PairedDataset], media: Mapping[str, str]) -> Iterator[Bound]:
    """Chance and the best possible of the scores of the dataset's tasks on the splits at hand."""
    card = next(iter(splits.values())).card
    texts = {
        part.fingerprint: digest(normalised(part.text))
        for dataset in splits.values()
        for sample in dataset
        for part in sample.content
        if isinstance(part, TextPart)
    }

    def same(fingerprint: str) -> str:
        return texts.get(fingerprint) or media.get(fingerprint[:32], fingerprint[:32])

    for task in tasks_on(card):
        if {task.split, *task.learned_from} <= set(splits):
            try:
                found = task.bounds(splits.__getitem__, same)
            except ValueError:  # the split holds nothing that this task scores
                continue
            for key, facts in task.metric.keys.items():
                if not facts.count:
                    yield Bound(
                        task.id,
                        key,
                        found.n,
                        _number(found.chance.get(key)),
                        _number(found.best.get(key)),
                        found.limited,
                    )


def _number(value: float | None) -> float | None:
    """JSON has no NaN."""
    return None if value is None or not math.isfinite(value) else float(value)


def _loaded(
    data: "Data", split: str | None, limit: int | None, seed: int, *, progress: bool
) -> dict[str, PairedDataset]:
    splits = _splits(data, split, progress=progress)
    if limit is not None:
        splits = {name: one.limited(limit, seed=seed) for name, one in splits.items()}
    if not any(len(one) for one in splits.values()):
        raise UserError(f"There is nothing to check: {_name(data)} holds no samples.")
    return splits


def _known(splits: Mapping[str, PairedDataset]) -> dict[str, Accepted]:
    """Findings that the cards name with a count."""
    cards = {dataset.card.key: dataset.card for dataset in splits.values()}
    found: Counter[str] = Counter()
    for card in cards.values():
        for issue in card.known_issues:
            if issue.check and isinstance(issue.count, int):
                found[issue.check] += issue.count
    return dict(found)


def _between(
    datasets: Mapping[str, Mapping[str, PairedDataset]],
    partial: bool,
    accepted: Mapping[str, Accepted] | None,
    *,
    progress: bool,
) -> CheckReport:
    """What stands in two datasets; named are the samples of the second."""
    both: dict[str, PairedDataset] = {}
    sides: dict[str, str] = {}
    for name, found in datasets.items():
        both |= {f"{name} {split}": dataset for split, dataset in found.items()}
        sides |= dict.fromkeys([f"{name} {split}" for split in found], name)
    chosen = [one for one in all_checks() if one.between]
    return run_checks(both, checks=chosen, partial=partial, sides=sides, accepted=accepted, progress=progress)


def peek(
    data: "Data", *, split: str | None = None, n: int = 24, seed: int | None = None, out: str | Path | None = None
) -> Path:
    """Write a page of samples, in one file that asks for nothing else.

    Media, answers and meta are shown only where the card says that they may be passed on, or where the data is the user's own.

    Args:
        data: a key of the catalog, a folder or anything else that ``load_dataset`` takes, a split, or a dict of splits.
        split: the split; by default ``test``, or the first where there is none.
        n: how many samples.
        seed: draw them at random; ``None`` takes the first.
        out: the file; ``<key>-<split>.html`` in the current folder by default.

    Returns:
        the page's path.

    Raises:
        UserError: no such dataset or split, or it is empty.
    """
    if isinstance(data, str) and split is None and any(card.key == data for card in all_cards()):
        split = _first_choice(list(get_card(data).splits))  # so that other splits are not fetched
    splits = _splits(data, split, progress=True)
    chosen = splits[split or _first_choice(list(splits))]
    if not len(chosen):
        raise UserError(f"There is nothing to show: {chosen.card.key} {chosen.split} holds no samples.")
    path = Path(f"{chosen.card.key}-{chosen.split}.html" if out is None else out)
    allowed = may_show(chosen.card, [card.key for card in all_cards()])
    sizes = {name: len(one) for name, one in splits.items()}
    write_bytes(path, peek_page(chosen, n=n, seed=seed, allowed=allowed, sizes=sizes).encode())
    return path


def _tools(model: LoadedModel | None, pairs: int, *, progress: bool) -> Tools:
    """What the checks are given: an embedder and p-values."""

    def embed(splits: Mapping[str, PairedDataset]) -> list[EmbeddedPairs]:
        rows = {name: _distinct(dataset) for name, dataset in splits.items()}
        return embedded_pairs(splits, rows, model=model, most=pairs, progress=progress)

    return Tools(embed if pairs else None, normal_tail, chi_square_tail, holm)


def _distinct(dataset: PairedDataset) -> list[int]:
    """The first row of each distinct picture (sounds, where there are no pictures); all rows where there is neither."""
    for modality in (Modality.IMAGE, Modality.AUDIO):
        first: dict[str, int] = {}
        for row, number, fingerprint in dataset.facets(modality):
            if number == 0:
                first.setdefault(fingerprint, row)
        if first:
            return sorted(first.values())
    return list(range(len(dataset)))


def _splits(data: "Data", split: str | None, *, progress: bool) -> dict[str, PairedDataset]:
    if isinstance(data, PairedDataset):
        found = {data.split: data}
    elif isinstance(data, Mapping) and all(isinstance(one, PairedDataset) for one in data.values()):
        found = dict(data)
    elif split is not None:
        return {split: load_dataset(data, split, progress=progress)}
    else:
        found = load_dataset(data, progress=progress)
    if split is not None and split not in found:
        raise UserError(f"{_name(data)} has no split {split!r}: it has {', '.join(found)}.")
    return found if split is None else {split: found[split]}


def _first_choice(splits: list[str]) -> str:
    return FIRST_CHOICE if FIRST_CHOICE in splits else splits[0]


def _name(data: "Data") -> str:
    if isinstance(data, PairedDataset):
        return f"{data.card.key} {data.split}"
    return str(data) if isinstance(data, str | Path) else f"this {type(data).__name__}"
