"""How fast VQA accuracy is beside a loop that does what the official program does, answer by answer.

The loop is written from the description of ``VQAEval.evaluate``: every string is rewritten where it occurs, and each
annotator is compared with all others. Both take turns in one process; printed are medians and their ratio.
"""

import argparse
import re
from collections.abc import Iterator
from functools import partial

import numpy as np
from racing import Row, race

from mmbench.metrics._vqa_words import ARTICLES, CONTRACTIONS, NUMBERS
from mmbench.metrics.functional import vqa_accuracy

SIGNS = list(';/[]"{}()=+\\_-><@`,?!')
COMMA, PERIOD = re.compile(r"(\d)(,)(\d)"), re.compile(r"(\.)(?!\d)")
WORDS = [
    "red",
    "blue",
    "green",
    "left",
    "right",
    "dog",
    "cat",
    "table",
    "two",
    "three",
    "yes",
    "no",
    "man's",
    "sky-blue",
    "3.5",
    "white,",
    "kitchen",
    "none",
    "grass.",
    "the",
    "a",
]


def main() -> None:
    """Parse the command line, run, print one row per race."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=24_000, help="with ten answers each")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    args = parser.parse_args()
    for row in rows(args.questions, args.rounds):
        print(
            f"{row.task:<60} {row.peer:<16} {row.peer_s:8.3f} s {row.ours_s:8.3f} s {row.ratio:6.1f} x  {row.difference:.1g}"
        )


def rows(questions: int = 24_000, rounds: int = 5) -> Iterator[Row]:
    """Answers that repeat from question to question, and answers that no other question has."""
    for kind, unique in (("answers that repeat", False), ("unique answers", True)):
        preds, target = asked(questions, unique=unique)
        mine, theirs, values, wanted = race(
            partial(vqa_accuracy, preds, target, protocol="vqav2"),
            partial(loop, preds, target),
            rounds,
        )
        gap = float(np.abs(values - np.array(wanted)).max())
        yield Row(f"VQA accuracy, {questions} questions, {kind}", "the official loop", theirs, mine, gap)


def loop(preds: list[str], target: list[list[str]]) -> list[float]:
    """One score per question, in the official order of steps."""
    scores = []
    for pred, said in zip(preds, target, strict=True):
        given = pred.replace("\n", " ").replace("\t", " ").strip()
        people = [
            {"answer": text.replace("\n", " ").replace("\t", " ").strip(), "answer_confidence": "yes", "answer_id": i}
            for i, text in enumerate(said)
        ]
        if len({person["answer"] for person in people}) > 1:
            for person in people:
                person["answer"] = words(signs(str(person["answer"])))
            given = words(signs(given))
        accuracies = []
        for person in people:
            others = [other for other in people if other != person]
            matching = [other for other in others if other["answer"] == given]
            accuracies.append(min(1, float(len(matching)) / 3))
        scores.append(float(sum(accuracies)) / len(accuracies))
    return scores


def signs(text: str) -> str:
    """Without punctuation, one sign after the other."""
    found = text
    for sign in SIGNS:
        if (sign + " " in text or " " + sign in text) or re.search(COMMA, text) is not None:
            found = found.replace(sign, "")
        else:
            found = found.replace(sign, " ")
    return PERIOD.sub("", found, count=32)


def words(text: str) -> str:
    """Numbers as digits, without articles, with apostrophes."""
    kept = []
    for word in text.lower().split():
        word = NUMBERS.get(word, word)
        if word not in ARTICLES:
            kept.append(word)
    for place, word in enumerate(kept):
        if word in CONTRACTIONS:
            kept[place] = CONTRACTIONS[word]
    return " ".join(kept)


def asked(n: int, *, unique: bool) -> tuple[list[str], list[list[str]]]:
    """Ten answers of one to three words, most of them alike; every third question has only one."""
    rng = np.random.default_rng(0)
    preds, target = [], []
    for i in range(n):
        made = [" ".join(WORDS[j] for j in rng.integers(0, len(WORDS), rng.integers(1, 4))) for _ in range(4)]
        if unique:
            made = [f"{text} {i}x{k}" for k, text in enumerate(made)]
        chosen = rng.choice(4, 10, p=[0.7, 0.1, 0.1, 0.1]) if i % 3 else np.zeros(10, dtype=np.int64)
        target.append([made[j] for j in chosen])
        preds.append(made[0] if rng.random() < 0.7 else made[1].capitalize())
    return preds, target


if __name__ == "__main__":
    main()
