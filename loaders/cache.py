"""The cache of built splits: Arrow rows and a manifest per dataset and state of its inputs, written once, under a lock."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import atomic_path, digest, file_sha256, read_json, write_json
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.dataset import Evidence, PairedDataset, fingerprint_of
from mmbench.loaders.folders import cache_folder
from mmbench.loaders.receipts import witnessed
from mmbench.loaders.sources import Inputs, Remote, inputs_digest
from mmbench.samples import Sample

SCHEMA_VERSION = 1
BATCH = 512


def open_splits(card: DatasetCard, splits: list[str], *, progress: bool = False) -> dict[str, PairedDataset]:
    """The named splits of a card, built first if the cache does not hold this state of the inputs.

    Raises:
        UserError: a split that the card does not have; inputs that are missing or are not what the card says.
    """
    for split in splits:
        if split not in card.splits:
            raise UserError(f"{card.key} has no split {split!r}: it has {', '.join(card.splits)}.")
    opened: dict[str, PairedDataset] = {}
    for portion, wanted in _portions(card, splits):
        inputs = portion.source.inputs(progress=progress)
        folder = _folder(portion, inputs)
        manifest = _manifest(folder)
        if manifest is None:
            manifest = _build_locked(portion, inputs, folder, progress=progress)
        opened |= {split: _open(portion, card, split, inputs, folder, manifest) for split in wanted}
    return {split: opened[split] for split in splits}


def is_built(card: DatasetCard, split: str) -> bool:
    """Whether the cache already holds a split for the inputs of this machine. Nothing is fetched."""
    (portion, _), *_ = _portions(card, [split])
    try:
        portion.source.locate()
    except UserError:
        return False
    return _manifest(_folder(portion, portion.source.inputs())) is not None


def _portions(card: DatasetCard, splits: list[str]) -> list[tuple[DatasetCard, list[str]]]:
    """The card cut into what is built in one pass: all splits together, or each by itself where its files are its own."""
    found: list[tuple[DatasetCard, list[str]]] = []
    for split in splits:
        source = card.source.for_split(split)
        if source is card.source:
            return [(card, splits)]
        found.append((card.model_copy(update={"source": source, "splits": {split: card.splits[split]}}), [split]))
    return found


def _folder(card: DatasetCard, inputs: Inputs) -> Path:
    """One folder per state of the inputs and of what the card pins, so that a mended card is not read from an old build."""
    pins = {split: facts.model_dump(mode="json", exclude={"protocol"}) for split, facts in card.splits.items()}
    name = digest([inputs_digest(inputs, card.source.generator), pins, card.mapping])[:16]
    return cache_folder() / "datasets" / card.key / name


def _manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / "manifest.json"
    if not path.exists():
        return None
    try:
        manifest: dict[str, Any] = read_json(path)
        if not isinstance(manifest, dict):
            raise ValueError("it is no JSON object")
    except ValueError as error:
        raise UserError(
            f"{path} is damaged ({error}): delete the folder {folder} and run again, it will be rebuilt."
        ) from error
    return manifest if manifest.get("schema") == SCHEMA_VERSION else None


def _build_locked(card: DatasetCard, inputs: Inputs, folder: Path, *, progress: bool) -> dict[str, Any]:
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            manifest = _manifest(folder)  # another process may have built it while this one waited
            return manifest if manifest is not None else _build(card, inputs, folder, progress=progress)
    except OSError as error:
        raise UserError(
            f"The rows of {card.key} could not be built in {folder} ({error.strerror or error}): nothing was kept; free some space "
            f"there, or set MMBENCH_CACHE to a folder that can be written."
        ) from error


def _build(card: DatasetCard, inputs: Inputs, folder: Path, *, progress: bool) -> dict[str, Any]:
    if isinstance(card.source, Remote):
        card.source.fetch(progress=progress)
    counts, fingerprints = _write_rows(card, inputs, folder, progress=progress)
    for split in card.splits:
        _verify(card, split, counts[split], fingerprints[split], inputs)
    manifest = {
        "schema": SCHEMA_VERSION,
        "key": card.key,
        "revision": inputs.revision,
        "generator": card.source.generator,
        "files": dict(inputs.files),
        "splits": {
            split: {
                "count": counts[split],
                "fingerprint": fingerprints[split],
                "file": f"{split}.arrow",
                "sha256": file_sha256(folder / f"{split}.arrow"),
                "state": _state(folder / f"{split}.arrow"),
            }
            for split in card.splits
        },
    }
    write_json(folder / "manifest.json", manifest)
    return manifest


def _write_rows(
    card: DatasetCard, inputs: Inputs, folder: Path, *, progress: bool
) -> tuple[dict[str, int], dict[str, str]]:
    import pyarrow as pa
    from tqdm.auto import tqdm

    from mmbench.loaders.rows import SCHEMA, to_row

    pending: dict[str, list[dict[str, Any]]] = {split: [] for split in card.splits}
    prints: dict[str, list[str]] = {split: [] for split in card.splits}
    ids: dict[str, set[str]] = {split: set() for split in card.splits}
    with ExitStack() as stack:
        writers = {}
        for split in card.splits:
            temporary = stack.enter_context(atomic_path(folder / f"{split}.arrow"))
            writers[split] = stack.enter_context(pa.ipc.new_stream(temporary, SCHEMA))

        def flush(split: str) -> None:
            writers[split].write_table(pa.Table.from_pylist(pending[split], schema=SCHEMA))
            pending[split].clear()

        samples: Iterator[tuple[str, Sample]] = card.source.build(inputs.roots)
        bar = tqdm(
            samples, desc=f"building {card.key}", unit=" samples", disable=None if progress else True, leave=False
        )
        for split, sample in bar:
            if sample.id in ids[split]:
                raise UserError(
                    f"{card.key} {split} has two samples with the id {sample.id!r}: nothing was built; if this is your own data, "
                    f"give every row an id of its own, else the card is wrong."
                )
            ids[split].add(sample.id)
            row = to_row(sample, inputs.roots)
            prints[split].append(row["fingerprint"])
            pending[split].append(row)
            if len(pending[split]) == BATCH:
                flush(split)
        for split in card.splits:
            flush(split)
    return {split: len(found) for split, found in prints.items()}, {
        split: fingerprint_of(found) for split, found in prints.items()
    }


def _verify(card: DatasetCard, split: str, count: int, fingerprint: str, inputs: Inputs) -> Evidence:
    facts = card.splits[split]
    if isinstance(facts.count, int) and count != facts.count:
        raise UserError(
            f"{card.key} {split} came out with {count:,} samples where its card says {facts.count:,}: {_remedy(card)}."
        )
    pinned = facts.fingerprint if isinstance(facts.fingerprint, str) else witnessed(card, split, inputs.revision)
    if pinned is None:
        return inputs.evidence
    if fingerprint == pinned:
        return "pinned-content"
    if card.source.generator:
        return "generated-differs"
    raise UserError(
        f"{card.key} {split} does not hold the content that its card pins (fingerprint {fingerprint[:12]}, expected "
        f"{pinned[:12]}): {_remedy(card)}."
    )


def _remedy(card: DatasetCard) -> str:
    if isinstance(card.source, Remote):
        return "the files are those of the hub, so the card is wrong or the revision is another one; please report it"
    return "a file is damaged or of another version; reinstall what brings it"


def _open(
    portion: DatasetCard, card: DatasetCard, split: str, inputs: Inputs, folder: Path, manifest: dict[str, Any]
) -> PairedDataset:
    from mmbench.loaders.stored import StoredRows

    facts = manifest["splits"][split]
    path = folder / facts["file"]
    try:
        if not _is_intact(path, facts):
            raise ValueError("the sha256 differs")
        rows = StoredRows(path, inputs.roots)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is damaged or missing: delete the folder {folder} and run again, it will be rebuilt."
        ) from error
    if len(rows) != facts["count"]:
        raise UserError(
            f"{path} holds {len(rows)} rows where its manifest says {facts['count']}: delete the folder {folder} and run again."
        )
    evidence = _verify(portion, split, facts["count"], facts["fingerprint"], inputs)
    return PairedDataset(rows, card=card, split=split, revision=inputs.revision, evidence=evidence)


def _state(path: Path) -> dict[str, int]:
    stat = path.stat()
    return {"size": stat.st_size, "changed": stat.st_mtime_ns}


def _is_intact(path: Path, facts: dict[str, Any]) -> bool:
    """Whether a file is the one that was written. Only one that was touched since is read for it, however large the split."""
    untouched: bool = _state(path) == facts["state"]
    return untouched or file_sha256(path) == str(facts["sha256"])
