"""Reading and decoding media: bytes checked against their hash, sizes bounded before decoding, one error per bad item."""

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.samples import MediaError, MediaPart, Modality

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: beyond any benchmark picture, and 300 MB decoded
MAX_FRAMES = 200_000_000  # 75 minutes at 44.1 kHz
UNKNOWN_SIZE = 0xFFFFFFFF  # in the header of a WAV file that was streamed
MAX_AHEAD = 1 << 29  # bytes of decoded media that wait to be asked for
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

Wanted: TypeAlias = tuple[str, str, int | None]  # picture or sound, its sha256, the rate that is asked for


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
    with _AHEAD.waiting():
        found: Image.Image | None = _AHEAD.take(("image", part.sha256, None))
        return _image(part, sample_id) if found is None else found


def _image(part: MediaPart, sample_id: str) -> "Image.Image":
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
    with _AHEAD.waiting():
        _AHEAD.rate = rate
        found: tuple[NDArray[np.float32], int] | None = _AHEAD.take(("audio", part.sha256, rate))
        return _audio(part, sample_id, rate) if found is None else found


def _audio(part: MediaPart, sample_id: str, rate: int | None) -> tuple[NDArray[np.float32], int]:
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


@dataclass(eq=False, slots=True)
class Early:
    """A medium that is being decoded before it is asked for; ``taken`` once somebody asked."""

    wanted: Wanted
    future: Future[Any]
    taken: bool = False


def decode_early(part: MediaPart, sample_id: str, pool: Executor) -> Early | None:
    """Have a medium decoded in a thread; the next call of ``decode_image`` or ``decode_audio`` for it gets what came out.

    It changes no result: what fails early fails again, with its error, when it is asked for. A sound is decoded at the rate that was
    asked for last; ``None`` where no sound was asked for yet. Whoever calls this calls ``forget`` when nobody will ask any more.
    """
    if part.modality is Modality.IMAGE:
        return _AHEAD.add(("image", part.sha256, None), pool, lambda: _image(part, sample_id))
    if part.modality is not Modality.AUDIO or isinstance(_AHEAD.rate, str):
        return None
    rate = _AHEAD.rate
    return _AHEAD.add(("audio", part.sha256, rate), pool, lambda: _audio(part, sample_id, rate))


def forget(early: Early) -> None:
    """Let go what was decoded early and not asked for."""
    _AHEAD.forget(early)


def decoding_seconds() -> tuple[float, float]:
    """Seconds that callers in this process have waited for media so far, and that threads have spent on decoding early."""
    return _AHEAD.waited, _AHEAD.worked


class _Ahead:
    """What is decoded early, by what is asked for; a medium that occurs twice is decoded twice, since pictures can be changed."""

    def __init__(self) -> None:
        self.rate: int | Literal["unknown"] | None = "unknown"
        self.waited = self.worked = 0.0
        self._forget_all()
        if hasattr(
            os, "register_at_fork"
        ):  # a model's worker processes have none of the threads that they would wait for
            os.register_at_fork(after_in_child=self._forget_all)

    def _forget_all(self) -> None:
        self._held = 0
        self._waiting: dict[Wanted, list[Early]] = {}
        self._lock = threading.Lock()

    def add(self, wanted: Wanted, pool: Executor, decode: Callable[[], Any]) -> Early:
        early = Early(wanted, pool.submit(self._decode, decode))
        with self._lock:
            self._waiting.setdefault(wanted, []).append(early)
        return early

    def take(self, wanted: Wanted) -> Any:
        """What was decoded early, or ``None``: then the caller decodes."""
        if not self._waiting:
            return None
        early = self._remove(wanted)
        if early is None:
            return None
        early.taken = True
        if early.future.cancel():  # no thread has begun with it
            return None
        try:
            found = early.future.result()
        except CancelledError:
            return None
        self._add_bytes(-_bytes(found))
        return found

    def forget(self, early: Early) -> None:
        if early.taken or self._remove(early.wanted, early) is None or early.future.cancel():
            return
        early.future.add_done_callback(self._drop)

    def _drop(self, done: Future[Any]) -> None:
        if done.exception() is None:
            self._add_bytes(-_bytes(done.result()))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.waited += time.perf_counter() - began

    def _decode(self, decode: Callable[[], Any]) -> Any:
        if self._held > MAX_AHEAD:
            return None
        began = time.perf_counter()
        try:
            found = decode()
        except MediaError:
            found = None
        self._add_bytes(_bytes(found))
        with self._lock:
            self.worked += time.perf_counter() - began
        return found

    def _remove(self, wanted: Wanted, this: Early | None = None) -> Early | None:
        with self._lock:
            waiting = self._waiting.get(wanted, [])
            if not waiting or (this is not None and this not in waiting):
                return None
            early = waiting.pop(waiting.index(this) if this is not None else 0)
            if not waiting:
                del self._waiting[wanted]
            return early

    def _add_bytes(self, n: int) -> None:
        with self._lock:
            self._held += n


_AHEAD = _Ahead()


def _bytes(found: Any) -> int:
    """Of decoded pixels (RGB) or samples."""
    if found is None:
        return 0
    return int(found[0].nbytes) if isinstance(found, tuple) else 3 * found.width * found.height


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
