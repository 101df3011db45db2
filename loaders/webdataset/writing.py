"""Writing a split as webdataset shards with a manifest. Equal splits give equal bytes; a killed export leaves no manifest."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import atomic_path, file_sha256, write_json
from mmbench.loaders.webdataset.layout import RECORD, key_of, members_of
from mmbench.loaders.webdataset.manifest import (
    FORMAT,
    SCHEMA_VERSION,
    Manifest,
    Shard,
    claimed_key,
    manifest_path,
    shard_pattern,
)
from mmbench.samples import Sample

FACTS = (
    "key", "title", "split", "revision", "fingerprint", "evidence", "licence", "attribution", "redistributable", "toy",
)  # fmt: skip


def write_webdataset(
    samples: Sequence[Sample], folder: Path, facts: Mapping[str, Any], shard_size: int = 1000
) -> list[Path]:
    """Write ``<split>-000000.tar`` … and, last, ``<split>.json``; shards of an older and larger export of the split are removed.

    Args:
        samples: the split.
        folder: where to.
        facts: ``PairedDataset.facts``.
        shard_size: samples per shard.

    Returns:
        the shards.

    Raises:
        UserError: the folder holds this split of another dataset; ``shard_size`` below 1.
        MediaError: media that changed since the split was indexed.
    """
    if shard_size < 1:
        raise UserError(f"shard_size is {shard_size}: a shard holds at least one sample.")
    split = str(facts["split"])
    target = manifest_path(folder, split)
    _refuse_another(target, str(facts["key"]))
    target.unlink(missing_ok=True)  # from here on the shards are in flux: better no manifest than one that lies
    paths, shards, fields = [], [], {RECORD}
    for number, start in enumerate(range(0, len(samples), shard_size)):
        path = folder / f"{split}-{number:06d}.tar"
        stop = min(start + shard_size, len(samples))
        fields |= _write_shard(path, samples[start:stop], start)
        shards.append(Shard(name=path.name, sha256=file_sha256(path), bytes=path.stat().st_size, samples=stop - start))
        paths.append(path)
    _remove_stale(folder, split, paths)
    manifest = Manifest(
        format=FORMAT,
        schema_version=SCHEMA_VERSION,
        **{name: facts[name] for name in FACTS},
        samples=len(samples),
        shards=tuple(shards),
        fields=tuple(sorted(fields)),
    )
    write_json(target, manifest.model_dump())
    return paths


def _refuse_another(target: Path, key: str) -> None:
    if not target.exists():
        return
    held = claimed_key(target)
    if held is None:
        raise UserError(f"{target} is there already and is no manifest of shards: export to another folder.")
    if held != key:
        raise UserError(f"{target} describes shards of {held!r}: export {key!r} to a folder of its own.")


def _write_shard(path: Path, samples: Iterable[Sample], start: int) -> set[str]:
    """Write one tar; returns the fields of its samples. Times, owners and modes are fixed."""
    import webdataset

    fields: set[str] = set()
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as handle,
        webdataset.TarWriter(handle, mtime=0, encoder=False) as writer,
    ):
        for position, sample in enumerate(samples, start):
            files = members_of(sample)
            fields |= set(files)
            writer.write({"__key__": key_of(position), **files})
    return fields


def _remove_stale(folder: Path, split: str, kept: Sequence[Path]) -> None:
    """Readers of ``<split>-*.tar`` would take them for part of this export."""
    pattern = shard_pattern(split)
    for path in folder.glob("*.tar"):
        if pattern.fullmatch(path.name) and path not in kept:
            path.unlink()
