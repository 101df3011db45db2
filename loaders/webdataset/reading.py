"""Reading exported shards back: every one checked against the manifest, every sample against its fingerprint."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mmbench.errors import UserError
from mmbench.loaders.sources import Build, Roots
from mmbench.loaders.tars import tar_samples
from mmbench.loaders.webdataset.layout import RECORD, key_of, sample_of
from mmbench.loaders.webdataset.manifest import Manifest, check_shard, find_manifest, splits_in
from mmbench.samples import Sample


def import_webdataset(source: str | Path, split: str | None = None) -> Iterator[Sample]:
    """The samples of an exported split, in order; media stay in the shards as ranges of them.

    Args:
        source: the folder that ``PairedDataset.to_webdataset`` wrote to, or the manifest in it.
        split: which split; ``None`` where the folder holds one.

    Raises:
        UserError: no manifest, at once; while reading, a shard or sample that is not what was exported, or that is missing.
    """
    folder, manifest = find_manifest(Path(source).absolute(), split)
    return _imported(folder, manifest)


def webdataset_build(root: str, splits: Sequence[str] | None = None) -> Build:
    """What a source needs to build samples from exported shards.

    Args:
        root: the name of the root that is the folder of the shards.
        splits: the splits to read; ``None`` for every one that has a manifest.
    """

    def build(roots: Roots) -> Iterator[tuple[str, Sample]]:
        for split in splits_in(roots[root]) if splits is None else splits:
            for sample in _imported(*find_manifest(roots[root], split)):
                yield split, sample

    return build


def open_shards(
    folder: str | Path,
    split: str,
    *,
    node: int = 0,
    nodes: int = 1,
    worker: int = 0,
    workers: int = 1,
    checked: set[str] | None = None,
) -> Iterator[Sample]:
    """One reader's part of an exported split: over all readers, every sample exactly once, however many readers there are.

    Whole shards are dealt out; where there are fewer shards than readers, samples are. Each reader sees the order of the split.
    Readers get parts of unequal size where the numbers do not divide: nothing is repeated to fill up.

    Args:
        folder: where ``PairedDataset.to_webdataset`` wrote to.
        split: which split.
        node: this process among ``nodes`` processes (a rank).
        nodes: how many processes read the split; all with the same number of workers.
        worker: this worker among the ``workers`` of its process.
        workers: how many workers each process has.
        checked: shards whose sha256 need not be compared again; those compared here are added.

    Raises:
        UserError: numbers out of range and no manifest, at once; while reading, a shard or sample that is not what was exported.
    """
    if not (0 <= node < nodes and 0 <= worker < workers):
        raise UserError(
            f"There is no worker {worker} of {workers} on node {node} of {nodes}: both count from 0 and lie below their totals."
        )
    place, manifest = find_manifest(Path(folder).absolute(), split)
    reader, readers = node * workers + worker, nodes * workers
    seen = set() if checked is None else checked
    return _dealt(place, manifest, reader, readers, seen)


def _imported(folder: Path, manifest: Manifest) -> Iterator[Sample]:
    from mmbench.loaders.dataset import fingerprint_of

    prints: list[str] = []
    ids: set[str] = set()
    for sample in _dealt(folder, manifest, 0, 1, set()):
        if sample.id in ids:
            raise UserError(f"{folder}: {manifest.split} holds the id {sample.id!r} twice: export the split again.")
        ids.add(sample.id)
        prints.append(sample.fingerprint)
        yield sample
    if fingerprint_of(prints) != manifest.fingerprint:
        raise UserError(
            f"{folder}: {manifest.split} does not have the fingerprint that its manifest says: shards of two exports are mixed; "
            f"export the split again."
        )


def _dealt(folder: Path, manifest: Manifest, reader: int, readers: int, checked: set[str]) -> Iterator[Sample]:
    by_shard = len(manifest.shards) >= readers
    stop = 0
    for number, shard in enumerate(manifest.shards):
        start, stop = stop, stop + shard.samples
        if by_shard and number % readers != reader:
            continue
        if shard.name not in checked:
            check_shard(folder, shard)
            checked.add(shard.name)
        wanted = range(start, stop) if by_shard else range(start + (reader - start) % readers, stop, readers)
        yield from _shard_samples(folder / shard.name, manifest.fields, range(start, stop), wanted)


def _shard_samples(path: Path, fields: Sequence[str], held: range, wanted: range) -> Iterator[Sample]:
    """The samples of a shard that holds the positions ``held`` of the split; only the records of the wanted ones are read."""
    position = held.start
    for found in tar_samples(path, fields=fields, required=(RECORD,)):
        if position in held and found.key != key_of(position):
            raise UserError(
                f"{path} holds {found.key!r} where {key_of(position)!r} should stand: export the split again."
            )
        if position in wanted:
            yield sample_of(path, found)
        position += 1
    if position != held.stop:
        raise UserError(
            f"{path} holds {position - held.start} samples where its manifest says {len(held)}: export the split again."
        )
