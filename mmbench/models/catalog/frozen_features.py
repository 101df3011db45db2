"""The frozen encoders as a model of their own: one vector per picture, text or sound, the same alone as in any batch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models import ModelEntry
from mmbench.models.base import ModelCard
from mmbench.models.encoders import images, texts
from mmbench.models.encoders.features import FrozenFeatures
from mmbench.samples import Modality, Role, Sample

MODALITIES = frozenset({Modality.IMAGE, Modality.TEXT, Modality.AUDIO})
SOUNDS = "log-mel-1"  # the statistics have no weights: bumped by any change that moves a number
REVISION = f"1+efficientnet-lite0-{images.SHA256[:8]}+all-minilm-l6-v2-{texts.SHA256[:8]}+{SOUNDS}"


class FrozenEncoders:
    """EfficientNet-Lite0 (1,280 features) for pictures, MiniLM (384) for texts, log-mel statistics (577) for sounds.

    Nothing is fitted, and the three spaces have nothing to do with one another: pictures cannot be searched by texts.
    """

    device = "cpu"  # the encoders run there
    symmetric = True  # queries and documents alike

    def __init__(self) -> None:
        self._features = FrozenFeatures()

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """float32 ``(n, d)`` of the samples' only part of the one modality. ``UserError`` for several modalities, or features."""
        if len(modalities) != 1 or not modalities <= MODALITIES:
            raise UserError(
                f"frozen-features embeds one of {', '.join(sorted(MODALITIES))} at a time, not {' and '.join(sorted(modalities))}: "
                "choose a model that takes them together."
            )
        (modality,) = modalities
        return self._features(samples, modality)


ENTRY = ModelEntry(
    ModelCard(
        "frozen-features",
        REVISION,
        MODALITIES,
        parameters=27_362_496,
        licence="Apache-2.0",
        open_weights=True,
        languages=("en",),
        summary="The frozen EfficientNet-Lite0, MiniLM and log-mel statistics as they are: what fusion methods see.",
    ),
    FrozenEncoders,
    extra="demo",
)
