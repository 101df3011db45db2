"""Pictures of emoji, drawn from a colour font by Pillow (FreeType and Raqm)."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmbench.errors import UserError
from mmbench.media import pixel_fingerprint
from mmbench.samples import MediaPart, Modality, media_part

FONT_SHARE = 0.75  # of the side: the widest glyphs (flags) then keep a margin


def draw(emoji: Sequence[str], font_file: Path, side: int) -> Iterator[MediaPart]:
    """Each emoji in colour on white, ``side`` x ``side`` pixels RGB, as a PNG part whose fingerprint is that of the pixels.

    Raises:
        UserError: this Pillow has no Raqm, without which joined emoji fall apart into their pieces.
    """
    from PIL import Image, ImageDraw, ImageFont, features

    if not features.check("raqm"):
        raise UserError(
            "This build of Pillow lacks Raqm, which joined emoji need: install Pillow's own wheel (pip install --force-reinstall pillow)."
        )
    font = ImageFont.truetype(str(font_file), size=round(side * FONT_SHARE), layout_engine=ImageFont.Layout.RAQM)
    for character in emoji:
        image = Image.new("RGB", (side, side), "white")
        ImageDraw.Draw(image).text((side / 2, side / 2), character, font=font, embedded_color=True, anchor="mm")
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        yield media_part(Modality.IMAGE, "image/png", buffer.getvalue(), fingerprint=pixel_fingerprint(image))
