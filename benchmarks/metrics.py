"""All races of the metrics in one run: retrieval, VQA, speech and captions, intervals. Each has a script of its own, too.

Printed are medians; ratios are of methods that take turns in one process. Peers that aren't installed are left out.
"""

import argparse
from collections.abc import Iterator

import bootstrap
import metrics_text
import metrics_vqa
import retrieval
from racing import Row


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--images", type=int, nargs="+", default=[1000, 5000, 25_000], help="gallery sizes, 5 captions each"
    )
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--quick", action="store_true", help="one round, small sizes: to see that everything runs")
    args = parser.parse_args()
    for line in table([100] if args.quick else args.images, 1 if args.quick else args.rounds, quick=args.quick):
        print(line, flush=True)


def table(images: list[int], rounds: int, *, quick: bool) -> Iterator[str]:
    """The lines of all tables."""
    yield from retrieval.rows(images, rounds=rounds)
    yield f"\n{'task':<66} {'peer':<18} {'peer s':>8} {'ours s':>8} {'times faster':>12}  difference"
    yield from map(line, metrics_vqa.rows(*((300, 1) if quick else (24_000, rounds))))
    yield from map(line, metrics_text.rows(*((100, 50, 1) if quick else (10_000, 5_000, rounds))))
    yield ""
    yield from bootstrap.rows([500] if quick else [10_000, 200_000], resamples=100 if quick else 10_000, rounds=rounds)


def line(row: Row) -> str:
    """One race."""
    return f"{row.task:<66} {row.peer:<18} {row.peer_s:8.3f} {row.ours_s:8.3f} {row.ratio:12.1f}  {row.difference:.1g}"


if __name__ == "__main__":
    main()
