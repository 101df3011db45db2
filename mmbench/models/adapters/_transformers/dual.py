"""Dual encoders (CLIP, SigLIP, CLAP and their like): a picture, a sound or a text to one vector in a common space."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.models.adapters._inputs import one_modality, pictures, sounds
from mmbench.models.adapters._transformers.loading import Loaded, TorchModel
from mmbench.samples import Modality, Role, Sample

FULL_LENGTH = (
    "siglip",
    "siglip2",
    "videoprism",
)  # trained on texts that were padded to the full length, without a mask
UNBOUNDED = 10**6  # a tokenizer that was told no length says 10**30


class DualEncoder(TorchModel):
    """Embeds one modality at a time with ``get_image_features``, ``get_text_features`` or ``get_audio_features``.

    Args:
        loaded: the network.
        max_pixels: larger pictures are shrunk first.
    """

    symmetric = True  # query and document are embedded alike

    def __init__(self, loaded: Loaded, max_pixels: int | None = None) -> None:
        found = [modality for modality in METHODS if hasattr(loaded.network, METHODS[modality])]
        super().__init__(loaded.with_modalities(*found), f"|max_pixels={max_pixels}" if max_pixels else "")
        self._max_pixels = max_pixels

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Projected features ``(n, d)``, float32, as the library returns them. Texts beyond the model's length are cut off."""
        import torch

        modality = one_modality(modalities, self.card)
        with torch.inference_mode():
            if modality is Modality.IMAGE:
                found = self._features(modality, self._images(pictures(samples, self._max_pixels)))
            elif modality is Modality.TEXT:
                found = self._features(modality, self._texts([sample.text for sample in samples]))
            else:
                found = torch.cat([self._features(modality, one) for one in self._sounds(samples)])
        vectors: NDArray[np.float32] = found.float().cpu().numpy()
        return vectors

    def _features(self, modality: Modality, inputs: Any) -> Any:
        out = getattr(self._loaded.network, METHODS[modality])(**self._loaded.to_device(inputs))
        return getattr(out, "pooler_output", out)  # since transformers 5 an output, before it the tensor

    def _images(self, images: Sequence[Any]) -> Any:
        return self._loaded.processor(images=list(images), return_tensors="pt")

    def _texts(self, texts: list[str]) -> Any:
        longest, full = text_length(self._loaded)
        return self._loaded.processor(
            text=texts, padding="max_length" if full else True, truncation=True, max_length=longest, return_tensors="pt"
        )

    def _sounds(self, samples: Sequence[Sample]) -> Iterator[Any]:
        """Inputs of one sound each, or of all together where they have one shape.

        A sound's features must not depend on its neighbours: CLAP's extractor draws crops, and marks one sound of a batch, at random.
        """
        import torch

        rate = self._loaded.processor.feature_extractor.sampling_rate
        each = []
        for wave in sounds(samples, rate):
            with _seeded():
                each.append(dict(self._loaded.processor(audio=wave, sampling_rate=rate, return_tensors="pt")))
        if len({tuple((name, value.shape) for name, value in one.items()) for one in each}) == 1:
            yield {name: torch.cat([one[name] for one in each]) for name in each[0]}
        else:
            yield from each


METHODS = {
    Modality.IMAGE: "get_image_features",
    Modality.TEXT: "get_text_features",
    Modality.AUDIO: "get_audio_features",
}


def text_length(loaded: Loaded) -> tuple[int | None, bool]:
    """At most how many tokens a text has, and whether every text is padded to that many."""
    tokenizer = loaded.processor.tokenizer
    config = getattr(loaded.network.config, "text_config", loaded.network.config)
    positions = getattr(config, "max_position_embeddings", None)
    if loaded.network.config.model_type in FULL_LENGTH:
        return positions, True
    if tokenizer.model_max_length < UNBOUNDED:
        return min(tokenizer.model_max_length, positions or UNBOUNDED), False
    return None if positions is None else positions - 2, False  # RoBERTa counts positions from its padding id + 1


@contextmanager
def _seeded() -> Iterator[None]:
    """The global generator of numpy in one state for each sound, and then as it was: the library draws from no other."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
