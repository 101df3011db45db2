"""Linear heads on frozen features: answers from a picture and a question, values or classes from whatever a sample has."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models.base import Fitted
from mmbench.models.encoders.features import FrozenFeatures
from mmbench.models.ridge import Floats, Standardizer, best_ridge
from mmbench.samples import Modality, Request, Response, Sample

PENALTIES = tuple(10.0**power for power in range(6))
RANK = {Modality.IMAGE: 64, Modality.TEXT: 32}  # principal components that are multiplied with one another
CHUNK = 2048


class AnswerHead:
    """Ridge classification of a picture and a question into the answers of the training split.

    The features are the principal components of both, and all products of the two: a bilinear map in closed form.
    """

    def __init__(self, features: FrozenFeatures) -> None:
        self._features = features
        self._answers: list[str] = []
        self._bases: dict[Modality, tuple[Floats, Floats]] = {}
        self._weights: Floats = np.zeros((0, 0))

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Fit on train; the penalty with the highest accuracy on valid."""
        self._answers = sorted({sample.target for sample in train})
        self._bases = {modality: _principal(self._features(train, modality), rank) for modality, rank in RANK.items()}
        index = {answer: column for column, answer in enumerate(self._answers)}
        gram, cross = np.zeros((0, 0)), np.zeros((0, 0))
        for start in range(0, len(train), CHUNK):
            chunk = train[start : start + CHUNK]
            x = self._design(chunk)
            y = np.zeros((len(chunk), len(index)))
            y[np.arange(len(chunk)), [index[sample.target] for sample in chunk]] = 1.0
            gram = x.T @ x if start == 0 else gram + x.T @ x
            cross = x.T @ y if start == 0 else cross + x.T @ y
        held = self._design(valid)
        gold = np.asarray([index.get(sample.target, -1) for sample in valid])

        def accuracy(weights: Floats) -> float:
            return float(((held @ weights).argmax(axis=1) == gold).mean())

        self._weights, _ = best_ridge(gram, cross, PENALTIES, accuracy)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The best answer per request."""
        if not self._answers:
            raise RuntimeError("the head has to be fitted before it answers")
        samples = [Sample(request.sample_id, request.messages[-1].content) for request in requests]
        for modality in RANK:
            self._features(samples, modality)  # in one go: the encoders are slow on single samples
        # Row by row: a matrix product's last bits depend on how many rows it has, and a resumed run may have fewer.
        best = [int(np.argmax(self._design([sample])[0] @ self._weights)) for sample in samples]
        return [
            Response(request.sample_id, self._answers[column]) for request, column in zip(requests, best, strict=True)
        ]

    def state(self) -> dict[str, NDArray[np.float64] | str]:
        """Arrays and answers; empty before ``fit``."""
        if not self._answers:
            return {}
        found: dict[str, NDArray[np.float64] | str] = {
            "answers.weights": self._weights,
            "answers.list": json.dumps(self._answers),
        }
        for modality, (mean, basis) in self._bases.items():
            found[f"answers.{modality}.mean"], found[f"answers.{modality}.basis"] = mean, basis
        return found

    def restore(self, state: Fitted) -> None:
        """Take them back."""
        if "answers.list" not in state:
            return
        self._answers = json.loads(str(state["answers.list"]))
        self._weights = np.asarray(state["answers.weights"])
        self._bases = {
            modality: (np.asarray(state[f"answers.{modality}.mean"]), np.asarray(state[f"answers.{modality}.basis"]))
            for modality in RANK
        }

    def _design(self, samples: Sequence[Sample]) -> Floats:
        left, right = (
            (self._features(samples, modality) - self._bases[modality][0]) @ self._bases[modality][1]
            for modality in (Modality.IMAGE, Modality.TEXT)
        )
        products = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
        return np.concatenate([np.ones((len(left), 1)), left, right, products], axis=1)


class ValueHead:
    """Ridge regression of a number, or of a column per option, on the standardized features of every modality that a sample has."""

    def __init__(self, features: FrozenFeatures) -> None:
        self._features = features
        self._modalities: list[Modality] = []
        self._scale: Standardizer | None = None
        self._weights: Floats = np.zeros((0, 1))
        self._mean = np.zeros(1)

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Fit on train; the penalty with the smallest squared error on valid."""
        self._modalities = sorted(train[0].modalities)
        rows, gold = self._rows(train), columns_of(train)
        self._scale, self._mean = Standardizer.fit(rows), gold.mean(axis=0)
        x, y = self._scale(rows), gold - self._mean
        held = self._scale(self._rows(valid))
        wanted = columns_of(valid) - self._mean
        penalties = [penalty * 10 for penalty in PENALTIES]
        self._weights, _ = best_ridge(
            x.T @ x,
            x.T @ y,
            penalties,
            lambda weights: -float(np.square(held @ weights - wanted).mean()),
        )

    def predict(self, samples: Sequence[Sample]) -> Floats:
        """Values ``(n, 1)``, or a column per option ``(n, k)``."""
        if self._scale is None:
            raise RuntimeError("the head has to be fitted before it predicts")
        return np.stack([row @ self._weights for row in self._scale(self._rows(samples))]) + self._mean

    def state(self) -> dict[str, NDArray[np.float64] | str]:
        """Arrays; empty before ``fit``."""
        if self._scale is None:
            return {}
        return {
            "values.modalities": json.dumps(self._modalities),
            "values.weights": self._weights,
            "values.mean": self._mean,
            "values.center": self._scale.mean,
            "values.scale": self._scale.scale,
        }

    def restore(self, state: Fitted) -> None:
        """Take them back."""
        if "values.modalities" not in state:
            return
        self._modalities = [Modality(name) for name in json.loads(str(state["values.modalities"]))]
        self._weights = np.asarray(state["values.weights"])
        self._mean = np.asarray(state["values.mean"])
        self._scale = Standardizer(np.asarray(state["values.center"]), np.asarray(state["values.scale"]))

    def _rows(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        return np.concatenate([self._features(samples, modality) for modality in self._modalities], axis=1)


def columns_of(samples: Sequence[Sample]) -> Floats:
    """Targets as numbers ``(n, 1)``, or where there are options ``(n, k)``: 1 for the right one, 0 for the others."""
    if samples[0].options:
        return np.asarray(
            [[option == sample.target for option in sample.options] for sample in samples], dtype=np.float64
        )
    return np.asarray([[sample.target] for sample in samples], dtype=np.float64)


def _principal(rows: NDArray[np.float32], rank: int) -> tuple[Floats, Floats]:
    """The mean ``(d,)`` and the leading principal directions ``(d, rank)``, scaled to give unit variance."""
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    top = slice(-1, -rank - 1, -1)
    return mean, vectors[:, top] / np.sqrt(np.maximum(values[top], 1e-12))
