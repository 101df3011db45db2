"""What a full check of image-text pairs costs, how small a fault it finds, and where its thresholds come from.

    python benchmarks/checks.py cost --pairs 10000    seconds and peak memory, cleanvision on the same pictures where it is installed
    python benchmarks/checks.py power --out FOLDER    detection by fault and rate: a table, CSV and a plot (SVG)
    python benchmarks/checks.py ranking               how many of swapped pairs the worst 5 % hold, by the residual and by the cosine
    python benchmarks/checks.py hashes                the search for near copies among 100,000 x 100,000 hashes
    python benchmarks/checks.py sounds                fingerprints of unlike words by one voice, and of copies encoded anew (extra demo)

The pictures are made on the spot: soft random colours with a coloured shape, and a caption that names shape and colour.
"""

import argparse
import csv
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from planted import FAULTS, RATE, Rows, captioned

import mmbench
from mmbench.loaders.checks import Tools, all_checks, run_checks
from mmbench.loaders.checks._matching import similarities, standing
from mmbench.loaders.checks._near import BITS, SOUND_RADIUS, near_pairs, sound_fingerprint
from mmbench.loaders.checks.base import Result
from mmbench.models.encoders.features import FrozenFeatures
from mmbench.models.pairs import embedded_pairs
from mmbench.stats import chi_square_tail, holm, normal_tail

Wave: TypeAlias = NDArray[np.float32]
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "power", "ranking", "hashes", "sounds"])
    parser.add_argument("--pairs", type=int, default=0, help="10,000 for cost and 1,000 for power by default")
    parser.add_argument("--seeds", type=int, default=3, help="of power")
    parser.add_argument("--out", type=Path, default=Path("checks-power"), help="where power writes")
    parser.add_argument(
        "--only", nargs="+", choices=list(FAULTS), default=list(FAULTS), metavar="CHECK", help="of power"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        if args.what != "sounds":  # which needs the data of the extra; the rest leaves nothing behind
            os.environ["MMBENCH_CACHE"] = cache
        if args.what == "cost":
            cost(args.pairs or 10_000)
        elif args.what == "power":
            power(args.pairs or 1000, args.seeds, args.out, args.only)
        else:
            COMMANDS[args.what]()


def cost(pairs: int) -> None:
    """Print seconds and memory of a full check, beside cleanvision's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = captioned(pairs, 0, (500, 375))
        for row in rows:
            (folder / f"{row['id']}.jpg").write_bytes(row["image"])
        with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([["file_name", "text"], *([f"{row['id']}.jpg", row["text"]] for row in rows)])
        size = sum(len(row.pop("image")) for row in rows)
        data = mmbench.load_dataset(str(folder), progress=False)
        with clock() as took:
            report = mmbench.check(data)
        print(
            f"{pairs:,} pairs of 500 x 375, {size / 1e6:,.0f} MB of JPEG: {len(report.results)} checks in {took}, peak {peak():,.0f} MB"
        )
        with clock() as took:
            for sample in next(iter(data.values())):
                mmbench.media.decode_image(sample.image, sample.id)
        print(f"floor: reading, hashing and decoding alone, one thread: {took}")
        cleanvision(folder, pairs)


def cleanvision(folder: Path, pairs: int) -> None:
    """The peer on the same pictures, all of its checks, two processes."""
    try:
        from cleanvision import Imagelab
    except ImportError:
        print("cleanvision is not installed (pip install cleanvision)")
        return
    lab = Imagelab(data_path=str(folder))
    with clock() as took:
        lab.find_issues(n_jobs=2, verbose=False)
    print(f"cleanvision, two processes: {took} for {pairs:,} pictures")


class clock:  # noqa: N801  # used as a context only
    """Seconds of a block: by the wall, and of all processors (which a busy machine does not change)."""

    def __enter__(self) -> "clock":
        """Start."""
        self.began = time.perf_counter(), used()
        self.text = ""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.text = f"{time.perf_counter() - self.began[0]:.1f} s ({used() - self.began[1]:.1f} s of processors)"

    def __str__(self) -> str:
        return self.text


def used() -> float:
    """Processor seconds of this process and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)


def hashes(count: int = 100_000) -> None:
    """Print seconds and memory of the search, with 1,000 near copies hidden among unlike hashes."""
    draw = np.random.default_rng(0)
    left, right = (draw.integers(0, 2**64, count, dtype=np.uint64) for _ in range(2))
    right[:1000] = left[:1000] ^ np.uint64(0b111111)  # six bits
    before = peak()
    with clock() as took:
        found = sum(len(ours) for ours, _ in near_pairs(left, right))
    print(f"{count:,} x {count:,} hashes: {found:,} near pairs in {took}, {peak():,.0f} MB (before: {before:,.0f} MB)")


def ranking(n: int = 500, seeds: int = 20) -> None:
    """Print, for three strengths of a model, the share of swapped pairs (5 %) that stand in the worst 5 % of a ranking."""
    print(f"{n} pairs, 5 % swapped, {seeds} seeds: share of the worst 5 % that is swapped")
    print(f"{'recall@1':>10}{'residual':>10}{'cosine':>10}")
    for noise in (4.0, 2.0, 1.0):
        found = np.asarray([worst(n, noise, seed) for seed in range(seeds)]).mean(0)
        print(f"{found[0]:>10.3f}{found[1]:>10.2f}{found[2]:>10.2f}")


def worst(n: int, noise: float, seed: int) -> tuple[float, float, float]:
    """Recall@1, and the share of swapped pairs among the worst by the residual and by the cosine. Some sides are close to everything."""
    draw = np.random.default_rng(seed)
    left = draw.normal(size=(n, 16))
    right = left + noise * draw.normal(size=(n, 16))
    left[:, 0] += draw.exponential(2, n)
    right[:, 0] += draw.exponential(2, n)
    left, right = (side / np.linalg.norm(side, axis=1)[:, None] for side in (left, right))
    first = float((similarities(left, right).argmax(1) == np.arange(n)).mean())
    wrong = draw.choice(n, n // 20, replace=False)
    right[wrong] = right[np.roll(wrong, 1)]
    scores = similarities(left, right)
    shares = [
        len({*np.argsort(values)[: len(wrong)].tolist()} & {*wrong.tolist()}) / len(wrong)
        for values in (standing(scores)[0], np.diagonal(scores))
    ]
    return first, shares[0], shares[1]


def sounds(most: int = 600) -> None:
    """Print how many of 256 bits differ between unlike words by one synthetic voice, and between a word and its copies."""
    data = mmbench.load_dataset("openmoji", "train")
    waves = [mmbench.media.decode_audio(data[i].audio, data[i].id) for i in range(min(most, len(data)))]
    prints = [sound_fingerprint(*wave) for wave in waves]
    bits = np.stack([np.unpackbits(np.frombuffer(one, dtype=np.uint8)) for one in prints if one is not None])
    signs = bits.astype(np.float32) * 2 - 1
    apart = ((BITS - signs @ signs.T) / 2)[np.triu_indices(len(signs), 1)]
    named = {share: np.quantile(apart, share) for share in (0.0001, 0.001, 0.5)}
    print(
        f"{len(apart):,} pairs of unlike words: "
        + ", ".join(f"{share:.2%} within {bits:.0f}" for share, bits in named.items())
    )
    print(
        f"within the radius of {SOUND_RADIUS}: {int((apart <= SOUND_RADIUS).sum()):,} pairs ({(apart <= SOUND_RADIUS).mean():.4%})"
    )
    for name, change in COPIES.items():
        away = [
            distance(one, sound_fingerprint(*change(*wave))) for one, wave in zip(prints, waves, strict=True) if one
        ]
        said = ", ".join(f"{share:.0%} within {np.quantile(away, share):.0f}" for share in (0.5, 0.9, 0.99))
        print(f"{name}: {said}; found: {np.mean(np.asarray(away) <= SOUND_RADIUS):.1%}")


def distance(one: bytes, two: bytes | None) -> int:
    """Bits that differ; all where there is no fingerprint."""
    return (
        BITS
        if two is None
        else int(np.bitwise_count(np.frombuffer(one, np.uint8) ^ np.frombuffer(two, np.uint8)).sum())
    )


def stored(wave: Wave, rate: int, kind: str, subtype: str | None = None) -> tuple[Wave, int]:
    """A sound after it was written in another encoding and read again."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, wave.T, rate, format=kind, subtype=subtype)
    found, rate = soundfile.read(io.BytesIO(buffer.getvalue()), dtype="float32", always_2d=True)
    return found.T, rate


def resampled(wave: Wave, rate: int, to: int) -> tuple[Wave, int]:
    """A sound at another rate."""
    import soxr

    return soxr.resample(wave.T, rate, to).T, to


COPIES: dict[str, Callable[[Wave, int], tuple[Wave, int]]] = {
    "as OGG Vorbis": lambda wave, rate: stored(wave, rate, "OGG", "VORBIS"),
    "as MP3": lambda wave, rate: stored(wave, rate, "MP3"),
    "at 8 kHz": lambda wave, rate: resampled(wave, rate, 8000),
    f"at {RATE // 1000} kHz, half as loud": lambda wave, rate: resampled(np.float32(0.5) * wave, rate, RATE),
    "with noise 30 dB below": lambda wave, rate: (
        wave + 10**-1.5 * wave.std() * np.random.default_rng(0).normal(size=wave.shape).astype(np.float32),
        rate,
    ),
}


COMMANDS: dict[str, Callable[[], None]] = {"ranking": ranking, "hashes": hashes, "sounds": sounds}


@dataclass(frozen=True, slots=True)
class Detection:
    """One run: whether the check fired, and which share of the planted samples (of 50, at most) it named: a ranking does without firing."""

    check: str
    rate: float
    seed: int
    fired: bool
    named: float


def power(samples: int, seeds: int, out: Path, only: Sequence[str]) -> None:
    """Print, write and draw per fault and rate how often its check fires and which share of the planted samples it names."""
    found = [one for seed in range(seeds) for one in detections(samples, seed, only)]
    out.mkdir(parents=True, exist_ok=True)
    with (out / "power.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["check", "rate", "seed", "fired", "named"])
        writer.writerows([one.check, one.rate, one.seed, one.fired, f"{one.named:.3f}"] for one in found)
    print(
        f"{samples:,} samples, {seeds} seeds: share of runs in which the check fired / of the planted samples it named"
    )
    print(f"{'check':<27}" + "".join(f"{rate:>12.1%}" for rate in RATES))
    curves = {}
    for check in only:
        runs = [[one for one in found if (one.check, one.rate) == (check, rate)] for rate in RATES]
        fired, named = (
            [float(np.mean([getattr(one, what) for one in at])) for at in runs] for what in ("fired", "named")
        )
        curves[check] = fired, named
        print(f"{check:<27}" + "".join(f"{a:>5.2f} / {b:.2f}" for a, b in zip(fired, named, strict=True)))
    (out / "power.svg").write_text(plot(curves), encoding="utf-8")
    print(f"Open {out / 'power.svg'}; the runs are in {out / 'power.csv'}.")


def detections(samples: int, seed: int, only: Sequence[str]) -> Iterator[Detection]:
    """One run per fault and rate. Pictures and texts are embedded once for all of them."""
    import pandas as pd

    encode = FrozenFeatures()
    tools = Tools(
        lambda splits: embedded_pairs(splits, {name: range(len(one)) for name, one in splits.items()}, encode=encode),
        normal_tail,
        chi_square_tail,
        holm,
    )
    clean = {make: make(samples, seed) for make in {FAULTS[check].make for check in only}}
    for check, fault in ((check, FAULTS[check]) for check in only):
        for rate in RATES:
            rows = [dict(row) for row in clean[fault.make]]
            draw = np.random.default_rng([seed, round(1e6 * rate)])
            count = max(2, round(rate * samples))
            wrong = sorted((samples // 2 + draw.choice(samples // 2, count, replace=False)).tolist())
            fault.plant(rows, wrong)
            for number, row in enumerate(rows if fault.halves else ()):
                row["split"] = "train" if number < samples // 2 else "test"
            data = mmbench.load_dataset(pd.DataFrame(rows), progress=False)
            result = run_checks(data, checks=[one for one in all_checks() if one.key == check], tools=tools).results[0]
            fired = result.status in ("warn", "fail")
            yield Detection(check, rate, seed, fired, named(rows, wrong, result))


def named(rows: Rows, wrong: Sequence[int], result: Result) -> float:
    """The share of the planted samples that a result found; of 50 at most where it only ranks."""
    planted = {str(rows[index]["id"]) for index in wrong}
    if result.places:
        return len(planted & {place.partition("/")[2] for place in result.places}) / len(planted)
    return len(planted & set(result.ids)) / min(len(planted), 50)


def plot(curves: dict[str, tuple[list[float], list[float]]]) -> str:
    """The curves as one SVG, a panel per check, the rate on a logarithmic axis; dashed: the share of planted samples that is named."""
    panels = []
    for number, (check, pair) in enumerate(curves.items()):
        x0, y0 = 40 + number % 4 * 225, 60 + number // 4 * 190
        panels.append(
            f'<text x="{x0}" y="{y0 - 8}" font-weight="bold">{check}</text>'
            f'<rect x="{x0}" y="{y0}" width="180" height="130" fill="none" stroke="#bbb"/>'
            f'<text x="{x0 - 6}" y="{y0 + 8}" text-anchor="end">1</text><text x="{x0 - 6}" y="{y0 + 130}" text-anchor="end">0</text>'
        )
        span = np.log(RATES[-1] / RATES[0])
        xs = [x0 + 180 * float(np.log(rate / RATES[0])) / span for rate in RATES]
        for x, rate in zip(xs, RATES, strict=True):
            panels.append(f'<text x="{x:.0f}" y="{y0 + 143}" text-anchor="middle" font-size="9">{100 * rate:g}</text>')
        for values, style in zip(pair, ('stroke="#0a5"', 'stroke="#06c" stroke-dasharray="4 3"'), strict=True):
            points = " ".join(f"{x:.0f},{y0 + 130 * (1 - value):.0f}" for x, value in zip(xs, values, strict=True))
            panels.append(f'<polyline points="{points}" fill="none" stroke-width="2" {style}/>')
    height = 70 + (len(curves) + 3) // 4 * 190
    title = "Share of runs in which a planted fault is reported (solid) and of planted samples that are named (dashed), by fault rate in %"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="940" height="{height}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/><text x="20" y="22" font-size="13">{title}</text>{"".join(panels)}</svg>'
    )


if __name__ == "__main__":
    main()
