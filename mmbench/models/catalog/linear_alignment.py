"""Frozen encoders and closed-form ridge maps: a small honest baseline for every built-in task, with no training loop."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import Fitted, ModelCard
from mmbench.models.encoders.features import FrozenFeatures
from mmbench.models.heads import AnswerHead, ValueHead
from mmbench.models.ridge import Floats, Standardizer, best_ridge, mean_hits
from mmbench.samples import Modality, Request, Response, Role, Sample

PENALTIES = tuple(10.0**power for power in range(1, 7))
ANCHORS = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)  # the first of these that a pair has is mapped into


class LinearAlignment:
    """EfficientNet-Lite0, MiniLM and log-mel statistics stay frozen; ridge maps on top are fitted on the train split.

    - Pairs without a target: one modality is mapped into the feature space of the other; the penalty is the one with the best mean
      hit@10 of both directions on the validation split.
    - Answers: a ridge classifier on the features and their products (low rank).
    - Numbers, and classes that are options: a ridge regression on the features.
    """

    device = "cpu"  # the encoders and the closed forms run there

    def __init__(self) -> None:
        self._features = FrozenFeatures()
        self._maps: _Maps | None = None
        self._answers = AnswerHead(self._features)
        self._values = ValueHead(self._features)

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Fit what the targets call for."""
        target = train[0].target
        if target is None:
            self._maps = _Maps.fit(self._features, train, valid)
        elif isinstance(target, str) and not train[0].options:
            self._answers.fit(train, valid)
        else:
            self._values.fit(train, valid)

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float64]:
        """Vectors ``(n, d)`` in the anchor's standardized feature space."""
        if self._maps is None:
            raise RuntimeError("linear-alignment has to be fitted before it embeds")
        (modality,) = modalities
        return self._maps(self._features(samples, modality), modality)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The answer of the training split with the highest score."""
        return self._answers.generate(requests)

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """Values ``(n, 1)``, or a column per option."""
        return self._values.predict(samples)

    def fitted(self) -> Fitted:
        """Every fitted array."""
        maps = {} if self._maps is None else self._maps.state()
        return maps | self._answers.state() | self._values.state()

    def restore(self, state: Fitted) -> None:
        """Take the arrays back."""
        self._maps = _Maps.from_state(state)
        self._answers.restore(state)
        self._values.restore(state)


class _Maps:
    """A ridge map from one modality into the standardized features of another."""

    def __init__(
        self, source: Modality, anchor: Modality, scales: dict[Modality, Standardizer], weights: Floats
    ) -> None:
        self.source, self.anchor, self.scales, self.weights = source, anchor, scales, weights

    @classmethod
    def fit(cls, features: FrozenFeatures, train: Sequence[Sample], valid: Sequence[Sample]) -> "_Maps":
        found = frozenset.union(*(sample.modalities for sample in train))
        anchor = next(modality for modality in ANCHORS if modality in found)
        (source,) = found - {anchor}
        rows = {modality: features(train, modality) for modality in (source, anchor)}
        scales = {modality: Standardizer.fit(values) for modality, values in rows.items()}
        x, y = (scales[modality](rows[modality]) for modality in (source, anchor))
        held_x, held_y = (scales[modality](features(valid, modality)) for modality in (source, anchor))
        weights, _ = best_ridge(x.T @ x, x.T @ y, PENALTIES, lambda weights: mean_hits(held_x @ weights, held_y))
        return cls(source, anchor, scales, weights)

    def __call__(self, rows: NDArray[np.float32], modality: Modality) -> Floats:
        scaled = self.scales[modality](rows)
        # Row by row: a matrix product's last bits depend on how many rows it has, and a resumed run may have fewer.
        return scaled if modality is self.anchor else np.stack([row @ self.weights for row in scaled])

    def state(self) -> dict[str, NDArray[np.float64] | str]:
        arrays: dict[str, NDArray[np.float64] | str] = {
            "maps.weights": self.weights,
            "maps.pair": json.dumps([self.source, self.anchor]),
        }
        for modality, scale in self.scales.items():
            arrays[f"maps.{modality}.mean"], arrays[f"maps.{modality}.scale"] = scale.mean, scale.scale
        return arrays

    @classmethod
    def from_state(cls, state: Fitted) -> "_Maps | None":
        if "maps.pair" not in state:
            return None
        source, anchor = (Modality(name) for name in json.loads(str(state["maps.pair"])))
        scales = {
            modality: Standardizer(
                np.asarray(state[f"maps.{modality}.mean"]), np.asarray(state[f"maps.{modality}.scale"])
            )
            for modality in (source, anchor)
        }
        return cls(source, anchor, scales, np.asarray(state["maps.weights"]))


ENTRY = ModelEntry(
    ModelCard(
        "linear-alignment",
        "1+efficientnet-lite0-57934424+all-minilm-l6-v2-53aa5117",
        frozenset({Modality.IMAGE, Modality.TEXT, Modality.AUDIO}),
        parameters=27_362_496,
        licence="Apache-2.0",
        open_weights=True,
        languages=("en",),
        summary="Frozen EfficientNet-Lite0, MiniLM and log-mel statistics with ridge maps fitted on the train split.",
    ),
    LinearAlignment,
    extra="demo",
)
