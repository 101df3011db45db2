"""The right answer: what the data and the protocol allow at best. The one model that is shown targets."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.models import ModelEntry
from mmbench.models.base import ALL_MODALITIES, ModelCard
from mmbench.samples import Modality, Request, Response, Role, Sample

WIDTH = 4096
SIGNS = np.asarray([-1, 1], dtype=np.float32)


def _signature(key: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).choice(SIGNS, size=WIDTH)


def _names(target: Any) -> tuple[str, ...]:
    """What is right, as a tuple: of a name that name."""
    return (target,) if isinstance(target, str) else tuple(target or ())


class Oracle:
    """Answers with the target. For retrieval the target of a query is the ids of its positives, of a candidate its own id; of a row to be
    classified the names of its classes, of a class its own name; of a picture the keys of its captions, of a caption its own.
    """  # noqa: D205

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Sums of random signs ``(n, 4096)`` that stand for ids: the cosine is high for positives and near 0 for the rest."""
        return np.stack([np.sum([_signature(key) for key in sample.target], axis=0) for sample in samples])

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """The target, or its first accepted answer; nothing where labels are hidden."""
        answers = [_names(request.target) for request in requests]
        return [
            Response(request.sample_id, "".join(answer[:1])) for request, answer in zip(requests, answers, strict=True)
        ]

    def predict(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """1 for each option that is right and 0 for the others; without options the targets ``(n, 1)``."""
        rows = [
            [option in _names(sample.target) for option in sample.options] if sample.options else [sample.target]
            for sample in samples
        ]
        return np.asarray(rows, dtype=np.float64)

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.float64]:
        """1 for pairs that belong together ``(n,)``, 0 for the others."""
        pairs = zip(left, right, strict=True)
        return np.asarray([float(bool(set(one.target) & set(other.target))) for one, other in pairs])


ENTRY = ModelEntry(
    ModelCard(
        "oracle",
        "1",
        ALL_MODALITIES,
        kind="ceiling",
        privileged=True,
        parameters=0,
        training_datasets=(),
        summary="Is shown the targets: the ceiling.",
    ),
    Oracle,
)
