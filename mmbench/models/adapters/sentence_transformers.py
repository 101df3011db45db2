"""``sentence_transformers:ID_OR_DIR``: embedders of texts, pictures and both, with their prompts for queries and documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.adapters._inputs import named_content
from mmbench.models.adapters._transformers.loading import Quiet, complete, first_line
from mmbench.models.base import Adapter, ModelCard
from mmbench.models.devices import resolve_device, resolve_dtype
from mmbench.models.weights import Weights, locate
from mmbench.samples import Modality, Role, Sample

SLOT = "{instruction}"


@dataclass(frozen=True, slots=True)
class Instructions:
    """How an instruction is said to a model: a text with ``{instruction}`` in it, put before each query."""

    template: str | None

    def prompt(self, instruction: str | None, role: Role | None) -> str | None:
        """The prompt of a call; ``None`` leaves it to the model's own. Documents are embedded without instruction."""
        if self.template is None or instruction is None or role == "document":
            return None
        return self.template.replace(SLOT, instruction)


class SentenceEncoder:
    """Embeds as ``encode_query`` and ``encode_document`` do, so that the model's own prompts are used.

    Args:
        network: a ``SentenceTransformer``.
        card: facts.
        preprocessing: what identifies its configuration.
        instructions: how an instruction is said; without a template it is not.
        max_pixels: larger pictures are shrunk first.
    """

    def __init__(
        self,
        network: Any,
        card: ModelCard,
        preprocessing: str,
        instructions: Instructions,
        max_pixels: int | None = None,
    ) -> None:
        self._network, self._instructions, self._max_pixels = network, instructions, max_pixels
        self.card = card
        self.device = str(network.device)
        self.dtype = str(network.dtype).removeprefix("torch.")
        self.preprocessing = f"{preprocessing}{f'|max_pixels={max_pixels}' if max_pixels else ''}"
        self.symmetric = not any(network.prompts.values()) and not instructions.template and not _routes(network)

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Vectors ``(n, d)``, float32. Several modalities at once only where the model joins them."""
        wanted = tuple(sorted(str(one) for one in modalities))
        if not self._network.supports(wanted[0] if len(wanted) == 1 else wanted):
            raise UserError(
                f"{self.card.name} embeds {', '.join(map(_said, self._network.modalities))}; it was asked for {' + '.join(wanted)}."
            )
        rate = self._network.processor.feature_extractor.sampling_rate if Modality.AUDIO in modalities else None
        inputs = [named_content(sample, modalities, max_pixels=self._max_pixels, rate=rate) for sample in samples]
        encode = {"query": self._network.encode_query, "document": self._network.encode_document}
        vectors: NDArray[np.float32] = encode.get(role or "", self._network.encode)(
            inputs,
            prompt=self._instructions.prompt(instruction, role),
            batch_size=len(inputs),
            show_progress_bar=False,
            convert_to_tensor=True,
        ).float().cpu().numpy()  # fmt: skip
        return vectors


def make(
    name: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    revision: str | None = None,
    attn_implementation: str | None = None,
    max_pixels: int | None = None,
    truncate_dim: int | None = None,
    instruction_template: str | None = None,
) -> SentenceEncoder:
    """A model from the hub or a folder.

    Args:
        name: hub id or folder.
        device: where it runs; the best device by default.
        dtype: the precision; by default that in which the weights are stored.
        revision: branch, tag or commit on the hub.
        attn_implementation: ``sdpa``, ``eager``, ``flash_attention_2``.
        max_pixels: larger pictures are shrunk to this many before the model's own preprocessing.
        truncate_dim: keep so many dimensions (Matryoshka models).
        instruction_template: how a task's instruction is put before a query, as ``Task: {instruction} Query: ``.

    Raises:
        UserError: no such model, no safetensors, code of its own, a template without ``{instruction}``.
    """
    from sentence_transformers import SentenceTransformer

    if instruction_template is not None and SLOT not in instruction_template:
        raise UserError(f"instruction_template {instruction_template!r} has to hold {SLOT}.")
    weights = locate(name, revision)
    options: dict[str, Any] = {"use_safetensors": True, "dtype": resolve_dtype(dtype) or "auto"}
    if attn_implementation is not None:
        options["attn_implementation"] = attn_implementation
    with Quiet() as said:
        try:
            network = SentenceTransformer(
                str(weights.folder), device=str(resolve_device(device)), trust_remote_code=False, local_files_only=True,
                truncate_dim=truncate_dim, model_kwargs=options,
            )  # fmt: skip
        except (ValueError, ImportError, OSError) as error:
            reason = first_line(error).replace(str(weights.folder), weights.name)
            raise UserError(f"{weights.name} cannot be loaded: {reason}") from error
    complete(weights, said.missing)
    return SentenceEncoder(
        network, _card(weights, network), weights.preprocessing, Instructions(instruction_template), max_pixels
    )


def _card(weights: Weights, network: Any) -> ModelCard:
    known = {"image": Modality.IMAGE, "text": Modality.TEXT, "audio": Modality.AUDIO}
    pooled = (
        ""
        if (weights.folder / "modules.json").is_file()
        else ", pooled as the library does by default, since it has no modules.json"
    )
    return ModelCard(
        weights.name,
        weights.revision,
        frozenset(known[one] for one in network.modalities if one in known),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        licence=weights.licence,
        languages=weights.languages,
        summary=weights.summary(f"SentenceTransformer{pooled}"),
    )


def _routes(network: Any) -> bool:
    """Whether queries and documents take different ways through it."""
    from sentence_transformers.base.modules.router import Router

    return any(isinstance(module, Router) for module in network)


def _said(modality: str | tuple[str, ...]) -> str:
    return modality if isinstance(modality, str) else " + ".join(modality)


ADAPTER = Adapter(
    "sentence_transformers",
    make,
    can=("embed",),
    extra="sentence-transformers",
    example="sentence_transformers:sentence-transformers/all-MiniLM-L6-v2",
    summary="Text, CLIP and joint embedders with their own prompts for queries and documents.",
)
