"""Shards that mmbench wrote, with their manifest: they come back exactly, checked against it."""

from collections.abc import Iterator, Sequence

from mmbench.loaders.own.folder import Folder
from mmbench.loaders.own.kinds import kind_of, suffix_of
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.splits import split_named
from mmbench.loaders.own.survey import Survey
from mmbench.loaders.webdataset import import_webdataset
from mmbench.loaders.webdataset.manifest import claimed_key, read_manifest
from mmbench.samples import Sample


def manifests_of(folder: Folder) -> tuple[str, ...]:
    """The folder's manifests and the shards that they list."""
    manifests = _manifests(folder, folder.with_suffix("json"))
    shards = [
        f"{name.rpartition('/')[0]}/{shard.name}".lstrip("/")
        for name in manifests
        for shard in read_manifest(folder.root / name).shards
    ]
    return (*manifests, *(name for name in shards if name in folder.files))


def read_exported(folder: Folder, sources: Sequence[str]) -> Iterator[tuple[str, Sample]]:
    """The samples of every manifest, in order."""
    for name in _manifests(folder, sources):
        path = folder.root / name
        split = split_named(read_manifest(path).split, name)
        yield from ((split, sample) for sample in import_webdataset(path))


def survey_exported(folder: Folder, sources: Sequence[str]) -> Survey:
    """What the manifests and the first samples say; shards are hashed when they are read."""
    found = Survey()
    for name in _manifests(folder, sources):
        manifest = read_manifest(folder.root / name)
        for _ in found.watch((manifest.split, sample) for sample in _first(folder, name)):
            pass
        found.counts[split_named(manifest.split, name)] = manifest.samples
        kinds = [kind_of(f"x.{field}") for field in manifest.fields]
        found.modalities |= {kind[0] for kind in kinds if kind is not None}
    return found


def _first(folder: Folder, name: str) -> list[Sample]:
    sample = next(import_webdataset(folder.root / name), None)
    return [] if sample is None else [sample]


def _manifests(folder: Folder, names: Sequence[str]) -> tuple[str, ...]:
    found = (name for name in names if suffix_of(name) == "json")
    return tuple(name for name in found if claimed_key(folder.root / name) is not None)


LAYOUT = Layout("exported shards", rank=5, leads=True, sources=manifests_of, read=read_exported, survey=survey_exported)
