"""Alignment checks: whether pictures, sounds, texts and answers are whole and belong together. A check is a function in a file here."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from mmbench.discovery import collect
from mmbench.loaders.checks.base import (
    WHOLE,
    Accepted,
    Check,
    Column,
    Evidence,
    MediaProbe,
    Probe,
    SampleProbe,
    Tools,
    result_of,
)
from mmbench.loaders.checks.contents import twins
from mmbench.loaders.checks.decoding import decode
from mmbench.loaders.checks.report import CheckReport
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import MediaPart, Modality, Sample

__all__ = ["CheckReport", "Tools", "all_checks", "run_checks"]

NO_SIDES: Mapping[str, str] = MappingProxyType({})
AHEAD = 32  # samples whose media are asked for before their turn
MOST_THREADS = 4  # decoders let go of Python's lock, probes mostly do not
Key: TypeAlias = tuple[bytes, str]


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
    accepted: Mapping[str, Accepted] | None = None,
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
        accepted: per check how many samples with a finding are known and let pass, or which (``split/id``).
        progress: show a bar (never where standard error is not a terminal).
    """
    chosen = all_checks() if checks is None else tuple(checks)
    evidence = gather(splits, chosen, partial=partial, tools=tools, sides=sides or {}, progress=progress)
    results = tuple(result_of(one, evidence, (accepted or {}).get(one.key)) for one in chosen)
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
    columns: dict[Probe[Any], dict[str, Column]] = {probe: {split: Column() for split in ordered} for probe in probes}
    modalities: set[Modality] = set()
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="mmbench-checks") as pool:
        media = _Media([probe for probe in probes if isinstance(probe, MediaProbe)], pool)
        for split, row, sample, parts in _ahead(_stream(ordered, progress=progress), media):
            modalities |= sample.modalities
            for probe in samples:
                value = probe.take(sample)
                if value is not None:
                    columns[probe][split].add(row, WHOLE, value)
            for seen_by, part, value in media.values(parts):
                columns[seen_by][split].add(row, part, value)
    embed = tools.pairs if tools is not None and any(one.embeds for one in checks) else None
    pairs = () if embed is None else embed(ordered)
    return Evidence(ordered, frozenset(modalities), partial, columns, tools, pairs, sides)


class _Media:
    """What media probes say of the parts of samples; equal bytes are decoded once, in threads."""

    def __init__(self, probes: Sequence[MediaProbe[Any]], pool: ThreadPoolExecutor) -> None:
        self._probes = probes
        self._pool = pool
        self._known: dict[Key, tuple[Any, ...] | Future[tuple[Any, ...]]] = {}

    def ask(self, sample: Sample) -> list[tuple[int, Key]]:
        """Have the parts of a sample looked at; gives their numbers and what to ask for them with."""
        asked = []
        for number, part in enumerate(sample.content):
            if self._probes and isinstance(part, MediaPart):
                # The path belongs to the key: two rows may name equal bytes in two files, of which one is gone.
                key = (bytes.fromhex(part.sha256)[:16], f"{part.media_type} {part.path}")
                if key not in self._known:
                    self._known[key] = self._pool.submit(self._take, part, sample.id)
                asked.append((number, key))
        return asked

    def values(self, asked: Sequence[tuple[int, Key]]) -> Iterator[tuple[MediaProbe[Any], int, Any]]:
        """Per part and probe what was seen; waits for it."""
        for number, key in asked:
            found = self._known[key]
            if isinstance(found, Future):
                found = self._known[key] = found.result()
            for probe, value in zip(self._probes, found, strict=True):
                if value is not None:
                    yield probe, number, value

    def _take(self, part: MediaPart, sample_id: str) -> tuple[Any, ...]:
        medium = decode(part, sample_id)
        return tuple(probe.take(medium) for probe in self._probes)


def _ahead(
    stream: Iterable[tuple[str, int, Sample]], media: _Media
) -> Iterator[tuple[str, int, Sample, list[tuple[int, Key]]]]:
    """The stream as it is, with the media of the next samples already asked for."""
    waiting: deque[tuple[str, int, Sample, list[tuple[int, Key]]]] = deque()
    for split, row, sample in stream:
        waiting.append((split, row, sample, media.ask(sample)))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def _stream(splits: Mapping[str, PairedDataset], *, progress: bool) -> Iterator[tuple[str, int, Sample]]:
    from tqdm.auto import tqdm

    total = sum(len(dataset) for dataset in splits.values())
    with tqdm(total=total, desc="checking", unit=" samples", disable=None if progress else True, leave=False) as bar:
        for split, dataset in splits.items():
            for row, sample in enumerate(dataset):
                yield split, row, sample
                bar.update()
