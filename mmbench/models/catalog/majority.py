"""The most frequent answer and the mean label of the training split."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import ALL_MODALITIES, Fitted, ModelCard
from mmbench.samples import Request, Response, Sample


class Majority:
    """Knows how often each answer occurs in training, and nothing of the sample."""

    def __init__(self) -> None:
        self._answer = ""
        self._mean = 0.0
        self._counts: Counter[str] = Counter()

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Count the targets (ties go to the answer that sorts first), each of several; average those that are numbers."""
        targets = [sample.target for sample in train]
        numbers = [target for target in targets if isinstance(target, int | float)]
        words = Counter(target for target in targets if isinstance(target, str))
        self._mean = float(np.mean(numbers)) if numbers else 0.0
        self._answer = min(words, key=lambda word: (-words[word], word)) if words else ""
        self._counts = words + Counter(word for target in targets if isinstance(target, tuple) for word in target)

    def fitted(self) -> Fitted:
        """The answer, the mean and the counts."""
        return {"answer": self._answer, "mean": np.asarray([self._mean]), "counts": json.dumps(self._counts)}

    def restore(self, state: Fitted) -> None:
        """Take them back."""
        self._counts = Counter(json.loads(str(state["counts"])))
        self._answer, self._mean = str(state["answer"]), float(np.asarray(state["mean"])[0])

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The most frequent answer; where there was none to learn from, the first option."""
        return [Response(request.sample_id, self._answer or "".join(request.options[:1])) for request in requests]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """The mean label ``(n, 1)``; how often each option occurs where there are options."""
        rows = [[float(self._counts[option]) for option in sample.options] or [self._mean] for sample in samples]
        return np.asarray(rows, dtype=np.float64)


ENTRY = ModelEntry(
    ModelCard(
        "majority",
        "1",
        ALL_MODALITIES,
        kind="floor",
        parameters=0,
        training_datasets=(),
        summary="The most frequent answer, or the mean label, of the training split.",
    ),
    Majority,
)
