"""From a folder of weights to a network on its device and the processor beside it; nothing that the folder holds is run."""

import logging
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmbench.errors import UserError
from mmbench.models.base import ModelCard
from mmbench.models.devices import resolve_device, resolve_dtype
from mmbench.models.weights import Weights
from mmbench.samples import Modality

UNUSED = (
    "masked_spec_embed",
    "position_ids",
)  # weights that checkpoints leave out, and that only training or nothing reads
REPORTS = "transformers.modeling_utils"  # the logger of the table of wrong weights
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network in evaluation mode and what belongs to it.

    Attributes:
        network: a ``transformers.PreTrainedModel``.
        processor: its processor, or its tokenizer where it takes only text.
        device: a ``torch.device``.
        dtype: of the weights.
        card: facts; ``modalities`` are filled in by the kind of model.
        preprocessing: a digest of the files that configure the processor.
    """

    network: Any
    processor: Any
    device: Any
    dtype: Any
    card: ModelCard
    preprocessing: str

    def with_modalities(self, *modalities: Modality) -> "Loaded":
        """The same with what it takes in."""
        return replace(self, card=replace(self.card, modalities=frozenset(modalities)))

    def to_device(self, inputs: Any) -> dict[str, Any]:
        """Tensors moved to the network's device, floating ones in its dtype."""
        return {
            name: value.to(self.device, self.dtype if value.is_floating_point() else None)
            for name, value in inputs.items()
            if hasattr(value, "to")
        }


class TorchModel:
    """What every model of this adapter says of itself: card, device, dtype, and what identifies its preprocessing."""

    def __init__(self, loaded: Loaded, preprocessing: str = "") -> None:
        self._loaded = loaded
        self.card = loaded.card
        self.device = str(loaded.device)
        self.dtype = str(loaded.dtype).removeprefix("torch.")
        self.preprocessing = f"{loaded.preprocessing}{preprocessing}"


def read_config(weights: Weights) -> Any:
    """The configuration. ``UserError`` where it asks for code of its own, or is of a kind that this transformers does not know."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(weights.folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, OSError, KeyError) as error:
        if "trust_remote_code" in str(error):
            raise UserError(
                f"{weights.name} needs Python code from its repository, which mmbench never runs: choose a checkpoint in the library's "
                "own format, or wrap it yourself (docs/models.md)."
            ) from error
        raise UserError(f"The configuration of {weights.name} cannot be read: {_reason(weights, error)}") from error


def load_network(
    weights: Weights,
    factory: Any,
    *,
    device: str | None,
    dtype: str | None,
    attn_implementation: str | None = None,
    text: bool = False,
) -> Loaded:
    """The network and its processor.

    Args:
        weights: the folder.
        factory: a class of transformers with ``from_pretrained``.
        device: a name; the best device by default.
        dtype: a name; the stored dtype by default.
        attn_implementation: ``sdpa``, ``eager``, ``flash_attention_2``; the library's choice by default.
        text: a tokenizer is all the processor that it needs.

    Raises:
        UserError: weights are missing, the processor needs a package that is absent, or there is no such device or dtype.
    """
    where, kind = resolve_device(device), resolve_dtype(dtype)
    processor = _processor(weights, text)
    with Quiet():
        try:
            network, info = factory.from_pretrained(
                weights.folder,
                dtype=kind or "auto",
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are refused below, with their names
                **({"attn_implementation": attn_implementation} if attn_implementation else {}),
            )
        except (ValueError, ImportError, OSError) as error:
            raise UserError(f"{weights.name} cannot be loaded: {_reason(weights, error)}") from error
    complete(weights, [*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])])
    network = network.eval().to(where)
    if network.can_generate():
        network.generation_config.max_length = (
            None  # requests say how much; the library warns at each call where both do
        )
    card = ModelCard(
        weights.name,
        weights.revision,
        frozenset(),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        licence=weights.licence,
        languages=weights.languages,
        summary=weights.summary(f"{type(network).__name__} of transformers"),
    )
    return Loaded(network, processor, where, network.dtype, card, weights.preprocessing)


def first_line(error: BaseException) -> str:
    """The first sentence of a library's message; its later lines are advice for its own callers."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".:") + "."


def _reason(weights: Weights, error: BaseException) -> str:
    return first_line(error).replace(str(weights.folder), weights.name)


def _processor(weights: Weights, text: bool) -> Any:
    from transformers import AutoProcessor, AutoTokenizer

    factory = AutoTokenizer if text else AutoProcessor
    try:
        return factory.from_pretrained(weights.folder, local_files_only=True, trust_remote_code=False)
    except ImportError as error:
        raise UserError(
            f"The processor of {weights.name} needs a package that is not installed: {_reason(weights, error)}"
        ) from error
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise UserError(f"The processor of {weights.name} cannot be loaded: {_reason(weights, error)}") from error


def complete(weights: Weights, missing: Sequence[str]) -> None:
    """Refuse missing weights: the library fills them with random numbers and only logs it, and such a model's scores would mean nothing."""
    wanting = [key for key in sorted(missing) if not key.endswith(UNUSED)]
    if wanting:
        raise UserError(
            f"{weights.name} lacks {len(wanting)} of the weights that its configuration asks for (the first: {wanting[0]}): "
            "they would be random numbers. Is it the right checkpoint?"
        )


class Quiet:
    """While a library loads: no progress bar where nobody watches, and the table of wrong weights kept instead of printed.

    Attributes:
        missing: weights that the table named as missing or of a wrong shape. It is the only sign of them where another library loads.
    """

    def __init__(self) -> None:
        self.missing: list[str] = []

    def __enter__(self) -> "Quiet":
        from transformers.utils import logging as library

        self._bars, self._level = library.is_progress_bar_enabled(), library.get_verbosity()
        library.set_verbosity_warning()  # type: ignore[no-untyped-call]
        if not sys.stderr.isatty():
            library.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger(REPORTS).addFilter(self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        from transformers.utils import logging as library

        logging.getLogger(REPORTS).removeFilter(self._keep)
        library.set_verbosity(self._level)
        if self._bars:
            library.enable_progress_bar()  # type: ignore[no-untyped-call]

    def _keep(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "LOAD REPORT" not in message:
            return True
        cells = [[cell.strip() for cell in COLOURS.sub("", line).split("|")] for line in message.splitlines()]
        self.missing += [row[0] for row in cells if len(row) > 1 and row[1] in ("MISSING", "MISMATCH")]
        return False
