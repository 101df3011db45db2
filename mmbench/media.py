"""Reading and decoding media: bytes checked against their hash, sizes bounded before decoding, one error per bad item."""

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mmbench.samples import MediaError, MediaPart

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: beyond any benchmark picture, and 300 MB decoded
MAX_FRAMES = 200_000_000  # 75 minutes at 44.1 kHz
UNKNOWN_SIZE = 0xFFFFFFFF  # in the header of a WAV file that was streamed
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")


def read_bytes(part: MediaPart, sample_id: str) -> bytes:
    """The encoded bytes of a part.

    Raises:
        MediaError: the file is missing or unreadable, or its bytes are not those that were indexed.
    """
    if part.data is not None:
        data = part.data
    elif part.path is None:
        raise MediaError(sample_id, "the part has neither bytes nor a path")
    else:
        try:
            with Path(part.path).open("rb") as handle:
                handle.seek(part.offset)
                data = handle.read(-1 if part.length is None else part.length)
        except OSError as error:
            raise MediaError(sample_id, f"{Path(part.path).name} cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != part.sha256:
        where = (
            "the stored bytes" if part.path is None else Path(part.path).name
        )  # folders are private: runs are published
        raise MediaError(sample_id, f"{where} changed since the split was indexed (sha256 differs)")
    return data


def decode_image(part: MediaPart, sample_id: str) -> "Image.Image":
    """A picture as an RGB ``PIL.Image``, EXIF orientation applied, transparency laid on white.

    Raises:
        MediaError: the bytes are not a whole picture of a known format, or it has more than ``MAX_PIXELS``.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    data = read_bytes(part, sample_id)
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=IMAGE_FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise MediaError(sample_id, f"the picture is {image.width} x {image.height}, above {MAX_PIXELS:,} pixels")
        image.load()
        ImageOps.exif_transpose(image, in_place=True)  # the other form copies every picture
    except UnidentifiedImageError as error:
        raise MediaError(sample_id, f"not a readable {part.media_type}: no known picture format") from error
    except Image.DecompressionBombError as error:  # Pillow has a bound of its own, and counts before we can
        raise MediaError(sample_id, f"the picture is far larger than {MAX_PIXELS:,} pixels") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(sample_id, f"not a readable {part.media_type}: {error}") from error
    return _flatten(image)


def decode_audio(part: MediaPart, sample_id: str, rate: int | None = None) -> tuple[NDArray[np.float32], int]:
    """A sound as float32 ``(channels, time)`` in [-1, 1] and its rate in Hz.

    Args:
        part: the sound.
        sample_id: named in the error.
        rate: resample to this rate (soxr, high quality); ``None`` keeps the file's.

    Raises:
        MediaError: the bytes are not a whole sound of a known format, or it has more than ``MAX_FRAMES``.
    """
    import soundfile

    data = read_bytes(part, sample_id)
    if _is_cut_off(data):
        raise MediaError(sample_id, f"not a readable {part.media_type}: the file is shorter than its header says")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as handle:
            if handle.frames > MAX_FRAMES:
                raise MediaError(sample_id, f"the sound has {handle.frames:,} frames, above {MAX_FRAMES:,}")
            frames = handle.read(frames=MAX_FRAMES, dtype="float32", always_2d=True)
            found, promised = int(handle.samplerate), int(handle.frames)
    except (soundfile.SoundFileError, RuntimeError) as error:
        reason = getattr(error, "error_string", error)  # the plain message names an address in memory
        raise MediaError(sample_id, f"not a readable {part.media_type}: {reason}") from error
    if frames.shape[0] < promised:
        raise MediaError(sample_id, f"the {part.media_type} ends after {frames.shape[0]:,} of {promised:,} frames")
    if frames.shape[0] == 0:
        raise MediaError(sample_id, f"the {part.media_type} holds no sound")
    if rate is not None and rate != found:
        import soxr

        frames, found = soxr.resample(frames, found, rate, quality="HQ"), rate
    return np.ascontiguousarray(frames.T, dtype=np.float32), found


def pixel_fingerprint(image: "Image.Image") -> str:
    """The sha256 of a picture's mode, size and pixels: equal however the file was compressed."""
    head = f"{image.mode} {image.width}x{image.height}".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def pcm_fingerprint(samples: NDArray[np.int16], rate: int) -> str:
    """The sha256 of 16-bit samples ``(time,)`` and their rate: equal however the file was written."""
    return hashlib.sha256(f"{rate} ".encode() + np.ascontiguousarray(samples, dtype="<i2").tobytes()).hexdigest()


def _is_cut_off(data: bytes) -> bool:
    """Whether a WAV or AIFF file ends before its header says: the decoder would take what is there for the whole."""
    order: dict[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"RIFX": "big", b"FORM": "big"}
    if data[:4] not in order:
        return False
    size = int.from_bytes(data[4:8], order[data[:4]])
    return size != UNKNOWN_SIZE and len(data) + 1 < size + 8  # some writers count a padding byte that they leave out


def _flatten(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I;16"):  # Pillow's own conversion cuts 16 bits off at 255: everything turns white
        return Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8)).convert("RGB")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
