"""Alignment checks: whether pictures, sounds, texts and answers are whole and belong together. A check is a function in a file here."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from mmbench.discovery import collect
from mmbench.loaders.checks.base import WHOLE, Check, Column, Evidence, MediaProbe, Probe, SampleProbe, Tools, result_of
from mmbench.loaders.checks.contents import twins
from mmbench.loaders.checks.decoding import decode
from mmbench.loaders.checks.report import CheckReport
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Modality, Sample

__all__ = ["CheckReport", "Tools", "all_checks", "run_checks"]

NO_SIDES: Mapping[str, str] = MappingProxyType({})


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of the files in this folder."""
    return tuple(collect("mmbench.loaders.checks", Check))


def run_checks(
    splits: Mapping[str, PairedDataset],
    *,
    checks: Sequence[Check] | None = None,
    partial: bool = False,
    tools: Tools | None = None,
    sides: Mapping[str, str] | None = None,
    accepted: Mapping[str, int] | None = None,
    progress: bool = False,
) -> CheckReport:
    """Run checks on the splits of one dataset in one pass over its samples.

    Each distinct picture or sound is read and decoded once and then let go: what stays in memory is one small value per part and
    probe. A file that does not decode is a finding.

    Args:
        splits: the splits by name.
        checks: which checks; all by default.
        partial: the splits are not whole, so their sizes are not compared with the card.
        tools: an embedder and p-values; without them the checks that need them do not apply.
        sides: the dataset of each split, where splits of two datasets are held against each other.
        accepted: per check how many samples with a finding are known and let pass.
        progress: show a bar (never where standard error is not a terminal).
    """
    chosen = all_checks() if checks is None else tuple(checks)
    evidence = gather(splits, chosen, partial=partial, tools=tools, sides=sides or {}, progress=progress)
    results = tuple(result_of(one, evidence, (accepted or {}).get(one.key, 0)) for one in chosen)
    return CheckReport(results, dict(splits), partial=partial, twins=twins(evidence))


def gather(
    splits: Mapping[str, PairedDataset],
    checks: Sequence[Check],
    *,
    partial: bool = False,
    tools: Tools | None = None,
    sides: Mapping[str, str] = NO_SIDES,
    progress: bool = False,
) -> Evidence:
    """Stream all samples once past the probes of the checks."""
    ordered = dict(splits) if sides else dict(sorted(splits.items(), key=lambda item: not item[0].startswith("train")))
    probes = list(dict.fromkeys(probe for one in checks for probe in one.probes))
    samples = [probe for probe in probes if isinstance(probe, SampleProbe)]
    media = _Media([probe for probe in probes if isinstance(probe, MediaProbe)])
    columns: dict[Probe[Any], dict[str, Column]] = {probe: {split: Column() for split in ordered} for probe in probes}
    modalities: set[Modality] = set()
    for split, row, sample in _stream(ordered, progress=progress):
        modalities |= sample.modalities
        for probe in samples:
            value = probe.take(sample)
            if value is not None:
                columns[probe][split].add(row, WHOLE, value)
        for seen_by, part, value in media.values(sample):
            columns[seen_by][split].add(row, part, value)
    pairs = tools.pairs(ordered) if tools is not None and any(one.embeds for one in checks) else ()
    return Evidence(ordered, frozenset(modalities), partial, columns, tools, pairs, sides)


class _Media:
    """What media probes say of the parts of samples; equal bytes are decoded once."""

    def __init__(self, probes: Sequence[MediaProbe[Any]]) -> None:
        self._probes = probes
        self._known: dict[tuple[bytes, str], tuple[Any, ...]] = {}

    def values(self, sample: Sample) -> Iterator[tuple[MediaProbe[Any], int, Any]]:
        for number, part in enumerate(sample.content):
            if self._probes and isinstance(part, MediaPart):
                for probe, value in zip(self._probes, self._of(part, sample.id), strict=True):
                    if value is not None:
                        yield probe, number, value

    def _of(self, part: MediaPart, sample_id: str) -> tuple[Any, ...]:
        # The path belongs to the key: two rows may name equal bytes in two files, of which one is gone.
        key = (bytes.fromhex(part.sha256)[:16], f"{part.media_type} {part.path}")
        if key not in self._known:
            medium = decode(part, sample_id)
            self._known[key] = tuple(probe.take(medium) for probe in self._probes)
        return self._known[key]


def _stream(splits: Mapping[str, PairedDataset], *, progress: bool) -> Iterator[tuple[str, int, Sample]]:
    from tqdm.auto import tqdm

    total = sum(len(dataset) for dataset in splits.values())
    with tqdm(total=total, desc="checking", unit=" samples", disable=None if progress else True, leave=False) as bar:
        for split, dataset in splits.items():
            for row, sample in enumerate(dataset):
                yield split, row, sample
                bar.update()
