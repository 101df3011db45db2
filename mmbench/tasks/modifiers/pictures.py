"""Worse pictures: blur, noise, JPEG and occlusion, by severity."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mmbench.loaders.dataset import Change
from mmbench.media import decode_image
from mmbench.samples import MediaPart, Modality, Part
from mmbench.tasks.alterations import Modifier, each_part, encoded

if TYPE_CHECKING:
    from PIL import Image

SIDE = 224  # the strengths of ImageNet-C are meant for pictures of this size
GREY = 127
IMAGENET_C = "after ImageNet-C (Hendrycks and Dietterich 2019, arXiv 1903.12261)"
Pixels = Callable[["Image.Image", float, np.random.Generator], "Image.Image"]


def _pixels(key: str, change: Pixels) -> Callable[[float | None], Change]:
    """A change of pixels; the result is stored without loss."""

    def make(value: float | None) -> Change:
        def of(part: Part, draw: np.random.Generator) -> Part:
            if not isinstance(part, MediaPart) or value is None:
                return part
            buffer = io.BytesIO()
            change(decode_image(part, ""), value, draw).save(buffer, "PNG", compress_level=1)
            return encoded(part, "image/png", buffer.getvalue())

        return each_part(key, Modality.IMAGE, of)

    return make


def _blurred(image: "Image.Image", sigma: float, _draw: np.random.Generator) -> "Image.Image":
    from PIL import ImageFilter

    return image.filter(ImageFilter.GaussianBlur(sigma * min(image.size) / SIDE))


def _noisy(image: "Image.Image", sigma: float, draw: np.random.Generator) -> "Image.Image":
    from PIL import Image

    grain = max(1, round(min(image.size) / SIDE))  # the grain grows with the picture, or resizing would average it away
    width, height = (-(-side // grain) for side in image.size)
    noise = np.repeat(np.repeat(draw.standard_normal((height, width, 3), dtype=np.float32), grain, 0), grain, 1)
    values: Any = np.asarray(image, dtype=np.float32) + 255 * sigma * noise[: image.height, : image.width]
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _occluded(image: "Image.Image", share: float, draw: np.random.Generator) -> "Image.Image":
    from PIL import Image

    width, height = (max(1, round(side * share**0.5)) for side in image.size)
    left, top = (int(draw.integers(0, side - size + 1)) for side, size in zip(image.size, (width, height), strict=True))
    covered = image.copy()
    covered.paste(Image.new("RGB", (width, height), (GREY, GREY, GREY)), (left, top))
    return covered


def _jpeg(value: float | None) -> Change:
    def of(part: Part, _draw: np.random.Generator) -> Part:
        if not isinstance(part, MediaPart) or value is None:
            return part
        buffer = io.BytesIO()
        decode_image(part, "").save(buffer, "JPEG", quality=int(value))
        return encoded(part, "image/jpeg", buffer.getvalue())

    return each_part("jpeg", Modality.IMAGE, of)


MODIFIERS = (
    Modifier(
        key="blur",
        title="blurred",
        about="Gaussian blur; sigma grows with the shorter side.",
        source=IMAGENET_C,
        modality=Modality.IMAGE,
        make=_pixels("blur", _blurred),
        strengths=(1, 2, 3, 4, 6),
        unit="pixels of sigma at a shorter side of 224",
    ),
    Modifier(
        key="noise",
        title="noisy",
        about="Gaussian noise on every channel; its grain grows with the shorter side.",
        source=IMAGENET_C,
        modality=Modality.IMAGE,
        make=_pixels("noise", _noisy),
        strengths=(0.08, 0.12, 0.18, 0.26, 0.38),
        unit="sigma as a share of the range",
    ),
    Modifier(
        key="jpeg",
        title="strongly compressed",
        about="JPEG of low quality, by Pillow.",
        source=IMAGENET_C,
        modality=Modality.IMAGE,
        make=_jpeg,
        strengths=(25, 18, 15, 10, 7),
        unit="JPEG quality",
    ),
    Modifier(
        key="occlusion",
        title="partly covered",
        about="A grey rectangle of the picture's shape at a random place.",
        source="after random erasing (Zhong et al. 2020, arXiv 1708.04896); these shares are mmbench's own",
        modality=Modality.IMAGE,
        make=_pixels("occlusion", _occluded),
        strengths=(0.1, 0.2, 0.3, 0.4, 0.5),
        unit="share of the area",
    ),
)
