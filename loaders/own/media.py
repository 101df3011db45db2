"""Media of the user's files and frames as parts: by the name of a file, by bytes, or by what pandas and ``datasets`` hold."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.own.hashes import Hashes
from mmbench.loaders.own.kinds import UNKNOWN, kind_of, sniffed, stem_of
from mmbench.loaders.own.records import is_empty
from mmbench.media import pixel_fingerprint
from mmbench.samples import MediaPart, Modality, Part, Sample, media_part

PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}


def part_of(root: Path, name: str) -> MediaPart:
    """A file with the name of a picture or sound as a part that is hashed later. ``ValueError`` for another name."""
    kind = kind_of(name)
    if kind is None:
        raise ValueError(f"{name} is no picture and no sound")
    return MediaPart(kind[0], kind[1], "", "", path=str(root / name))


def joined(media: Sequence[str]) -> dict[str, list[str]]:
    """Media files by their path without suffix: a picture and a sound of one name belong together."""
    found: dict[str, list[str]] = {}
    for name in media:
        found.setdefault(stem_of(name), []).append(name)
    return found


def hashed(sample: Sample, hashes: Hashes) -> Sample:
    """The sample with the sha256 of every part that had none yet."""
    content: list[Part] = []
    for part in sample.content:
        if isinstance(part, MediaPart) and not part.sha256:
            sha256 = _sha256(part, hashes)
            content.append(replace(part, sha256=sha256, fingerprint=sha256))
        else:
            content.append(part)
    return replace(sample, content=tuple(content))


def cell_part(cell: Any, role: str, where: str) -> MediaPart | None:
    """A cell that holds a picture or sound itself: bytes, ``{"bytes", "path"}``, a Pillow image, or the path of a file.

    Args:
        cell: the value; empty cells give ``None``.
        role: ``image``, ``audio``, or ``file`` for whichever the bytes or the name tell.
        where: names the row in errors.

    Raises:
        UserError: the cell holds something else, or names a file that cannot be read.
    """
    if isinstance(cell, Mapping) and "bytes" in cell:
        path = cell.get("path")
        return cell_part(path if cell["bytes"] is None else cell["bytes"], role, where)
    if is_empty(cell):
        return None
    if isinstance(cell, bytes | bytearray | memoryview):
        return _bytes_part(bytes(cell), role, "", where)
    if isinstance(cell, str | Path):
        return _bytes_part(_read(Path(cell), where), role, str(cell), where)
    if hasattr(cell, "tobytes") and hasattr(cell, "save"):
        buffer = io.BytesIO()
        kept = cell if cell.mode in PNG_MODES else cell.convert("RGB")
        kept.save(buffer, "PNG")
        return media_part(Modality.IMAGE, "image/png", buffer.getvalue(), fingerprint=pixel_fingerprint(kept))
    raise UserError(
        f"{where} holds a {type(cell).__name__} where a picture or sound should be: "
        "give bytes, a Pillow image or the path of a file."
    )


def _bytes_part(data: bytes, role: str, name: str, where: str) -> MediaPart:
    found = sniffed(data) or kind_of(name)
    if role == "file" and found is None:
        raise UserError(
            f"{where} holds bytes of no known picture or sound: say columns={{'its column': 'image'}} or 'audio'."
        )
    modality, media_type = found or (Modality(role), UNKNOWN)
    return media_part(modality if role == "file" else Modality(role), media_type, data)


def _read(path: Path, where: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{where} names {str(path)!r}, which cannot be read ({reason}): mend the path.") from error


def _sha256(part: MediaPart, hashes: Hashes) -> str:
    path = Path(part.path or "")
    if part.length is None:
        return hashes.of(path)
    with path.open("rb") as handle:
        handle.seek(part.offset)
        return hashlib.sha256(handle.read(part.length)).hexdigest()
