"""Samples as plain values that a page can show: thumbnails, short sounds, texts, curves of features. Everything is bounded."""

import base64
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.cards import DatasetCard
from mmbench.media import decode_audio, decode_image, read_bytes
from mmbench.samples import FeaturesPart, MediaError, MediaPart, Modality, Sample, TextPart

if TYPE_CHECKING:
    from PIL import Image

THUMBNAIL = 256  # pixels of the longer side
SMALL = 128  # up to this side a picture is kept as PNG: drawings and icons smear in JPEG
SOUND_BYTES = 400_000
SOUND_SECONDS = 10
SOUNDS_PER_SAMPLE, PICTURES_PER_SAMPLE, FEATURES_PER_SAMPLE = 8, 8, 8
TEXT_CHARACTERS = 2000
PAGE_BYTES = 24_000_000  # of embedded media: a page that a browser on a telephone still opens
PLAYABLE = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg")
CURVE_POINTS = 160
POLICY = "default-src 'none'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'"


@dataclass(slots=True)
class Views:
    """Makes views of samples until a page's budget for media is spent.

    Attributes:
        allowed: whether media, answers and meta may be shown.
        left: how many bytes of media may still be embedded.
    """

    allowed: bool
    left: int = PAGE_BYTES

    def of(self, sample: Sample) -> dict[str, Any]:
        """A sample as values for the template ``sample.html``."""
        texts = [part for part in sample.content if isinstance(part, TextPart)]
        return {
            "id": sample.id,
            "group": sample.group,
            "pictures": self._parts(sample, Modality.IMAGE, PICTURES_PER_SAMPLE),
            "sounds": self._parts(sample, Modality.AUDIO, SOUNDS_PER_SAMPLE),
            "features": [_features(part) for part in sample.content if isinstance(part, FeaturesPart)][
                :FEATURES_PER_SAMPLE
            ],
            "texts": [{"text": _cut(part.text), "language": part.language} for part in _english_first(texts)],
            "options": [_cut(option) for option in sample.options],
            "target": _plain(sample.target) if self.allowed and sample.target is not None else None,
            "hidden": not self.allowed and sample.target is not None,
            "meta": _plain(dict(sample.meta), indent=1) if self.allowed and sample.meta else None,
        }

    def _parts(self, sample: Sample, kind: Modality, most: int) -> dict[str, Any]:
        found = [part for part in sample.parts(kind) if isinstance(part, MediaPart)]
        shown = [self._media(part, sample.id) for part in found[:most]]
        return {"shown": shown, "more": len(found) - len(shown)}

    def _media(self, part: MediaPart, sample_id: str) -> dict[str, Any]:
        view: dict[str, Any] = {"language": part.language, "uri": None, "note": part.media_type}
        if not self.allowed:
            return view | {"note": f"{part.media_type}, not shown: its licence does not allow it"}
        if self.left <= 0:
            return view | {"note": f"{part.media_type}, not shown: the page is full"}
        try:
            view |= _picture(part, sample_id) if part.modality is Modality.IMAGE else _sound(part, sample_id)
        except MediaError as error:
            return view | {"error": error.reason}
        self.left -= len(view["uri"])
        return view


def may_show(card: DatasetCard, known: Sequence[str]) -> bool:
    """Whether a page may hold the data's media and answers: its card allows it, or it is in no catalog and so the user's own."""
    return card.redistributable or card.key not in known


def card_facts(card: DatasetCard, splits: Mapping[str, int]) -> dict[str, Any]:
    """A card for the head of a page; ``splits`` are the samples of the splits at hand."""
    counts = {name: facts.count if isinstance(facts.count, int) else None for name, facts in card.splits.items()}
    return {
        "key": card.key,
        "title": card.title,
        "summary": card.summary,
        "licence": card.licence if isinstance(card.licence, str) else f"unknown ({card.licence.reason})",
        "attribution": card.attribution,
        "splits": {
            name: f"{count:,}" if count is not None else "unknown" for name, count in {**counts, **splits}.items()
        },
        "issues": [
            (issue.summary, f"{issue.count:,}" if isinstance(issue.count, int) else "unknown", issue.handling)
            for issue in card.known_issues
        ],
        "homepage": card.homepage,
        "toy": card.toy,
    }


def render(template: str, **values: Any) -> str:
    """A page from a template of this package: escaped, in one file, with a policy that forbids every request and script."""
    import jinja2
    from markupsafe import Markup

    loader = jinja2.PackageLoader("mmbench.loaders")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style = loader.get_source(environment, "style.css")[0]
    values |= {"style": Markup(style), "policy": f"{POLICY}; style-src {_hash(style)}"}  # noqa: S704  # our own file
    return environment.get_template(template).render(values)


def _picture(part: MediaPart, sample_id: str) -> dict[str, Any]:
    from PIL import Image

    image = decode_image(part, sample_id)
    size = f"{image.width} × {image.height}"  # noqa: RUF001  # how sizes are written
    small = max(image.size) <= SMALL
    image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    data, kind = _encoded(image, "PNG" if small else "JPEG")
    return {"uri": _uri(kind, data), "note": f"{part.media_type}, {size}", "width": image.width, "height": image.height}


def _encoded(image: "Image.Image", kind: str) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if kind == "PNG":
        image.save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue(), f"image/{kind.lower()}"


def _sound(part: MediaPart, sample_id: str) -> dict[str, Any]:
    import soundfile

    data = read_bytes(part, sample_id)
    wave, rate = decode_audio(replace(part, data=data), sample_id)
    seconds = wave.shape[1] / rate
    note = f"{seconds:.1f} s, {rate / 1000:g} kHz, {len(wave)} channel{'s' * (len(wave) != 1)}"
    kind = part.media_type
    if len(data) > SOUND_BYTES or kind not in PLAYABLE:
        buffer = io.BytesIO()
        cut = wave[:, : SOUND_SECONDS * rate].mean(0)
        soundfile.write(buffer, cut, rate, format="FLAC", subtype="PCM_16")
        data, kind = buffer.getvalue(), "audio/flac"
        note += f", here the first {SOUND_SECONDS} s" if seconds > SOUND_SECONDS else ""
    return {"uri": _uri(kind, data), "note": note, "points": _envelope(wave.mean(0))}


def _features(part: FeaturesPart) -> dict[str, Any]:
    values = part.values
    known = values[np.isfinite(values)]
    curve = np.nan_to_num(values.reshape(len(values), -1)).mean(1) if values.ndim and values.size else np.zeros(0)
    bad = values.size - known.size
    return {
        "name": part.name,
        "shape": " x ".join(map(str, values.shape)),
        "range": f"{known.min():.4g} to {known.max():.4g}" if known.size else "no finite value",
        "note": f"{bad:,} values are not finite" if bad else "",
        "seconds": None if part.timestamps is None or not len(part.timestamps) else f"{part.timestamps.max():.2f} s",
        "points": _line(curve),
    }


def _envelope(wave: NDArray[np.float32]) -> str:
    """The outline of a waveform as points of a polygon in a box of ``CURVE_POINTS`` x 32."""
    chunks = np.array_split(np.abs(wave), min(CURVE_POINTS, len(wave)))
    high = [min(1.0, float(chunk.max())) for chunk in chunks]
    step = CURVE_POINTS / len(high)
    upper = [f"{i * step:.0f},{16 - 15 * value:.1f}" for i, value in enumerate(high)]
    lower = [f"{i * step:.0f},{16 + 15 * value:.1f}" for i, value in reversed(list(enumerate(high)))]
    return " ".join(upper + lower)


def _line(curve: NDArray[np.floating[Any]]) -> str:
    """A curve as points of a line in a box of ``CURVE_POINTS`` x 32; empty where there is nothing to draw."""
    if len(curve) < 2 or curve.min() == curve.max():
        return ""
    means = [float(chunk.mean()) for chunk in np.array_split(curve, min(CURVE_POINTS, len(curve)))]
    low, high = min(means), max(means)
    step = CURVE_POINTS / (len(means) - 1)
    return " ".join(
        f"{i * step:.1f},{31 - 30 * (value - low) / ((high - low) or 1):.1f}" for i, value in enumerate(means)
    )


def _english_first(texts: Sequence[TextPart]) -> list[TextPart]:
    return sorted(texts, key=lambda part: part.language not in (None, "en"))  # stable: the rest keeps its order


def _plain(value: Any, indent: int | None = None) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=indent)
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}… ({len(text):,} characters)"


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
