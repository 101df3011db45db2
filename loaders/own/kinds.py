"""Which files are pictures and which are sounds, by their name or by their first bytes."""

from pathlib import PurePosixPath
from types import MappingProxyType

from mmbench.samples import Modality

IMAGES = MappingProxyType(
    {
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jfif": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
        "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "ppm": "image/x-portable-pixmap", "pgm": "image/x-portable-pixmap",
        # mmbench decodes none of these: they stay samples, and each says so by its id
        "heic": "image/heic", "heif": "image/heif", "avif": "image/avif", "jp2": "image/jp2", "svg": "image/svg+xml",
    }
)  # fmt: skip
SOUNDS = MappingProxyType(
    {
        "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "mp3": "audio/mpeg",
        "aif": "audio/aiff", "aiff": "audio/aiff", "aifc": "audio/aiff", "au": "audio/basic",
        "m4a": "audio/mp4", "aac": "audio/aac", "wma": "audio/x-ms-wma", "amr": "audio/amr",  # not decoded either
    }
)  # fmt: skip
MAGIC = (
    (b"\x89PNG", 0, "image/png"), (b"\xff\xd8\xff", 0, "image/jpeg"), (b"GIF8", 0, "image/gif"), (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/bmp"), (b"II*\x00", 0, "image/tiff"), (b"MM\x00*", 0, "image/tiff"), (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "audio/ogg"), (b"WAVE", 8, "audio/wav"), (b"AIF", 8, "audio/aiff"), (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"), (b"\xff\xf3", 0, "audio/mpeg"), (b"\xff\xf2", 0, "audio/mpeg"),
)  # fmt: skip
UNKNOWN = "application/octet-stream"


def suffix_of(name: str) -> str:
    """The last suffix in lower case without its dot: ``jpg`` of ``a/b.JPG``."""
    return PurePosixPath(name).suffix[1:].lower()


def stem_of(name: str) -> str:
    """A relative path without its last suffix: ``a/b.c`` of ``a/b.c.jpg``."""
    return PurePosixPath(name).with_suffix("").as_posix()


def kind_of(name: str) -> tuple[Modality, str] | None:
    """The modality and media type that a file's name declares; ``None`` where it is neither picture nor sound."""
    suffix = suffix_of(name)
    if suffix in IMAGES:
        return Modality.IMAGE, IMAGES[suffix]
    return (Modality.AUDIO, SOUNDS[suffix]) if suffix in SOUNDS else None


def sniffed(data: bytes) -> tuple[Modality, str] | None:
    """The modality and media type that the first bytes tell; ``None`` where they are of no known format."""
    for magic, offset, media_type in MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return Modality(media_type.partition("/")[0]), media_type
    return None
