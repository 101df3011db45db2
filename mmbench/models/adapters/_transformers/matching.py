"""Image-text matching (BLIP-ITM): how well a picture and a text go together, read jointly; and the two vectors on their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.adapters._inputs import one_modality, pictures
from mmbench.models.adapters._transformers.dual import text_length
from mmbench.models.adapters._transformers.loading import Loaded, TorchModel
from mmbench.samples import Modality, Role, Sample


class Matcher(TorchModel):
    """``BlipForImageTextRetrieval``: its matching head scores pairs, its projections embed.

    Args:
        loaded: the network.
        max_pixels: larger pictures are shrunk first.
    """

    symmetric = True

    def __init__(self, loaded: Loaded, max_pixels: int | None = None) -> None:
        super().__init__(
            loaded.with_modalities(Modality.IMAGE, Modality.TEXT), f"|max_pixels={max_pixels}" if max_pixels else ""
        )
        self._max_pixels = max_pixels

    def score_pairs(self, left: Sequence[Sample], right: Sequence[Sample]) -> NDArray[np.float32]:
        """Log odds ``(n,)`` of a match. Which side holds the picture does not matter; each picture is encoded once a call."""
        import torch

        sides = [_picture_and_text(*pair) for pair in zip(left, right, strict=True)]
        first = {picture.image.fingerprint: picture for picture, _ in sides}
        rows = {key: row for row, key in enumerate(first)}
        order = [rows[picture.image.fingerprint] for picture, _ in sides]
        with torch.inference_mode():
            images = self._images(list(first.values()))[order]
            mask = torch.ones(images.shape[:-1], dtype=torch.long, device=images.device)
            hidden = self._texts(
                [text.text for _, text in sides], encoder_hidden_states=images, encoder_attention_mask=mask
            )
            logits = self._loaded.network.itm_head(hidden[:, 0]).float()
            scores: NDArray[np.float32] = (logits[:, 1] - logits[:, 0]).cpu().numpy()
        return scores

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Projected features ``(n, d)`` of unit length, float32, as the head without matching compares them."""
        import torch

        network = self._loaded.network
        with torch.inference_mode():
            if one_modality(modalities, self.card) is Modality.IMAGE:
                found = network.vision_proj(self._images(samples)[:, 0])
            else:
                found = network.text_proj(self._texts([sample.text for sample in samples])[:, 0])
            vectors: NDArray[np.float32] = torch.nn.functional.normalize(found, dim=-1).float().cpu().numpy()
        return vectors

    def _images(self, samples: Sequence[Sample]) -> Any:
        inputs = self._loaded.processor(images=pictures(samples, self._max_pixels), return_tensors="pt")
        return self._loaded.network.vision_model(**self._loaded.to_device(inputs)).last_hidden_state

    def _texts(self, texts: list[str], **joint: Any) -> Any:
        longest, _ = text_length(self._loaded)
        inputs = self._loaded.processor(
            text=texts, padding=True, truncation=True, max_length=longest, return_tensors="pt"
        )
        kept = {name: value for name, value in inputs.items() if name in ("input_ids", "attention_mask")}
        return self._loaded.network.text_encoder(**self._loaded.to_device(kept), **joint).last_hidden_state


def _picture_and_text(one: Sample, other: Sample) -> tuple[Sample, Sample]:
    if one.parts(Modality.IMAGE) and other.parts(Modality.TEXT):
        return one, other
    if other.parts(Modality.IMAGE) and one.parts(Modality.TEXT):
        return other, one
    raise UserError(f"A matcher scores a picture with a text; {one.id} and {other.id} are not such a pair.")
