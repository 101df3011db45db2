"""``open_clip:NAME/PRETRAINED``: the CLIP models of OpenCLIP, with the library's own transforms and tokenizers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256
from mmbench.models.adapters._inputs import one_modality, pictures
from mmbench.models.base import Adapter, ModelCard
from mmbench.models.devices import resolve_device, resolve_dtype
from mmbench.models.weights import Weights, locate
from mmbench.samples import Modality, Role, Sample

HUB = "hf-hub:"
PRECISIONS = {None: "fp32", "float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


@dataclass(frozen=True, slots=True)
class Source:
    """What OpenCLIP is asked for, and what identifies it.

    Attributes:
        model: what its functions call ``model_name``.
        pretrained: a tag or the path of a checkpoint; ``None`` where the model's name says all.
        name: what boards call it.
        revision: the hub's commit, a digest of the checkpoint, or the tag.
        weights: of a folder or hub repository.
    """

    model: str
    pretrained: str | None
    name: str
    revision: str
    weights: Weights | None = None


class OpenClip:
    """Embeds pictures and texts with ``encode_image`` and ``encode_text``.

    Args:
        network: what ``open_clip.create_model_and_transforms`` returned first.
        transform: a picture to a tensor, as for validation.
        tokenizer: texts to token ids.
        source: what it was made from.
        device: a ``torch.device``.
        max_pixels: larger pictures are shrunk first.
    """

    symmetric = True

    def __init__(
        self, network: Any, transform: Any, tokenizer: Any, source: Source, device: Any, max_pixels: int | None = None
    ) -> None:
        self._network, self._transform, self._tokenizer = network, transform, tokenizer
        self._device, self._max_pixels = device, max_pixels
        weights = source.weights
        self.device = str(device)
        self.dtype = str(next(network.parameters()).dtype).removeprefix("torch.")
        self.preprocessing = digest([str(transform), str(getattr(tokenizer, "context_length", "")), max_pixels])[:16]
        self.card = ModelCard(
            source.name,
            source.revision,
            frozenset({Modality.IMAGE, Modality.TEXT}),
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            licence=None if weights is None else weights.licence,
            languages=None if weights is None else weights.languages,
            summary="CLIP of OpenCLIP." if weights is None else weights.summary("CLIP of OpenCLIP"),
        )

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Features ``(n, d)``, float32, not normalised. Texts beyond the model's length are cut off by its tokenizer."""
        import torch

        with torch.inference_mode():
            if one_modality(modalities, self.card) is Modality.IMAGE:
                images = torch.stack([self._transform(image) for image in pictures(samples, self._max_pixels)])
                found = self._network.encode_image(images.to(self._device, next(self._network.parameters()).dtype))
            else:
                found = self._network.encode_text(self._tokenizer([sample.text for sample in samples]).to(self._device))
            vectors: NDArray[np.float32] = found.float().cpu().numpy()
        return vectors


def make(
    name: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    revision: str | None = None,
    max_pixels: int | None = None,
) -> OpenClip:
    """A model by architecture and pretraining, or from a repository in OpenCLIP's format.

    Args:
        name: ``ViT-B-32/laion2b_s34b_b79k`` (a tag of ``open_clip.list_pretrained()``), ``ViT-B-32/PATH`` (a safetensors checkpoint),
            ``hf-hub:OWNER/NAME``, or a folder with ``open_clip_config.json``.
        device: where it runs; the best device by default.
        dtype: the precision; ``float32`` by default.
        revision: branch, tag or commit of ``hf-hub:``.
        max_pixels: larger pictures are shrunk to this many before the model's own transform.

    Raises:
        UserError: OpenCLIP or torchvision is missing, or there is no such architecture, tag or checkpoint.
    """
    try:
        import open_clip
    except (ImportError, RuntimeError) as error:  # torchvision beside another build of torch raises either
        raise UserError(
            f"OpenCLIP cannot be imported ({error}): run pip install 'mmbench[open-clip]', with torch and torchvision of one build."
        ) from error
    resolve_dtype(dtype)
    if dtype not in PRECISIONS:
        raise UserError(f"OpenCLIP does not run in {dtype}: choose one of {', '.join(filter(None, PRECISIONS))}.")
    where = resolve_device(device)
    source = _source(name, revision, open_clip)
    try:
        network, _, transform = open_clip.create_model_and_transforms(
            source.model, source.pretrained, precision=PRECISIONS[dtype], device=where
        )
        tokenizer = open_clip.get_tokenizer(source.model)
    except (RuntimeError, ValueError, OSError, AssertionError) as error:  # it asserts that widths agree
        raise UserError(f"OpenCLIP cannot load {source.name}: {_reason(error, source)}") from error
    return OpenClip(network.eval(), transform, tokenizer, source, where, max_pixels)


def _source(name: str, revision: str | None, open_clip: Any) -> Source:
    if name.startswith(HUB) or (Path(name) / "open_clip_config.json").is_file():
        weights = locate(name.removeprefix(HUB), revision)
        return Source(f"local-dir:{weights.folder}", None, weights.name, weights.revision, weights)
    if revision is not None:
        raise UserError(f"Only {HUB}OWNER/NAME takes a revision.")
    model, slash, pretrained = name.partition("/")
    if not slash or model not in open_clip.list_models():
        raise UserError(
            f"OpenCLIP has no architecture {model!r}: a spec is open_clip:NAME/PRETRAINED, as open_clip:ViT-B-32/openai."
        )
    checkpoint = Path(pretrained)
    if checkpoint.is_file():
        if checkpoint.suffix != ".safetensors":
            raise UserError(f"{checkpoint.name} is no safetensors file: convert it, since pickle can run code.")
        return Source(model, pretrained, f"{model}/{checkpoint.stem}", f"sha256:{file_sha256(checkpoint)[:16]}")
    tags = open_clip.list_pretrained_tags_by_model(model)
    if pretrained not in tags:
        raise UserError(
            f"{pretrained!r} is neither a file nor weights of {model}; those are {', '.join(tags) or 'none'}."
        )
    return Source(model, pretrained, name, f"{pretrained}@open_clip-{open_clip.__version__}")


def _reason(error: BaseException, source: Source) -> str:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    private = (
        [str(source.weights.folder)] if source.weights else [] if source.pretrained is None else [source.pretrained]
    )
    for path in private:
        first = first.replace(path, source.name)
    return f"{first.rstrip('.')}."


ADAPTER = Adapter(
    "open_clip",
    make,
    can=("embed",),
    extra="open-clip",
    example="open_clip:ViT-B-32/laion2b_s34b_b79k",
    summary="CLIP, SigLIP, CoCa and others of OpenCLIP, by architecture and pretraining.",
)
