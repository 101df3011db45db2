"""How fast a canonical split is decoded, beside bare loops, `datasets` and `webdataset`; hashing; opening a million rows.

    python benchmarks/loaders.py [--pictures 2000] [--clips 500] [--rounds 5] [--rows 1000000]

All ways run in one process, interleaved, on the same bytes; medians of samples per second, and the ratio to the bare loop. The floor is
reading the files without decoding. Workers start in the first round. Pictures are 500 x 375 JPEGs of smoothed noise, clips 5 s of FLAC
at 16 kHz.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmbench.files import file_sha256, write_bytes
from mmbench.loaders.cache import open_splits
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Kind, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

RATE = 16_000


def main() -> None:
    """Make the data, run everything, print one table per question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("pictures", 2000), ("clips", 500), ("rounds", 5), ("rows", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.open is not None:
        measure_opening(options.open)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MMBENCH_CACHE"] = str(folder / "cache")
        compare("pictures", picture_ways(folder / "pictures", options.pictures), options.pictures, options.rounds)
        compare("clips", sound_ways(folder / "clips", options.clips), options.clips, options.rounds)
        measure_hashing(folder / "large")
        write_texts(folder / "texts", options.rows)
        subprocess.run([sys.executable, __file__, "--open", str(folder / "texts")], check=True)  # noqa: S603


def compare(title: str, ways: dict[str, Callable[[], int]], count: int, rounds: int) -> None:
    """Run every way once per round, in turn, and print medians."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            if way() != count:
                raise SystemExit(f"{name} lost samples")
            seconds[name].append(time.perf_counter() - start)
    base = statistics.median(seconds["bare loop"])
    print(f"\n{count} {title}, medians of {rounds} rounds")
    for name, found in seconds.items():
        median = statistics.median(found)
        print(f"  {name:36s} {count / median:9.0f} /s   {base / median:6.2f} x the bare loop")


def picture_ways(folder: Path, count: int) -> dict[str, Callable[[], int]]:
    """The ways to decode the same JPEGs."""
    from PIL import Image

    files = [write(folder / "files" / f"{n:05d}.jpg", jpeg(n)) for n in range(count)]
    split = canonical(folder, files, "image")

    def bare() -> int:
        return sum(np.asarray(Image.open(path).convert("RGB")).ndim == 3 for path in files)

    def with_datasets() -> int:
        import datasets

        rows = datasets.Dataset.from_parquet(str(folder / "data" / "test.parquet"), cache_dir=str(folder / "hf"))
        rows = rows.cast_column("image", datasets.Image(mode="RGB"))
        return sum(np.asarray(row["image"]).ndim == 3 for row in rows)

    def with_webdataset() -> int:
        import webdataset

        shard = webdataset.WebDataset(str(folder / "test-000000.tar"), shardshuffle=False, empty_check=False)
        return sum(np.asarray(sample["0.jpg"].convert("RGB")).ndim == 3 for sample in shard.decode("pil"))

    split.to_webdataset(folder, shard_size=count)
    return {
        "files read, not decoded (floor)": lambda: sum(len(path.read_bytes()) > 0 for path in files),
        "bare loop": bare,
        "mmbench": lambda: decoded_count(split, 0),
        "mmbench, 2 workers": lambda: decoded_count(split, 2),
        "datasets": with_datasets,
        "webdataset": with_webdataset,
    }


def sound_ways(folder: Path, count: int) -> dict[str, Callable[[], int]]:
    """The ways to decode the same FLACs."""
    import soundfile

    files = [write(folder / "files" / f"{n:05d}.flac", flac(n)) for n in range(count)]
    split = canonical(folder, files, "audio")

    def bare() -> int:
        return sum(soundfile.read(path, dtype="float32", always_2d=True)[0].shape[0] > 0 for path in files)

    return {
        "files read, not decoded (floor)": lambda: sum(len(path.read_bytes()) > 0 for path in files),
        "bare loop": bare,
        "mmbench": lambda: decoded_count(split, 0),
        "mmbench, 2 workers": lambda: decoded_count(split, 2),
    }


def decoded_count(split: PairedDataset, workers: int) -> int:
    """Decode a whole split."""
    return sum(isinstance(found.media[0], np.ndarray | tuple) for found in split.decoded(workers=workers))


def measure_hashing(path: Path) -> None:
    """Bytes per second of what every downloaded file goes through."""
    write_bytes(path, os.urandom(1 << 20) * 512)
    file_sha256(path)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        file_sha256(path)
        seconds.append(time.perf_counter() - start)
    print(f"\nhashing: {(1 << 29) / statistics.median(seconds) / 1e9:.2f} GB/s (sha256 of 0.5 GB, in the page cache)")
    path.unlink()


def write_texts(folder: Path, rows: int) -> None:
    """A table of short texts, built into the cache."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    texts = [f"the sentence number {n} of a long table" for n in range(rows)]
    pq.write_table(pa.table({"text": texts}), folder / "test.parquet")
    start = time.perf_counter()
    open_splits(card_of(folder, "text", "string"), ["test"])
    print(f"\n{rows:,} text rows: built in {time.perf_counter() - start:.0f} s (once)")


def measure_opening(folder: Path) -> None:
    """Time and memory of opening the built rows, in a process that did nothing else."""
    card = card_of(folder, "text", "string")
    start = time.perf_counter()
    split = open_splits(card, ["test"])["test"]
    first, last = split[0], split[len(split) - 1]
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024  # getrusage would show the parent's peak
    print(
        f"{len(split):,} text rows: opened, first and last read in {seconds:.2f} s (with its imports), peak {peak:.0f} MB"
    )
    if first.text == last.text:
        raise SystemExit("the rows are wrong")


def canonical(folder: Path, files: list[Path], column: str) -> PairedDataset:
    """The files as a Parquet table in the hub's form, read by a card."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "data").mkdir(parents=True)
    rows = [{"bytes": path.read_bytes(), "path": path.name} for path in files]
    pq.write_table(pa.table({column: rows}), folder / "data" / "test.parquet", row_group_size=100)
    return open_splits(card_of(folder, column, "image" if column == "image" else "audio"), ["test"])["test"]


def card_of(folder: Path, column: str, kind: Kind) -> DatasetCard:
    """A card over one column of Parquet files in a folder."""
    unknown = Unknown(reason="a benchmark")
    return DatasetCard(
        key=f"benchmark-{column}",
        title="Made by a benchmark",
        summary="Made by a benchmark.",
        task_kinds=("retrieval",),
        modalities=(Modality(column),),
        languages=(),
        splits={"test": SplitFacts(count=unknown, protocol="all rows")},
        columns={column: column},
        source=HubSource(
            repo="benchmark/benchmark",
            revision=unknown,
            tables={"rows": Table({column: Column(kind)})},
            samples=records(column),
            mirror=folder,
        ),
        licence=unknown,
        access="open",
        labels_public=unknown,
        redistributable=False,
        citation="none",
        homepage="none",
        evidence={},
    )


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def jpeg(seed: int) -> bytes:
    """A picture with the entropy of a photograph."""
    from PIL import Image, ImageFilter

    noise = np.random.default_rng(seed).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    image = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1.3))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def flac(seed: int) -> bytes:
    """Five seconds of coloured noise."""
    import soundfile

    noise = np.random.default_rng(seed).normal(size=5 * RATE)
    wave = np.convolve(noise, np.ones(8) / 8, "same") * 0.2
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
