"""``transformers:ID_OR_DIR``: models of Hugging Face transformers, by what their configuration says they are."""

from typing import Any, Literal

from mmbench.errors import UserError
from mmbench.models.adapters._transformers.loading import load_network, read_config
from mmbench.models.base import Adapter
from mmbench.models.weights import Weights, locate

Kind = Literal["dual encoder", "matcher", "CTC", "speech recognizer", "chat model", "language model"]
THINKERS = {  # of models that also speak, the part that answers in text
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
TAKEN: dict[str, tuple[Kind, ...]] = {  # arguments that only some kinds take
    "max_pixels": ("dual encoder", "matcher", "chat model"),
    "thinking": ("chat model", "language model"),
    "language": ("speech recognizer",),
    "task": ("speech recognizer",),
}


def make(
    name: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    revision: str | None = None,
    attn_implementation: str | None = None,
    max_pixels: int | None = None,
    thinking: bool | None = None,
    language: str | None = None,
    task: str | None = None,
) -> object:
    """A model from the hub or a folder.

    Args:
        name: hub id or folder.
        device: where it runs; the best device by default.
        dtype: the precision; by default that in which the weights are stored.
        revision: branch, tag or commit on the hub.
        attn_implementation: ``sdpa``, ``eager``, ``flash_attention_2``.
        max_pixels: larger pictures are shrunk to this many before the model's own preprocessing.
        thinking: for chat templates that know ``enable_thinking``.
        language: of all sounds, for Whisper and its like (``en``).
        task: of Whisper: ``transcribe`` or ``translate``.

    Raises:
        UserError: no such model, no safetensors, a kind that is not supported, an argument that its kind does not take.
    """
    import transformers

    weights = locate(name, revision)
    config = read_config(weights)
    factory = getattr(transformers, _class_of(weights, config))
    kind = _kind(weights, factory)
    options = {"max_pixels": max_pixels, "thinking": thinking, "language": language, "task": task}
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if kind not in TAKEN[key]:
            raise UserError(f"{weights.name} is a {kind}: it does not take {key}.")
    loaded = load_network(
        weights,
        factory,
        device=device,
        dtype=dtype,
        attn_implementation=attn_implementation,
        text=kind == "language model",
    )
    return _model(kind)(loaded, **given)


def _model(kind: Kind) -> Any:
    from mmbench.models.adapters._transformers.chat import ChatModel
    from mmbench.models.adapters._transformers.dual import DualEncoder
    from mmbench.models.adapters._transformers.matching import Matcher
    from mmbench.models.adapters._transformers.speech import CtcRecognizer, SpeechRecognizer

    models: dict[Kind, Any] = {
        "dual encoder": DualEncoder, "matcher": Matcher, "CTC": CtcRecognizer, "speech recognizer": SpeechRecognizer,
        "chat model": ChatModel, "language model": ChatModel,
    }  # fmt: skip
    return models[kind]


def _class_of(weights: Weights, config: Any) -> str:
    """The class that the checkpoint was saved from; where it names none that exists, the library's for its type."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    if config.model_type in THINKERS:
        return THINKERS[config.model_type]
    for name in config.architectures or ():
        if hasattr(transformers, name):
            return str(name)
    for mapping in (
        auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        auto.MODEL_MAPPING_NAMES,
    ):
        if isinstance(mapping.get(config.model_type), str):
            return str(mapping[config.model_type])
    raise UserError(
        f"{weights.name} is of the type {config.model_type!r}, whose class this version of transformers does not have."
    )


def _kind(weights: Weights, factory: Any) -> Kind:
    from transformers.models.auto import modeling_auto as auto

    name = factory.__name__
    if name == "BlipForImageTextRetrieval":
        return "matcher"
    if name in _named(auto.MODEL_FOR_CTC_MAPPING_NAMES):
        return "CTC"
    dual = hasattr(factory, "get_text_features") and (
        hasattr(factory, "get_image_features") or hasattr(factory, "get_audio_features")
    )
    if dual and not factory.can_generate():
        return "dual encoder"
    chat = _named(auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES) | _named(auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES)
    if name in chat or name in THINKERS.values():
        return "chat model"
    if name in _named(auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES):
        return "speech recognizer"
    if name in _named(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        return "language model"
    raise UserError(
        f"{weights.name} is a {name}: this adapter takes dual encoders, BLIP-ITM, chat models and speech recognition. "
        "A class of your own is ten lines (docs/models.md)."
    )


def _named(mapping: Any) -> set[str]:
    found = (value if isinstance(value, tuple | list) else (value,) for value in mapping.values())
    return {str(name) for names in found for name in names}


ADAPTER = Adapter(
    "transformers",
    make,
    can=("embed", "generate", "score_pairs"),
    extra="transformers",
    example="transformers:google/siglip-base-patch16-224",
    summary="CLIP, SigLIP, CLAP, BLIP-ITM, chat models that see and hear, language models, Whisper, wav2vec 2.0.",
)
