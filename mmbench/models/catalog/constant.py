"""The same vector, answer and number for everything: what a collapsed model scores."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import ALL_MODALITIES, ModelCard
from mmbench.samples import Modality, Request, Response, Role, Sample


class Constant:
    """A collapsed model. Where ties are expected values it gets exactly chance."""

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Ones ``(n, 8)``."""
        return np.ones((len(samples), 8), dtype=np.float32)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The first option, or an empty answer where there are none."""
        return [Response(request.sample_id, request.options[0] if request.options else "") for request in requests]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """Zeros, a column per option or ``(n, 1)``."""
        return np.zeros((len(samples), max(len(samples[0].options), 1)))

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.float64]:
        """Zeros ``(n,)``."""
        return np.zeros(len(left))


ENTRY = ModelEntry(
    ModelCard(
        "constant",
        "1",
        ALL_MODALITIES,
        kind="floor",
        parameters=0,
        training_datasets=(),
        summary="Says the same for everything.",
    ),
    Constant,
)
