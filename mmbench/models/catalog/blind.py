"""Answers from the text alone: what a benchmark gives away without its pictures and sounds."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import Fitted, ModelCard
from mmbench.models.ridge import Floats, best_ridge
from mmbench.samples import Modality, Request, Response, Sample, TextPart

BUCKETS = 2048
GRAMS = (3, 4, 5)
PENALTIES = tuple(10.0**power for power in range(-2, 4))


class Blind:
    """Sees text only.

    - Answers: the most frequent answer of the training split to the same question, else to any question.
    - Numbers: a ridge regression on hashed character n-grams.
    """

    def __init__(self) -> None:
        self._by_text: dict[str, str] = {}
        self._default = ""
        self._weights: Floats = np.zeros((BUCKETS, 1))
        self._mean = 0.0

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Fit what the targets call for; validation rows choose the penalty only."""
        if not train:
            self._by_text, self._default = {}, ""
        elif isinstance(train[0].target, str):
            self._fit_answers(train)
        else:
            self._fit_values(train, valid)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The remembered answer; where there was none to learn from, the first option."""
        answers = [
            self._by_text.get(request.text, self._default) or "".join(request.options[:1]) for request in requests
        ]
        return [Response(request.sample_id, answer) for request, answer in zip(requests, answers, strict=True)]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """Values ``(n, 1)``; where there are options, 1 for the remembered answer and 0 for the others."""
        if samples[0].options:
            answers = [self._by_text.get(_text(sample), self._default) for sample in samples]
            return np.asarray(
                [
                    [option == answer for option in sample.options]
                    for sample, answer in zip(samples, answers, strict=True)
                ],
                dtype=np.float64,
            )
        return np.stack([row @ self._weights for row in _hashed(samples)]) + self._mean

    def fitted(self) -> Fitted:
        """The table, the weights and the mean."""
        import json

        return {
            "table": json.dumps([self._by_text, self._default]),
            "weights": self._weights,
            "mean": np.asarray([self._mean]),
        }

    def restore(self, state: Fitted) -> None:
        """Take them back."""
        import json

        self._by_text, self._default = json.loads(str(state["table"]))
        self._weights, self._mean = np.asarray(state["weights"]), float(np.asarray(state["mean"])[0])

    def _fit_answers(self, train: Sequence[Sample]) -> None:
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for sample in train:
            seen[_text(sample)][sample.target] += 1
        self._by_text = {text: _most_common(answers) for text, answers in seen.items()}
        self._default = _most_common(sum(seen.values(), Counter()))

    def _fit_values(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        gold = np.asarray([sample.target for sample in train], dtype=np.float64)
        wanted = np.asarray([sample.target for sample in valid], dtype=np.float64)
        self._mean = float(gold.mean())
        x, held = _hashed(train), _hashed(valid)
        self._weights, _ = best_ridge(
            x.T @ x,
            x.T @ (gold - self._mean)[:, None],
            PENALTIES,
            lambda weights: -float(np.square((held @ weights)[:, 0] + self._mean - wanted).mean()),
        )


def _text(sample: Sample) -> str:
    """All text of a sample; nothing where it has none (a meme without a caption)."""
    return "\n".join(part.text for part in sample.content if isinstance(part, TextPart))


def _most_common(answers: Counter[str]) -> str:
    return min(answers, key=lambda answer: (-answers[answer], answer))


def _hashed(samples: Sequence[Sample]) -> Floats:
    """Unit rows ``(n, 2048)`` of hashed character n-gram counts."""
    rows = np.zeros((len(samples), BUCKETS))
    for row, sample in zip(rows, samples, strict=True):
        for gram in _grams(f" {_text(sample).casefold()} "):
            row[zlib.crc32(gram.encode()) % BUCKETS] += 1
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1.0)
    return unit


def _grams(text: str) -> Iterator[str]:
    for size in GRAMS:
        for start in range(len(text) - size + 1):
            yield text[start : start + size]


ENTRY = ModelEntry(
    ModelCard(
        "blind",
        "1",
        frozenset({Modality.TEXT}),
        kind="floor",
        parameters=0,
        training_datasets=(),
        summary="Sees the text only: what the questions give away.",
    ),
    Blind,
)
