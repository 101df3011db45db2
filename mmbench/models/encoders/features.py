"""Frozen features of any part, computed once per content and process."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.media import decode_audio, decode_image
from mmbench.samples import FeaturesPart, MediaPart, Modality, Part, Sample, TextPart

Encoder = Callable[[Sequence[Any]], NDArray[np.float32]]
CHUNK = 64


class FrozenFeatures:
    """One feature vector per part, remembered by the part's fingerprint. Encoders are loaded when first needed.

    Args:
        load: a modality to its encoder; the ones with weights by default, ``light`` for those without.
    """

    def __init__(self, load: "Callable[[Modality], Encoder] | None" = None) -> None:
        self._load = load or frozen
        self._encoders: dict[Modality, Encoder] = {}
        self._known: dict[tuple[Modality, str], NDArray[np.float32]] = {}

    def __call__(self, samples: Sequence[Sample], modality: Modality) -> NDArray[np.float32]:
        """Features ``(n, d)`` of the samples' only part of this modality. ``MediaError`` for one that cannot be decoded."""
        parts = [_only(sample, modality) for sample in samples]
        keys = [(modality, part.fingerprint) for part in parts]
        missing = {key: index for index, key in enumerate(keys) if key not in self._known}
        todo = list(missing.items())
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            contents = [_content(samples[index], parts[index]) for _, index in chunk]
            for (key, _), vector in zip(chunk, self._encoder(modality)(contents), strict=True):
                self._known[key] = vector
        return np.stack([self._known[key] for key in keys])

    def _encoder(self, modality: Modality) -> Encoder:
        if modality not in self._encoders:
            try:
                self._encoders[modality] = self._load(modality)
            except ModuleNotFoundError as error:
                raise UserError(
                    f"The frozen encoders need {error.name!r}, which is not installed: run pip install 'mmbench[demo]'."
                ) from error
        return self._encoders[modality]


def _only(sample: Sample, modality: Modality) -> Part:
    if modality is Modality.IMAGE:
        return sample.image
    if modality is Modality.AUDIO:
        return sample.audio
    if modality is Modality.FEATURES:
        return next(part for part in sample.content if isinstance(part, FeaturesPart))
    return TextPart(sample.text)


def _content(sample: Sample, part: Part) -> Any:
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, MediaPart) and part.modality is Modality.IMAGE:
        return decode_image(part, sample.id)
    if isinstance(part, MediaPart):
        from mmbench.models.encoders.sounds import RATE

        return decode_audio(part, sample.id, RATE)[0]
    return part.values


@cache
def frozen(modality: Modality) -> Encoder:
    """EfficientNet-Lite0 for pictures, MiniLM for texts (extra ``demo``), loaded once per process; for the rest as ``light``."""
    if modality is Modality.IMAGE:
        from mmbench.models.encoders.images import ImageEncoder

        return ImageEncoder()
    if modality is Modality.TEXT:
        from mmbench.models.encoders.texts import TextEncoder

        return TextEncoder()
    return light(modality)


def light(modality: Modality) -> Encoder:
    """Encoders without weights: colours and edges, hashed letters, log-mel statistics, moments of features."""
    from mmbench.models.encoders.light import light_features, light_pictures, light_texts
    from mmbench.models.encoders.sounds import log_mel_statistics

    if modality is Modality.IMAGE:
        return light_pictures
    if modality is Modality.TEXT:
        return light_texts
    if modality is Modality.FEATURES:
        return light_features
    return lambda sounds: np.stack([log_mel_statistics(sound) for sound in sounds])
