"""What adapters do to samples before a library's own preprocessing: the one part that is asked for, decoded, bounded, resampled."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.media import decode_audio, decode_image
from mmbench.models.base import ModelCard
from mmbench.samples import MediaPart, Modality, Sample

if TYPE_CHECKING:
    from PIL import Image


def picture(part: MediaPart, sample_id: str, max_pixels: int | None = None) -> "Image.Image":
    """An RGB picture, shrunk to at most ``max_pixels`` with its shape kept. ``MediaError`` where it cannot be decoded."""
    from PIL import Image

    image = decode_image(part, sample_id)
    if max_pixels is None or image.width * image.height <= max_pixels:
        return image
    scale = (max_pixels / (image.width * image.height)) ** 0.5
    size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC)


def pictures(samples: Sequence[Sample], max_pixels: int | None = None) -> "list[Image.Image]":
    """The only picture of each sample."""
    return [picture(sample.image, sample.id, max_pixels) for sample in samples]


def sound(part: MediaPart, sample_id: str, rate: int) -> NDArray[np.float32]:
    """A sound ``(time,)`` at ``rate`` Hz: the mean of its channels. ``MediaError`` where it cannot be decoded."""
    mono: NDArray[np.float32] = decode_audio(part, sample_id, rate)[0].mean(axis=0)
    return mono


def sounds(samples: Sequence[Sample], rate: int) -> list[NDArray[np.float32]]:
    """The only sound of each sample."""
    return [sound(sample.audio, sample.id, rate) for sample in samples]


def named_content(
    sample: Sample, modalities: frozenset[Modality], *, max_pixels: int | None = None, rate: int | None = None
) -> dict[str, Any]:
    """The sample's only part of each modality by its name: a string, an RGB picture, or ``{"array": (time,), "sampling_rate": Hz}``.

    Always named: libraries that guess what a bare text is would fetch or open one that looks like an address or a path.
    """
    return {str(one): _content(sample, one, max_pixels, rate) for one in sorted(modalities)}


def _content(sample: Sample, modality: Modality, max_pixels: int | None, rate: int | None) -> Any:
    if modality is Modality.TEXT:
        return sample.text
    if modality is Modality.IMAGE:
        return picture(sample.image, sample.id, max_pixels)
    return heard(sample.audio, sample.id, rate)


def heard(part: MediaPart, sample_id: str, rate: int | None = None) -> dict[str, Any]:
    """A sound ``{"array": (time,), "sampling_rate": Hz}``, the mean of its channels; at the file's rate where none is asked for."""
    wave, found = decode_audio(part, sample_id, rate)
    return {"array": wave.mean(axis=0), "sampling_rate": found}


def one_modality(modalities: frozenset[Modality], card: ModelCard) -> Modality:
    """The kind of content to embed. ``UserError`` where it is several at once, or one that the model does not take."""
    if len(modalities) != 1 or not modalities <= card.modalities:
        raise UserError(
            f"{card.name} embeds one of {', '.join(sorted(card.modalities))} at a time; it was asked for {' + '.join(sorted(modalities))}."
        )
    return next(iter(modalities))
