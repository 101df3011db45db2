"""How fast word errors and caption scores are beside the packages that people use for them.

Each pair takes turns in one process, so that both see the same machine; printed are medians and their ratio. A peer that
isn't installed (``pip install jiwer 'mmbench[meteor]'``) is left out.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from racing import Row, race

from mmbench.metrics.functional import caption_scores, character_error_counts, word_error_counts


def main() -> None:
    """Parse the command line, run, print one row per race."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=10_000, help="of 5 to 35 words")
    parser.add_argument("--images", type=int, default=5_000, help="with 5 reference captions each")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds")
    args = parser.parse_args()
    print(f"{'task':<66} {'peer':<22} {'peer s':>8} {'ours s':>8} {'ratio':>6}  difference")
    for row in rows(args.utterances, args.images, args.rounds):
        print(
            f"{row.task:<66} {row.peer:<22} {row.peer_s:8.3f} {row.ours_s:8.3f} {row.ratio:6.1f}  {row.difference:.1g}"
        )


def rows(utterances: int = 10_000, images: int = 5_000, rounds: int = 7) -> Iterator[Row]:
    """The races whose peer is installed."""
    yield from speech(utterances, rounds)
    yield from captions(images, rounds)


def speech(n: int, rounds: int) -> Iterator[Row]:
    """Hits, substitutions, deletions and insertions beside jiwer."""
    try:
        import jiwer
    except ImportError:
        return
    heard, said = transcripts(n)
    for task, ours, theirs in (
        ("word", word_error_counts, jiwer.process_words),
        ("character", character_error_counts, jiwer.process_characters),
    ):
        mine, peer, values, wanted = race(
            lambda ours=ours: list(ours(heard, said).values()),  # type: ignore[misc]
            lambda theirs=theirs: theirs(said, heard),  # type: ignore[misc]
            rounds,
        )
        totals = [int(value.sum()) for value in values]
        known = [wanted.hits, wanted.substitutions, wanted.deletions, wanted.insertions]
        gap = max(abs(a - b) for a, b in zip(totals, known, strict=True))
        yield Row(f"{task} errors with their four counts, {n} utterances", "jiwer", peer, mine, gap)


def captions(n: int, rounds: int) -> Iterator[Row]:
    """All six caption scores beside the peer's CIDEr-D alone, and beside its three scorers, on the same tokens."""
    try:
        from pycocoevalcap.bleu.bleu import Bleu
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
    except ImportError:
        return
    preds, target = described(n)
    references, results = dict(enumerate(target)), {i: [pred] for i, pred in enumerate(preds)}

    def cider() -> list[float]:
        return [Cider().compute_score(references, results)[0]]

    def all_three() -> list[float]:
        bleu = Bleu(4).compute_score(references, results, verbose=0)[0]
        return [*bleu, Rouge().compute_score(references, results)[0], *cider()]

    for task, peer, keys in (
        ("all 6 values beside CIDEr-D alone", cider, ["cider_d"]),
        ("all 6 values", all_three, [*(f"bleu{k}" for k in (1, 2, 3, 4)), "rouge_l", "cider_d"]),
    ):
        mine, theirs, values, wanted = race(lambda: caption_scores(preds, target, tokenizer="split"), peer, rounds)
        gap = max(abs(values[key] - value) for key, value in zip(keys, wanted, strict=True))
        yield Row(f"{task}, {n} images x 5 references", "pycocoevalcap", theirs, mine, gap)


def transcripts(n: int) -> tuple[list[str], list[str]]:
    """Heard and said: a tenth of the words changed, 3 % lost."""
    rng = np.random.default_rng(0)
    words = vocabulary(rng, 5000)
    said, heard = [], []
    for length in rng.integers(5, 36, n):
        right = rng.integers(0, len(words), length)
        wrong = np.where(rng.random(length) < 0.1, rng.integers(0, len(words), length), right)
        said.append(" ".join(words[i] for i in right))
        heard.append(" ".join(words[i] for i in wrong[rng.random(length) > 0.03]))
    return heard, said


def described(n: int) -> tuple[list[str], list[list[str]]]:
    """Captions of 8 to 14 words, frequent ones first (Zipf), with 5 references that keep two thirds of their words."""
    rng = np.random.default_rng(1)
    words = vocabulary(rng, 8000)
    chance = 1 / np.arange(1, len(words) + 1)
    chance /= chance.sum()
    preds, target = [], []
    for length in rng.integers(8, 15, n):
        base = rng.choice(len(words), length, p=chance)
        drawn = rng.choice(len(words), (5, length), p=chance)
        kept = np.where(rng.random((5, length)) < 2 / 3, base, drawn)
        preds.append(" ".join(words[i] for i in base))
        target.append([" ".join(words[i] for i in row) for row in kept])
    return preds, target


def vocabulary(rng: np.random.Generator, n: int) -> list[str]:
    """Made-up words of 2 to 9 letters."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return ["".join(rng.choice(letters, size)) for size in rng.integers(2, 10, n)]


if __name__ == "__main__":
    main()
