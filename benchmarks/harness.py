"""What the harness costs beside a bare loop, whether its memory stays flat, and what decoding ahead is worth.

    python benchmarks/harness.py [--rounds 5] [--samples 512] [--skip-memory]

Overhead: the same model object is asked for the same batches of the same items, by a bare loop that keeps the results in a list and by
``mmbench.engines.local.execute``, which stores every batch, synced, before it asks for the next. Both in one process, in turn; medians.
Models are small torch networks on the CPU (one thread), and one that does nothing, for the absolute cost. Memory: the most that a
process of its own held after 10,000 and after 100,000 samples. Decoding ahead: a model that sleeps as long as a GPU would work, which
leaves the CPU free as a GPU does. CPU seconds are those of the process; they stand beside the wall's, which a busy machine moves.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmbench.engines.local import Settings, execute
from mmbench.engines.measures import peak_memory_mb
from mmbench.engines.reading import THREADS
from mmbench.media import decode_image
from mmbench.models import LoadedModel
from mmbench.models.base import ALL_MODALITIES, ModelCard
from mmbench.runs.store import Store
from mmbench.samples import MediaPart, Message, Modality, Request, Response, Sample, TextPart, Usage, media_part
from mmbench.tasks.base import Lazy, Phase, Plan, Scored, Stage

BATCH = 32
WIDTH = 256
SIDE = 128  # pixels that the picture model sees
SLEEP = 0.1  # seconds per batch of the model that stands for a GPU


def main() -> None:
    """Run everything and print one table per question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--skip-memory", action="store_true")
    parser.add_argument("--memory", nargs=2, metavar=("ASK", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory is not None:
        measure_memory(options.memory[0], int(options.memory[1]))
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    measure_overhead(options.samples, options.rounds)
    measure_decoding(options.samples, options.rounds)
    if not options.skip_memory:
        compare_memory()


def measure_overhead(n: int, rounds: int) -> None:
    """The harness against a bare loop, per kind of question and model."""
    pictures = [picture(number) for number in range(64)]
    cases: dict[str, tuple[Any, Stage]] = {
        "embed texts, null model": (Null(), texts(16 * n)),
        "embed texts, torch": (Texts(), texts(n)),
        "embed pictures, torch": (Pictures(), images(n, pictures)),
        "generate, null model": (Null(), questions(16 * n)),
        "generate, torch": (Texts(), questions(n)),
        "stream, null model": (NullStream(), questions(2 * n)),
    }
    print(f"\noverhead, batches of {BATCH}, median of {rounds} rounds")
    print(f"{'':28}{'bare us/sample':>16}{'harness':>12}{'added':>12}{'ratio':>9}{'added CPU us':>15}{'CPU ratio':>12}")
    for title, (model, stage) in cases.items():
        times = race({"bare": partial(bare, model, stage), "harness": partial(harness, model, stage)}, rounds)
        wall, cpu = ({name: [pair[i] for pair in found] for name, found in times.items()} for i in (0, 1))
        line = f"{title:28}"
        for kind, widths in ((wall, (16, 12, 12, 9)), (cpu, (0, 0, 15, 12))):
            bare_us, ours_us = (statistics.median(kind[name]) / len(stage.ids) * 1e6 for name in ("bare", "harness"))
            ratio = statistics.median(ours / base for ours, base in zip(kind["harness"], kind["bare"], strict=True))
            values = (bare_us, ours_us, ours_us - bare_us, ratio)
            line += "".join(
                f"{value:{width}.{3 if place == 3 else 1}f}"
                for place, (value, width) in enumerate(zip(values, widths, strict=True))
                if width
            )
        print(line)


def measure_decoding(n: int, rounds: int) -> None:
    """Pictures per second with a model that sleeps, decoding ahead and not."""
    stage = images(n, [picture(number, 500, 375) for number in range(64)])
    model = Sleeps()
    times = race(
        {f"{threads} threads": partial(harness, model, stage, threads=threads) for threads in (0, 1, 2)}, rounds
    )
    print(f"\n500 x 375 JPEGs through a model that takes {SLEEP * 1000:.0f} ms of no CPU per batch of {BATCH}")
    for name, found in times.items():
        ratio = statistics.median(base / ours for (base, _), (ours, _) in zip(times["0 threads"], found, strict=True))
        print(f"{name:12}{n / statistics.median(wall for wall, _ in found):10.0f} pictures/s{ratio:8.2f} x")


def compare_memory() -> None:
    """The peak of a process after 10,000 and after 100,000 samples."""
    print("\npeak memory of asking and storing (MB)")
    for ask in ("embed", "generate"):
        peaks = []
        for n in (10_000, 100_000):
            command = [sys.executable, __file__, "--memory", ask, str(n)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
            peak, seconds = done.stdout.split()
            peaks.append(float(peak))
            print(f"{ask:10}{n:10,} samples{peaks[-1]:10.1f} MB{float(seconds):8.1f} s")
        print(f"{'':10}{'':10} growth {peaks[1] - peaks[0]:10.1f} MB")


def measure_memory(ask: str, n: int) -> None:
    """Ask ``n`` items in this process and print its peak."""
    stage = texts(n) if ask == "embed" else questions(n)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        harness(Null(), stage, Path(folder))
    print(peak_memory_mb(), time.perf_counter() - began)


def race(ways: dict[str, Callable[[Path], None]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds of every way, on the wall and of CPU, in turn, after one round that does not count."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter(), time.process_time()
                way(Path(folder))
                if number:
                    times[name].append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return times


def bare(model: Any, stage: Stage, _: Path) -> None:
    """What somebody would write who needs no resume, no errors by sample and no record."""
    kept: list[Any] = []
    if hasattr(model, "stream"):
        kept += model.stream(stage.items)
        return
    for start in range(0, len(stage.ids), BATCH):
        items: list[Any] = list(stage.items[start : start + BATCH])
        if stage.ask == "generate":
            kept += model.generate(items)
        else:
            kept.append(model.embed(items, modalities=stage.modalities))
    if stage.ask == "embed":
        np.concatenate(kept)


def harness(model: Any, stage: Stage, folder: Path, threads: int = THREADS) -> None:
    """The same through the engine."""
    card = ModelCard("bench", "1", ALL_MODALITIES)
    plan = Plan((Phase("all", (stage,), lambda: ([], [])),), no_score, 0, {}, {})
    settings = Settings(BATCH, progress=False, threads=threads)
    execute(LoadedModel(model, card, None, {}, "1"), plan, Store(folder / "outputs"), settings, "bench")


def no_score(_: Any) -> Scored:
    """Nobody asks for it."""
    raise NotImplementedError


class Null:
    """Does nothing."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        """Zeros."""
        return np.zeros((len(samples), 64), dtype=np.float32)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The same word."""
        return [Response(request.sample_id, "yes") for request in requests]


class NullStream(Null):
    """Does nothing, one by one."""

    def stream(self, requests: Any) -> Any:
        """The same word."""
        for request in requests:
            yield Response(request.sample_id, "yes", usage=Usage(10, 1, 0.001, 0.01, 1))


class Texts(Null):
    """A small transformer over bytes."""

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)
        layer = torch.nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True)
        self.embedding = torch.nn.Embedding(256, WIDTH)
        self.encoder = torch.nn.TransformerEncoder(layer, 4, enable_nested_tensor=False).eval()
        self.torch = torch

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        """The mean of the last layer."""
        return self._forward([sample.text for sample in samples]).numpy()

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """Four forward passes, as four tokens would take without a cache."""
        for _ in range(4):
            hidden = self._forward([request.text for request in requests])
        return [
            Response(request.sample_id, str(int(row.argmax()))) for request, row in zip(requests, hidden, strict=True)
        ]

    def _forward(self, words: Sequence[str]) -> Any:
        rows = [list(text.encode()[:24].ljust(24)) for text in words]
        with self.torch.inference_mode():
            return self.encoder(self.embedding(self.torch.tensor(rows))).mean(1)


class Pictures(Null):
    """A small convolutional network over decoded pictures."""

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        channels = [3, 32, 64, 128]
        layers: list[Any] = []
        for number in range(3):
            layers += [torch.nn.Conv2d(channels[number], channels[number + 1], 5, stride=2), torch.nn.ReLU()]
        self.network = torch.nn.Sequential(*layers).eval()
        self.torch = torch

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        """The mean over places."""
        pixels = np.stack([np.asarray(decode_image(one.image, one.id).resize((SIDE, SIDE))) for one in samples])
        with self.torch.inference_mode():
            return self.network(self.torch.from_numpy(pixels).permute(0, 3, 1, 2).float()).mean((2, 3)).numpy()


class Sleeps(Null):
    """Decodes, and then takes as long as a GPU would."""

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        """Zeros, later."""
        for sample in samples:
            decode_image(sample.image, sample.id)
        time.sleep(SLEEP)
        return super().embed(samples)


def texts(n: int) -> Stage:
    """Texts that are made when they are asked for."""
    ids = [f"sample-{number}" for number in range(n)]
    items = Lazy(n, lambda i: Sample(ids[i], (TextPart(f"a caption of picture number {i}"),)))
    return Stage("texts", "embed", ids, items, frozenset({Modality.TEXT}))


def questions(n: int) -> Stage:
    """Requests that are made when they are asked for."""
    ids = [f"sample-{number}" for number in range(n)]
    items = Lazy(n, lambda i: Request(ids[i], (Message("user", (TextPart(f"what is on picture number {i}?"),)),)))
    return Stage("answers", "generate", ids, items, frozenset({Modality.TEXT}))


def images(n: int, pictures: Sequence[MediaPart]) -> Stage:
    """Pictures, undecoded."""
    ids = [f"sample-{number}" for number in range(n)]
    items = Lazy(n, lambda i: Sample(ids[i], (pictures[i % len(pictures)],)))
    return Stage("pictures", "embed", ids, items, frozenset({Modality.IMAGE}))


def picture(seed: int, width: int = 256, height: int = 192) -> MediaPart:
    """A JPEG of smoothed noise."""
    from PIL import Image

    blocks = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return media_part(Modality.IMAGE, "image/jpeg", buffer.getvalue())


if __name__ == "__main__":
    main()
