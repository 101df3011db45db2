"""What a comparison of fusion methods takes, phase by phase and beside its floor, and whether a planted ranking comes out.

    python benchmarks/fusion.py default     all methods on easy-vqa.open and fusion-xor.class, from cached features (extra demo)
    python benchmarks/fusion.py mosi        files in CMU-MOSI's exact layout, aligned and unaligned, with a planted product
    python benchmarks/fusion.py overhead    seconds per update of each method beside a bare loop over the same network

`--trials 2 --seeds 2 --updates 200` makes a quick round. The *floor* of a method is the time that its updates would take if they were
matrix products only: FLOPs of a pass per row (counted), three times for forward and backward, times rows per update, times all updates
that were made, divided by what one thread reaches on a product of a batch with the method's first layer. Nothing is left behind but with
`--out`, where runs, pages and features stay and a second round goes on.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

import mmbench.loaders
from mmbench.engines.features import FOLDER, Cache
from mmbench.fusion.comparison import FusionComparison, compare_fusion
from mmbench.fusion.crew import Crew, default_workers
from mmbench.fusion.data.reading import FusionData, fusion_data
from mmbench.fusion.entries import ALONE, configured, method
from mmbench.fusion.network import network
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.search import Config
from mmbench.fusion.study import STUDIES
from mmbench.fusion.training import Rows, Scale, rows_of, train
from mmbench.tasks import get_task

ROUNDS = 5
SPEED_SECONDS = 0.2  # of matrix products, to know what one thread reaches


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["default", "mosi", "overhead"])
    parser.add_argument("--tasks", nargs="+", default=["easy-vqa.open", "fusion-xor.class"], help="of default")
    parser.add_argument("--methods", default="all")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=2_000, help="at most per training; of overhead exactly (300)")
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument(
        "--rows", type=float, default=1.0, help="the share of CMU-MOSI's 1,284 / 229 / 686 clips, of mosi"
    )
    parser.add_argument("--out", type=Path, help="where runs go; a folder that is removed by default")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.out or Path(name)
        settings = {name: getattr(args, name) for name in ("methods", "trials", "seeds", "updates", "workers")}
        if args.what == "default":
            for task in args.tasks:
                compare(task, folder, settings)
        elif args.what == "mosi":
            os.environ["MMBENCH_CACHE"] = str(Path(name) / "cache")
            for aligned in (True, False):
                mosi(folder, Path(name), settings, args.rows, aligned=aligned)
        else:
            overhead(folder, args.methods, min(args.updates, 300))


@dataclass
class Clock:
    """Seconds per phase, in the order in which they came."""

    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        """Time what is inside."""
        began = time.perf_counter()
        yield
        self.phases[phase] = self.phases.get(phase, 0.0) + time.perf_counter() - began

    def timed(self, put: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """A crew's ``put``, timed under the first word of its title: search, seeds, test."""

        def jobs(*given: Any, title: str, **options: Any) -> Iterator[Any]:
            with self(title.split()[0]):
                yield from put(*given, title=title, **options)

        return jobs


def compare(task: str, folder: Path, settings: Mapping[str, Any]) -> FusionComparison:
    """A comparison, with its phases timed from outside; prints them, the seconds per method and the table."""
    clock = Clock()
    with clock("features"):
        data = fusion_data(get_task(task), folder=folder / STUDIES / "features", cache=Cache(folder / FOLDER))
    began = time.perf_counter()
    with patch.object(Crew, "put", clock.timed(Crew.put)):
        found = compare_fusion(task, output_dir=folder, **settings)
    whole = time.perf_counter() - began
    clock.phases["scoring, page"] = whole - sum(clock.phases[name] for name in ("search", "seeds", "test"))
    print(f"\n{found.title}, {settings['workers']} processes")
    print(
        "  ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.phases.items()),
        f" from features on {whole:.1f} s",
    )
    print_methods(found, folder, data)
    print(found.to_markdown())
    return found


def print_methods(found: FusionComparison, folder: Path, data: FusionData) -> None:
    """Per trained row the seconds of all its trainings, the updates, and the floor of these."""
    batch = found.results["protocol"]["batch_size"]
    taken = trainings(folder, data)
    print(f"{'':22}{'trainings':>10}{'updates':>10}{'seconds':>10}{'floor':>10}{'ratio':>8}{'us/update':>11}")
    total = np.zeros(2)
    for row in found.results["rows"]:
        if row["name"] not in taken or row["cost"] is None:
            continue
        number, updates, seconds = taken[row["name"]]
        speed = products_per_second(batch, sum(_dims(row["name"], data)), row["width"])
        floor = 3 * row["cost"]["flops"] * batch * updates / speed
        total += seconds, floor
        line = f"{row['name']:22}{number:10,}{updates:10,}{seconds:10.1f}{floor:10.2f}{seconds / floor:8.1f}"
        print(f"{line}{seconds / updates * 1e6:11.0f}")
    print(f"{'together':22}{'':20}{total[0]:10.1f}{total[1]:10.2f}{total[0] / total[1]:8.1f}")


def trainings(folder: Path, data: FusionData) -> dict[str, tuple[int, int, float]]:
    """By entry how many trainings of these rows there are, their updates, and their seconds in their processes."""
    found: dict[str, tuple[int, int, float]] = {}
    for study in (folder / STUDIES / "studies").glob("*/study.json"):
        if json.loads(study.read_text(encoding="utf-8"))["data"] != data.facts["id"]:
            continue
        for path in study.parent.glob("trainings/*/*.json"):
            record = json.loads(path.read_text(encoding="utf-8"))
            updates = sum(one["updates"] for fold in record["folds"] for one in fold["networks"])
            before = found.get(record["entry"], (0, 0, 0.0))
            found[record["entry"]] = (before[0] + 1, before[1] + updates, before[2] + record["seconds"])
    return found


def _dims(name: str, data: FusionData) -> list[int]:
    """The features that a network of the entry sees."""
    shown = [dim for modality, dim in zip(data.names, data.dims, strict=True) if name == f"{ALONE}{modality}"]
    return shown or list(data.dims)


def products_per_second(rows: int, features: int, width: int) -> float:
    """FLOPs per second that one thread reaches on ``(rows, features) @ (features, width)``, the best of several tries."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    a, b = torch.randn(rows, features), torch.randn(features, width)
    best, end = 0.0, time.perf_counter() + SPEED_SECONDS
    while time.perf_counter() < end:
        began = time.perf_counter()
        for _ in range(10):
            a @ b
        best = max(best, 10 * 2 * rows * features * width / (time.perf_counter() - began))
    torch.set_num_threads(before)
    return best


def mosi(folder: Path, scratch: Path, settings: Mapping[str, Any], share: float, *, aligned: bool) -> None:
    """Compare on a file in CMU-MOSI's layout whose sentiment is mostly a product of text and audio."""
    sys.path.insert(0, str(Path(__file__).parent.parent))  # the generator is the tests' own
    from tests.fusion.mosi_files import BEST_SUM, card, planted, write

    rows = {name: max(20, round(share * count)) for name, count in (("train", 1_284), ("valid", 229), ("test", 686))}
    files = scratch / ("aligned" if aligned else "unaligned")
    began = time.perf_counter()
    made = planted(aligned=aligned, rows=rows)
    path = write(made, files)
    print(f"\n{path.name}: {path.stat().st_size / 1e6:.0f} MB made in {time.perf_counter() - began:.1f} s")
    known = card(made, files)
    del made
    catalog = mmbench.loaders._catalog
    with patch.object(mmbench.loaders, "_catalog", lambda: {**catalog(), known.key: known}):
        found = compare(f"{known.key}.regression", folder, settings)
    print_ranking(found, BEST_SUM)


def print_ranking(found: FusionComparison, best_sum: float) -> None:
    """Whether methods that can multiply stand above those that add, and whether the test says so."""
    additive = {one.name for one in all_fusions() if one.additive}
    rows = [row for row in found.results["rows"] if row["kind"] == "method"]
    above = [row for row in rows if row["name"] not in additive]
    below = [row for row in rows if row["name"] in additive]
    if not above or not below:
        return
    worst, best = min(above, key=lambda row: row["value"]), max(below, key=lambda row: row["value"])
    names = {row["name"] for row in above}
    apart = sum((pair["a"] in names) == (pair["better"] == "a") for pair in crossing(found, names) if pair["better"])
    print(
        f"no sum can have more than {best_sum:.3f} (and chance); the best additive method, {best['name']}, has {best['value']:.3f}"
    )
    print(f"the last of the others, {worst['name']}, has {worst['value']:.3f}: {worst['value'] > best['value']}")
    print(
        f"pairs in which the other method is better than the additive one after Holm: {apart} of {len(above) * len(below)}"
    )


def crossing(found: FusionComparison, names: set[str]) -> list[dict[str, Any]]:
    """The pairs of a method of these and one of the others."""
    return [pair for pair in found.results["pairs"] if (pair["a"] in names) != (pair["b"] in names)]


def overhead(folder: Path, methods: str, updates: int) -> None:
    """Seconds per update of our training and of a bare loop over the same network and batches, in turn."""
    data = fusion_data(get_task("fusion-xor.class"), folder=folder / STUDIES / "features")
    protocol = Protocol(updates=updates, patience=updates)
    names = [one.name for one in all_fusions()] if methods == "all" else methods.split(",")
    torch.set_num_threads(1)
    print(
        f"\nmicroseconds per update of {protocol.batch_size} rows, one thread, median of {ROUNDS} rounds of {updates} updates"
    )
    print(f"{'':22}{'bare':>10}{'ours':>10}{'ratio':>8}")
    for name in names:
        one = method(name, data.names)
        _, (size,) = configured(one, 0, data.dims, data.problem.outputs, protocol.budget, protocol.tolerance)
        rows, held = (
            rows_of(data.block("all", part), one.fusion, data.problem, Scale()) for part in ("train", "valid")
        )
        ways: dict[str, Callable[[], object]] = {
            "bare": partial(bare, one.fusion, data, size.width, rows, protocol),
            "ours": partial(train, one, one.members[0], size, (rows, held), data.problem, Config(), protocol, 0),
        }
        times = race(ways)
        ratio = statistics.median(ours / base for base, ours in zip(times["bare"], times["ours"], strict=True))
        base, ours = (statistics.median(times[way]) / updates * 1e6 for way in ways)
        print(f"{name:22}{base:10.0f}{ours:10.0f}{ratio:8.2f}")


def bare(fusion: Any, data: FusionData, width: int, rows: Rows, protocol: Protocol) -> None:
    """What somebody would write who looks at no validation loss, clips no gradient and keeps no weights."""
    torch.manual_seed(0)
    model = network(fusion, data.dims, data.problem.outputs, width, dropout=Config().dropout)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    done = 0
    while done < protocol.updates:
        order = torch.randperm(len(rows))
        for start in range(0, len(order) - protocol.batch_size + 1, protocol.batch_size):
            batch = rows.take(order[start : start + protocol.batch_size])
            optimiser.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(model(batch.inputs, batch.masks), batch.targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            done += 1
            if done == protocol.updates:
                return


def race(ways: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of every way, in turn, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if number:
                times[name].append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
