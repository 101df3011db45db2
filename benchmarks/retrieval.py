"""How much cross-modal retrieval costs above the matrix product that it cannot do without.

Runs in one process: a bare blockwise float32 product and ``cross_modal_retrieval`` (both directions, hits and ranks)
take turns, so that both see the same machine. Printed are medians, their ratio, and the peak memory above the inputs.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.functional import cross_modal_retrieval

Matrix = NDArray[np.float32]
HEAD = "images x captions x dim     product s   ours s   ratio   extra MB   GFLOP/s of the product"


def main() -> None:
    """Parse the command line, run, print one row per size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 5000], help="gallery sizes")
    parser.add_argument("--captions", type=int, default=5, help="captions per image")
    parser.add_argument("--dim", type=int, default=512, help="embedding width")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--noise", type=float, default=5.0, help="distance of a caption from its image, in image norms")
    args = parser.parse_args()
    print(HEAD)
    for n in args.images:
        images, captions, positives = make(n, args.captions, args.dim, args.noise)
        bare, ours, extra = race(images, captions, positives, args.rounds)
        flops = 2e-9 * n * len(captions) * args.dim / bare
        size = f"{n} x {len(captions)} x {args.dim}"
        print(f"{size:<26} {bare:10.3f} {ours:8.3f} {ours / bare:7.2f} {extra:10.0f} {flops:8.0f}")


def make(n: int, captions: int, dim: int, noise: float) -> tuple[Matrix, Matrix, list[list[int]]]:
    """Images, captions scattered about them, and the image of each caption; nothing is normalised."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((n, dim), dtype=np.float32)
    texts = np.repeat(images, captions, axis=0)
    texts += np.float32(noise) * rng.standard_normal(texts.shape, dtype=np.float32)
    return images, texts, [[i // captions] for i in range(len(texts))]


def race(images: Matrix, captions: Matrix, positives: list[list[int]], rounds: int) -> tuple[float, float, float]:
    """Median seconds of the product and of ours, and the peak of resident megabytes that ours adds."""
    extra = extra_megabytes(lambda: score(images, captions, positives))
    times = [
        (seconds(lambda: product(images, captions)), seconds(lambda: score(images, captions, positives)))
        for _ in range(rounds)
    ]
    return statistics.median(bare for bare, _ in times), statistics.median(ours for _, ours in times), extra


def product(images: Matrix, captions: Matrix, rows: int = 1024) -> None:
    """The floor: every score once, in blocks of the best size, none looked at."""
    out = np.empty((rows, len(images)), dtype=np.float32)
    for start in range(0, len(captions), rows):
        block = captions[start : start + rows]
        np.matmul(block, images.T, out=out[: len(block)])


def score(images: Matrix, captions: Matrix, positives: list[list[int]]) -> None:
    """What is measured."""
    cross_modal_retrieval(captions, images, positives, both_directions=True)


def seconds(run: Callable[[], None]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def extra_megabytes(run: Callable[[], None]) -> float:
    """How far resident memory rises during a call, looked at every millisecond (Linux)."""
    before = peak = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.001):
            peak = max(peak, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return peak - before


def resident() -> float:
    """Resident memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
