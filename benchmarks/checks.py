"""What a full check of image-text pairs costs, and how small a fault it finds.

    python benchmarks/checks.py cost --pairs 10000          seconds and peak memory, cleanvision on the same pictures where it is installed
    python benchmarks/checks.py power --out checks-power    detection by fault and rate, as a table, CSV and a plot (SVG)

The pictures are made on the spot: soft random colours with a coloured shape, 500 x 375 JPEG, and a caption that names shape and colour.
"""

import argparse
import csv
import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import mmbench
from mmbench.loaders.dataset import PairedDataset

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 70, 220),
    "yellow": (230, 210, 50),
    "black": (20, 20, 20),
}
SHAPES = ("circle", "square", "bar")
PLACES = ("left", "right", "top", "bottom")
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2)
Rows = list[tuple[str, str]]  # file name and caption
Plant = Callable[[Path, Rows, list[int]], Rows]


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "power"])
    parser.add_argument("--pairs", type=int, default=0, help="10,000 for cost and 1,000 for power by default")
    parser.add_argument("--seeds", type=int, default=3, help="of power")
    parser.add_argument("--out", type=Path, default=Path("checks-power"), help="where power writes")
    args = parser.parse_args()
    if args.what == "cost":
        cost(args.pairs or 10_000)
    else:
        power(args.pairs or 1000, args.seeds, args.out)


def cost(pairs: int) -> None:
    """Print seconds and memory of a full check, beside cleanvision's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = make(folder, pairs, (500, 375), 0)
        write(folder, rows)
        size = sum(path.stat().st_size for path in folder.glob("*.jpg"))
        data = mmbench.load_dataset(str(folder), progress=False)
        began = time.perf_counter()
        report = mmbench.check(data)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
        print(
            f"{pairs:,} pairs, {size / 1e6:,.0f} MB of JPEG: {len(report.results)} checks in {seconds:.1f} s, peak {peak:,.0f} MB"
        )
        began = time.perf_counter()
        for sample in next(iter(data.values())):
            mmbench.media.decode_image(sample.image, sample.id)
        print(f"floor: reading, hashing and decoding alone, one process: {time.perf_counter() - began:.1f} s")
        cleanvision(folder, pairs)


def cleanvision(folder: Path, pairs: int) -> None:
    """The peer on the same pictures, all of its checks, one process as ours."""
    try:
        from cleanvision import Imagelab
    except ImportError:
        print("cleanvision is not installed (pip install cleanvision)")
        return
    began = time.perf_counter()
    lab = Imagelab(data_path=str(folder))
    lab.find_issues(n_jobs=2, verbose=False)
    print(f"cleanvision, two processes: {time.perf_counter() - began:.1f} s for {pairs:,} pictures")


def power(pairs: int, seeds: int, out: Path) -> None:
    """Print and write per fault and rate how often its check fires and which share of the planted samples it names."""
    found = [row for seed in range(seeds) for row in detections(pairs, seed)]
    out.mkdir(parents=True, exist_ok=True)
    with (out / "power.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["check", "rate", "seed", "fired", "named"])
        writer.writerows(found)
    checks = sorted({row[0] for row in found})
    print(f"{'check':<28}" + "".join(f"{rate:>9.1%}" for rate in RATES) + "   share of runs in which it fired")
    curves = {}
    for check in checks:
        curves[check] = [
            float(np.mean([fired for name, at, _, fired, _ in found if (name, at) == (check, rate)])) for rate in RATES
        ]
        print(f"{check:<28}" + "".join(f"{value:>9.2f}" for value in curves[check]))
    (out / "power.svg").write_text(plot(curves), encoding="utf-8")
    print(f"Open {out / 'power.svg'}; the runs are in {out / 'power.csv'}.")


def detections(pairs: int, seed: int) -> Iterator[tuple[str, float, int, bool, float]]:
    """One run per fault and rate."""
    with tempfile.TemporaryDirectory() as name:
        clean = Path(name) / "clean"
        rows = make(clean, pairs, (96, 72), seed)
        for check, plant in PLANTS.items():
            for rate in RATES:
                draw = np.random.default_rng([seed, round(1e6 * rate)])
                wrong = sorted(draw.choice(pairs, max(2, round(rate * pairs)), replace=False).tolist())
                folder = Path(name) / f"{check}-{rate}"
                folder.mkdir()
                for file, _ in rows:
                    (folder / file).hardlink_to(clean / file)
                write(folder, plant(folder, list(rows), wrong))
                data: dict[str, PairedDataset] = mmbench.load_dataset(str(folder), progress=False)
                report = mmbench.check(data, progress=False)
                result = next(one for one in report.results if one.check == check)
                fired = result.status in ("warn", "fail")
                planted = {rows[index][0] for index in wrong}
                hit = {key for key in result.ids if any(key in file or file in key for file in planted)}
                yield check, rate, seed, fired, len(hit) / min(len(planted), 50) if fired else 0.0


def make(folder: Path, pairs: int, size: tuple[int, int], seed: int) -> Rows:
    """Pictures of a coloured shape on soft noise, and their captions."""
    from PIL import Image, ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(pairs):
        noise = draw.integers(90, 200, (5, 6, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
        colour, shape, place = (str(draw.choice(list(words))) for words in (COLOURS, SHAPES, PLACES))
        x, y = {"left": (0.2, 0.5), "right": (0.8, 0.5), "top": (0.5, 0.2), "bottom": (0.5, 0.8)}[place]
        radius = 0.16 * size[1]
        box = [x * size[0] - radius, y * size[1] - radius, x * size[0] + radius, y * size[1] + radius]
        pen = ImageDraw.Draw(image)
        if shape == "circle":
            pen.ellipse(box, fill=COLOURS[colour])
        else:
            squeeze = 0.7 * radius if shape == "bar" else 0
            pen.rectangle([box[0], box[1] + squeeze, box[2], box[3] - squeeze], fill=COLOURS[colour])
        image.save(folder / f"{number:06}.jpg", "JPEG", quality=85)
        rows.append((f"{number:06}.jpg", f"a {colour} {shape} at the {place}, picture {number}"))
    return rows


def write(folder: Path, rows: Rows) -> None:
    """The layout of a folder with a table of captions."""
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file_name", "text"])
        writer.writerows(rows)


def _swap(_folder: Path, rows: Rows, wrong: list[int]) -> Rows:
    texts = [rows[index][1] for index in wrong]
    for index, text in zip(wrong, texts[1:] + texts[:1], strict=True):
        rows[index] = rows[index][0], text
    return rows


def _shift(_folder: Path, rows: Rows, wrong: list[int]) -> Rows:
    """A run as long as the faults are many, moved by one."""
    run = slice(len(rows) // 3, len(rows) // 3 + len(wrong))
    texts = [text for _, text in rows[run]]
    rows[run] = [(file, text) for (file, _), text in zip(rows[run], texts[1:] + texts[:1], strict=True)]
    return rows


def _cut(folder: Path, rows: Rows, wrong: list[int]) -> Rows:
    for index in wrong:
        path = folder / rows[index][0]
        data = path.read_bytes()
        path.unlink()  # it is a link to the clean one
        path.write_bytes(data[: len(data) // 2])
    return rows


def _again(folder: Path, rows: Rows, wrong: list[int]) -> Rows:
    from PIL import Image

    for index in wrong:
        path = folder / rows[index][0]
        path.unlink()
        other = rows[(index + 1) % len(rows)][0]
        with Image.open(folder / other) as image:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=40)
        path.write_bytes(buffer.getvalue())
    return rows


def _text(change: Callable[[str], str]) -> Plant:
    def plant(_folder: Path, rows: Rows, wrong: list[int]) -> Rows:
        for index in wrong:
            rows[index] = rows[index][0], change(rows[index][1])
        return rows

    return plant


PLANTS: dict[str, Plant] = {
    "media-decodes": _cut,
    "near-copies": _again,
    "text-encoding": _text(lambda text: f"{text} cafÃ©"),
    "text-script": _text(lambda _: "красная машина на улице"),
    "generic-text": _text(lambda _: "an image"),
    "mismatched-pairs": _swap,
    "pairing-by-stratum": _shift,
    "shifted-pairs": _shift,
}


def plot(curves: dict[str, list[float]]) -> str:
    """The curves as one SVG, a panel per check, the rate on a logarithmic axis."""
    panel, panels = 150, []
    for number, (check, values) in enumerate(curves.items()):
        x0, y0 = 20 + number % 4 * 220, 40 + number // 4 * 200
        xs = [x0 + 190 * (np.log(rate / RATES[0]) / np.log(RATES[-1] / RATES[0])) for rate in RATES]
        points = " ".join(f"{x:.0f},{y0 + panel * (1 - value):.0f}" for x, value in zip(xs, values, strict=True))
        panels.append(
            f'<text x="{x0}" y="{y0 - 8}" font-weight="bold">{check}</text>'
            f'<rect x="{x0}" y="{y0}" width="190" height="{panel}" fill="none" stroke="#bbb"/>'
            f'<polyline points="{points}" fill="none" stroke="#0a5" stroke-width="2"/>'
            f'<text x="{x0}" y="{y0 + panel + 14}">{RATES[0]:.1%}</text><text x="{x0 + 165}" y="{y0 + panel + 14}">{RATES[-1]:.0%}</text>'
        )
    height = 60 + (len(curves) + 3) // 4 * 200
    title = "Share of runs in which a planted fault is reported, by the share of samples that it touches"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{height}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/><text x="20" y="18" font-size="13">{title}</text>{"".join(panels)}</svg>'
    )


if __name__ == "__main__":
    main()
