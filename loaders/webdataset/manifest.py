"""The manifest beside the shards of a split: what they hold, under which licence, and the sha256 of each."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError, model_validator

from mmbench.errors import UserError
from mmbench.files import file_sha256, read_json
from mmbench.loaders.tars import MAX_READ
from mmbench.loaders.unknown import Frozen
from mmbench.loaders.webdataset.layout import Sha256

FORMAT: Final = "mmbench-webdataset"
SCHEMA_VERSION: Final = 1
Count = Annotated[int, Field(ge=0)]


class Shard(Frozen):
    """One tar: a plain file name beside the manifest, and what it must hold."""

    name: Annotated[str, Field(pattern=r"^[^./\\\x00][^/\\\x00]*\.tar$")]
    sha256: Sha256
    bytes: Count
    samples: Count


class Manifest(Frozen):
    """What ``<split>.json`` holds: the facts of ``PairedDataset.facts`` that identify the split, and its shards in order.

    Attributes:
        format, schema_version: that this is such a manifest.
        key, title, split, revision, fingerprint, evidence: the split that was exported, as a run would record it.
        licence, attribution, redistributable, toy: what somebody who passes the shards on must know.
        samples: over all shards.
        shards: in the order of the split.
        fields: every field that a sample may have; the record ``json`` is in all of them.
    """

    format: Literal["mmbench-webdataset"]
    schema_version: Literal[1]
    key: str
    title: str
    split: str
    revision: str
    fingerprint: Sha256
    evidence: str
    licence: str | None
    attribution: str
    redistributable: bool
    toy: bool
    samples: Count
    shards: tuple[Shard, ...]
    fields: tuple[str, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> "Manifest":
        if sum(shard.samples for shard in self.shards) != self.samples:
            raise ValueError("the shards do not add up to the number of samples")
        if len({shard.name for shard in self.shards}) != len(self.shards):
            raise ValueError("a shard is listed twice")
        return self


def manifest_path(folder: Path, split: str) -> Path:
    """Where the manifest of a split lies. ``UserError`` for a name that would lead out of the folder."""
    if Path(split).name != split or "\\" in split:
        raise UserError(f"{split!r} cannot be the name of a split: it would lead out of {folder}.")
    return folder / f"{split}.json"


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file. ``UserError`` where it is missing, damaged, of another version or no manifest at all."""
    if not path.is_file():
        raise UserError(
            f"{path} is missing: shards are read by their manifest; export the split again, or pass its folder."
        )
    try:
        found = read_json(path)
        if isinstance(found, dict) and found.get("schema_version", 1) != SCHEMA_VERSION:
            raise UserError(
                f"{path} has schema version {found['schema_version']}, not {SCHEMA_VERSION}: export the split again."
            )
        return Manifest.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise UserError(
            f"{path} is no manifest of shards ({place}: {first['msg']}): export the split again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({error}): export the split again.") from error


def find_manifest(source: Path, split: str | None) -> tuple[Path, Manifest]:
    """The folder and manifest of a split.

    Args:
        source: a manifest, or a folder of shards.
        split: which one; ``None`` where there is no choice.
    """
    if source.is_dir():
        names = splits_in(source) if split is None else [split]
        if len(names) != 1:
            held = (
                f"the splits {', '.join(names)}: name one of them"
                if names
                else "no manifest: export a split to it first"
            )
            raise UserError(f"{source} holds {held}.")
        source = manifest_path(source, names[0])
        split = names[0]
    manifest = read_manifest(source)
    if split is not None and manifest.split != split:
        raise UserError(f"{source} describes the split {manifest.split!r}, not {split!r}: pass the right manifest.")
    return source.parent, manifest


def splits_in(folder: Path) -> list[str]:
    """The splits that a folder has manifests of, sorted. Other JSON files are passed over."""
    return [path.stem for path in sorted(folder.glob("*.json")) if claimed_key(path) is not None]


def claimed_key(path: Path) -> str | None:
    """The dataset that a file names, of whatever version, if it says of itself that it is a manifest of shards."""
    if path.stat().st_size > MAX_READ:
        return None
    try:
        found = read_json(path)
    except (ValueError, RecursionError):
        return None
    return str(found.get("key")) if isinstance(found, dict) and found.get("format") == FORMAT else None


def check_shard(folder: Path, shard: Shard) -> None:
    """Compare a shard's size and sha256 with the manifest. ``UserError`` where it is missing or another file."""
    path = folder / shard.name
    if not path.is_file():
        raise UserError(f"{path} is missing, which the manifest lists: fetch it or export the split again.")
    if (size := path.stat().st_size) != shard.bytes:
        raise UserError(
            f"{path} has {size:,} bytes where its manifest says {shard.bytes:,}: it is cut or of another export; fetch it again."
        )
    if file_sha256(path) != shard.sha256:
        raise UserError(
            f"{path} is not the file that its manifest describes (sha256 differs): fetch it or export the split again."
        )


def shard_pattern(split: str) -> re.Pattern[str]:
    """What the names of a split's shards look like."""
    return re.compile(re.escape(split) + r"-\d{6,}\.tar")
