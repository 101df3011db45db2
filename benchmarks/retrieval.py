"""What cross-modal retrieval costs above the matrix product that it cannot do without, beside other ways to do it.

All methods take turns in one process with a bare blockwise float32 product, so that they see the same machine; printed are
medians of their ratios to it. Memory is the peak above the inputs, each in a process of its own (Linux). A method whose
package isn't installed, or that needs a score matrix where that would be too large, is left out by name.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmbench.metrics.functional import cross_modal_retrieval

Matrix = NDArray[np.float32]
Method = Callable[[Matrix, Matrix], object]
DENSE = 5000  # pictures up to which a whole score matrix is made


def main() -> None:
    """Parse the command line, run, print one row per method and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 5000], help="gallery sizes (25000 takes long)")
    parser.add_argument("--captions", type=int, default=5, help="captions per image")
    parser.add_argument("--dim", type=int, default=512, help="embedding width")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--noise", type=float, default=5.0, help="distance of a caption from its image, in image norms")
    parser.add_argument("--only", nargs="+", default=[], help="names of methods, or parts of them")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_of:
        images, captions = make(args.images[0], args.captions, args.dim, args.noise)
        method = methods(args.images[0])[args.memory_of]
        method(images[:64], captions[: 64 * args.captions])  # what is loaded once is not counted
        print(json.dumps(extra_megabytes(lambda: method(images, captions))))
        return
    for line in rows(args.images, args.captions, args.dim, args.rounds, args.noise, args.only):
        print(line, flush=True)


def rows(
    sizes: list[int],
    captions: int = 5,
    dim: int = 512,
    rounds: int = 5,
    noise: float = 5.0,
    only: list[str] | None = None,
) -> Iterator[str]:
    """The lines of the table."""
    yield f"{'images x captions x dim':<24} {'method':<52} {'seconds':>8} {'x product':>9} {'extra MB':>8}"
    for n in sizes:
        images, texts = make(n, captions, dim, noise)
        chosen = {
            name: run
            for name, run in methods(n).items()
            if not only or name == PRODUCT or any(part in name for part in only)
        }
        times: dict[str, list[float]] = {name: [] for name in chosen}
        for _ in range(rounds):
            for name, run in chosen.items():
                times[name].append(seconds(partial(run, images, texts)))
        for name, found in times.items():
            ratio = statistics.median(own / bare for own, bare in zip(found, times[PRODUCT], strict=True))
            extra = memory(name, n, captions, dim)
            size = f"{n} x {n * captions} x {dim}"
            yield f"{size:<24} {name:<52} {statistics.median(found):8.3f} {ratio:9.2f} {extra:8.0f}"
        flops = 2e-9 * n * len(texts) * dim / statistics.median(times[PRODUCT])
        yield f"{'':<24} floor: {2e-9 * n * len(texts) * dim:.0f} GFLOP of products, here at {flops:.0f} GFLOP/s"


PRODUCT = "product alone (the floor)"


def methods(n: int) -> dict[str, Method]:
    """What is compared, by name; all but the last three give both directions."""
    found: dict[str, Method] = {
        PRODUCT: product,
        "mmbench: hits and ranks": lambda x, y: ours(x, y, ("hit", "rank")),
        'mmbench: outputs="all"': lambda x, y: ours(x, y, "all"),
        "torch.topk in blocks, two products: R@K only": topk,
    }
    try:
        import faiss  # noqa: F401

        found["faiss IndexFlatIP, k=10: R@K only"] = faiss_search
    except ImportError:
        pass
    if n <= DENSE:
        try:
            import clip_benchmark.metrics.zeroshot_retrieval  # noqa: F401

            found["CLIP_benchmark recall_at_k, K=1,5,10: R@K only"] = clip_benchmark_recall
        except ImportError:
            pass
    if n <= DENSE // 5:
        found["torchmetrics RetrievalHitRate: one K, one direction"] = torchmetrics_hits
    return found


def make(n: int, captions: int, dim: int, noise: float) -> tuple[Matrix, Matrix]:
    """Images, and captions scattered about them, in order; nothing is normalised."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((n, dim), dtype=np.float32)
    texts = np.repeat(images, captions, axis=0)
    texts += np.float32(noise) * rng.standard_normal(texts.shape, dtype=np.float32)
    return images, texts


def product(images: Matrix, texts: Matrix, height: int = 1024) -> None:
    """The floor: every score once, in blocks of the best size, none looked at."""
    out = np.empty((height, len(images)), dtype=np.float32)
    for start in range(0, len(texts), height):
        block = texts[start : start + height]
        np.matmul(block, images.T, out=out[: len(block)])


def owners(images: Matrix, texts: Matrix) -> NDArray[np.int64]:
    """The image of each caption."""
    return np.arange(len(texts)) // (len(texts) // len(images))


def ours(images: Matrix, texts: Matrix, outputs: str | tuple[str, ...]) -> object:
    """mmbench, from embeddings of any length."""
    return cross_modal_retrieval(texts, images, owners(images, texts), both_directions=True, outputs=outputs)


def unit(x: Matrix) -> Matrix:
    """What the others need beforehand, which is part of their time."""
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def topk(images: Matrix, texts: Matrix) -> object:
    """The ten best of each side, by two products in blocks."""
    import torch

    x, y = torch.from_numpy(unit(images)), torch.from_numpy(unit(texts))
    forward = torch.cat([torch.topk(y[i : i + 1024] @ x.T, 10).indices for i in range(0, len(y), 1024)])
    backward = torch.cat([torch.topk(x[i : i + 256] @ y.T, 10).indices for i in range(0, len(x), 256)])
    return forward, backward


def faiss_search(images: Matrix, texts: Matrix) -> object:
    """The ten best of each side, by faiss."""
    import faiss

    found = []
    for queries, gallery in ((unit(texts), unit(images)), (unit(images), unit(texts))):
        index = faiss.IndexFlatIP(gallery.shape[1])
        index.add(gallery)
        found.append(index.search(queries, 10)[1])
    return found


def clip_benchmark_recall(images: Matrix, texts: Matrix) -> object:
    """As its ``evaluate`` does after encoding, with its batch size of 64."""
    import torch
    from clip_benchmark.metrics.zeroshot_retrieval import batchify, recall_at_k

    scores = torch.from_numpy(unit(texts)) @ torch.from_numpy(unit(images)).T
    right = torch.zeros(scores.shape, dtype=torch.bool)
    right[torch.arange(len(scores)), torch.from_numpy(owners(images, texts))] = True
    return [
        (batchify(recall_at_k, a, b, 64, "cpu", k=k) > 0).float().mean().item()
        for k in (1, 5, 10)
        for a, b in ((scores, right), (scores.T, right.T))
    ]


def torchmetrics_hits(images: Matrix, texts: Matrix) -> object:
    """A flat list of all pairs, as its interface wants it."""
    import torch
    from torchmetrics.retrieval import RetrievalHitRate

    scores = torch.from_numpy(unit(texts)) @ torch.from_numpy(unit(images)).T
    right = torch.zeros(scores.shape, dtype=torch.bool)
    right[torch.arange(len(scores)), torch.from_numpy(owners(images, texts))] = True
    metric = RetrievalHitRate(top_k=10)
    metric.update(scores.flatten() + 2, right.flatten(), torch.arange(len(texts)).repeat_interleave(len(images)))
    return metric.compute()


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def memory(name: str, n: int, captions: int, dim: int) -> float:
    """Peak megabytes above the inputs, in a fresh process."""
    command = [sys.executable, __file__, "--images", str(n), "--captions", str(captions), "--dim", str(dim)]
    run = subprocess.run([*command, "--memory-of", name], check=True, capture_output=True, text=True)  # noqa: S603
    return float(json.loads(run.stdout))


def extra_megabytes(run: Callable[[], object]) -> float:
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
