"""A picture or sound as checks see it: its bytes, what its header says, and what it decodes to, or why it does not."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.media import IMAGE_FORMATS, decode_audio, decode_image, read_bytes
from mmbench.samples import MediaError, MediaPart, Modality

if TYPE_CHECKING:
    from PIL import Image

SOUND_TYPES: Mapping[str, str] = MappingProxyType(
    {"WAV": "audio/wav", "WAVEX": "audio/wav", "RF64": "audio/wav", "FLAC": "audio/flac", "OGG": "audio/ogg",
     "MPEG": "audio/mpeg", "MP3": "audio/mpeg", "AIFF": "audio/aiff", "AU": "audio/basic"}
)  # fmt: skip
ORIENTATION = 0x0112  # the EXIF tag


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: ``image`` is RGB and upright; the rest is what the file itself says."""

    part: MediaPart
    image: "Image.Image" = field(repr=False)
    media_type: str
    mode: str
    orientation: int
    frames: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded sound: ``wave`` is float32 ``(channels, time)``; the rest is what the file itself says."""

    part: MediaPart
    wave: NDArray[np.float32] = field(repr=False)
    rate: int
    media_type: str
    subtype: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture or sound that could not be read, or was read and could not be decoded."""

    part: MediaPart
    stage: Literal["read", "decode"]
    reason: str


Medium: TypeAlias = Picture | Sound | Failure


def decode(part: MediaPart, sample_id: str) -> Medium:
    """Read and fully decode one part. A broken file is a ``Failure``, never an exception."""
    try:
        data = read_bytes(part, sample_id)
    except MediaError as error:
        return Failure(part, "read", error.reason)
    if not data:
        return Failure(part, "read", f"{part.path or 'the stored file'} has zero bytes")
    held = replace(part, data=data)
    try:
        return _picture(held, data, sample_id) if part.modality is Modality.IMAGE else _sound(held, data, sample_id)
    except MediaError as error:
        return Failure(part, "decode", error.reason)


def _picture(part: MediaPart, data: bytes, sample_id: str) -> Picture:
    from PIL import Image

    image = decode_image(part, sample_id)
    with Image.open(io.BytesIO(data), formats=IMAGE_FORMATS) as header:
        kind = Image.MIME.get(header.format or "", "unknown")
        turned = int(header.getexif().get(ORIENTATION, 1))
        return Picture(part, image, kind, header.mode, turned, int(getattr(header, "n_frames", 1)))


def _sound(part: MediaPart, data: bytes, sample_id: str) -> Sound:
    import soundfile

    wave, rate = decode_audio(part, sample_id)
    info = soundfile.info(io.BytesIO(data))
    return Sound(part, wave, rate, SOUND_TYPES.get(info.format, f"audio/{info.format.lower()}"), str(info.subtype))
