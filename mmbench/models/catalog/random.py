"""Random vectors, answers and numbers: what no understanding at all scores."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import ALL_MODALITIES, Fitted, ModelCard
from mmbench.samples import Modality, Request, Response, Role, Sample

WIDTH = 64


def _generator(seed: int, *names: str) -> np.random.Generator:
    head = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(head[:8], "big"))


class Random:
    """Draws from a generator seeded by the sample's id, so that order and batches change nothing."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._answers: tuple[str, ...] = ("yes", "no")

    def fit(self, train: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Collect the answers that occur, to draw from them uniformly."""
        answers = Counter(sample.target for sample in (*train, *valid) if isinstance(sample.target, str))
        self._answers = tuple(sorted(answers)) or self._answers

    def fitted(self) -> Fitted:
        """The answers."""
        return {"answers": json.dumps(self._answers)}

    def restore(self, state: Fitted) -> None:
        """Take the answers back."""
        self._answers = tuple(json.loads(str(state["answers"])))

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Normal vectors ``(n, 64)``."""
        rows = [
            _generator(self.seed, "embed", sample.id, *sorted(modalities)).standard_normal(WIDTH) for sample in samples
        ]
        return np.asarray(rows, dtype=np.float32)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One of the options, or of the answers of the training split."""
        found = []
        for request in requests:
            choices = request.options or self._answers
            pick = int(_generator(self.seed, "generate", request.sample_id).integers(len(choices)))
            found.append(Response(request.sample_id, choices[pick]))
        return found

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """Uniform numbers in [-1, 1], a column per option or ``(n, 1)``."""
        rows = [
            _generator(self.seed, "predict", sample.id).uniform(-1, 1, size=max(len(sample.options), 1))
            for sample in samples
        ]
        return np.asarray(rows, dtype=np.float64)

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.float64]:
        """Uniform numbers ``(n,)`` in [-1, 1]."""
        pairs = zip(left, right, strict=True)
        return np.asarray([_generator(self.seed, "pair", one.id, other.id).uniform(-1, 1) for one, other in pairs])


ENTRY = ModelEntry(
    ModelCard(
        "random",
        "1",
        ALL_MODALITIES,
        kind="floor",
        parameters=0,
        training_datasets=(),
        summary="Draws at random, seeded by the sample's id.",
    ),
    Random,
)
