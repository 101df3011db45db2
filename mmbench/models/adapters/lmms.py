"""``lmms:NAME``: the models that lmms-eval registers, where that package is installed."""

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from mmbench.errors import UserError
from mmbench.models.adapters._inputs import heard, picture
from mmbench.models.base import Adapter, ModelCard
from mmbench.samples import MediaPart, Message, Modality, Part, Request, Response, TextPart, Usage

TASK, SPLIT = "mmbench", "test"


class LmmsModel:
    """Answers by ``generate_until``: chat models get the conversation, simple ones its text and, beside it, its media in order.

    Args:
        model: an object of a class that lmms-eval registers.
        name: what boards call it.
        takes: the kinds of content that it is given; lmms-eval does not say.
        device: where it was asked to run.
    """

    def __init__(self, model: Any, name: str, takes: frozenset[Modality], device: str | None = None) -> None:
        version = importlib.metadata.version("lmms_eval")
        self._model = model
        self.device = device
        self.card = ModelCard(
            name,
            f"lmms_eval-{version}",
            takes,
            summary=f"{type(model).__name__} of lmms-eval {version}, as its arguments made it.",
        )

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One response per request, in order. ``MediaError`` for media that cannot be decoded, before anything is asked."""
        from lmms_eval.api.instance import unwrap_generation_output

        turns = [[_turn(message, request.sample_id) for message in request.messages] for request in requests]
        self._model.task_dict = {TASK: {SPLIT: dict(enumerate(turns))}}
        outputs = self._model.generate_until([self._instance(place, request) for place, request in enumerate(requests)])
        return [
            _response(request, *unwrap_generation_output(output))
            for request, output in zip(requests, outputs, strict=True)
        ]

    def _instance(self, place: int, request: Request) -> Any:
        from lmms_eval.api.instance import Instance

        texts = [part.text for message in request.messages for part in message.content if isinstance(part, TextPart)]
        decoding = _decoding(request)
        simple = (" ".join(texts), decoding, _media, place, TASK, SPLIT)
        chat = (" ".join(texts), _conversation, decoding, place, TASK, SPLIT)
        return Instance(
            request_type="generate_until",
            arguments=simple if getattr(self._model, "is_simple", True) else chat,
            idx=0,
            metadata={"task": TASK, "doc_id": place, "repeats": 1},
        )


def _decoding(request: Request) -> dict[str, Any]:
    stops = {"until": list(request.stop)} if request.stop else {}
    return {
        "max_new_tokens": request.max_new_tokens, "temperature": request.temperature, "do_sample": request.temperature > 0,
        "top_p": None, "num_beams": 1, **stops,
    }  # fmt: skip


def _turn(message: Message, sample_id: str) -> dict[str, Any]:
    return {"role": message.role, "content": [_content(part, sample_id) for part in message.content]}


def _content(part: Part, sample_id: str) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, MediaPart) and part.modality is Modality.IMAGE:
        return {"type": "image", "url": picture(part, sample_id)}
    if isinstance(part, MediaPart):
        return {"type": "audio", "url": heard(part, sample_id)}
    raise TypeError(f"{type(part).__name__} in a conversation")


def _conversation(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What lmms-eval calls ``doc_to_messages``: our documents are the conversations themselves."""
    return turns


def _media(turns: list[dict[str, Any]]) -> list[Any]:
    """What lmms-eval calls ``doc_to_visual``: pictures and sounds in order."""
    return [part["url"] for turn in turns for part in turn["content"] if part["type"] != "text"]


def _response(request: Request, text: Any, counts: Any) -> Response:
    said = getattr(counts, "output_tokens", None)
    usage = None if counts is None else Usage(input_tokens=counts.input_tokens, output_tokens=said)
    cut = said is not None and said >= request.max_new_tokens
    return Response(request.sample_id, str(text).strip(), "length" if cut else "stop", usage=usage)


def make(name: str, *, device: str | None = None, takes: str = "image,text", **arguments: Any) -> LmmsModel:
    """A model of lmms-eval's registry.

    Args:
        name: as ``lmms-eval models`` lists it (``qwen2_5_vl``).
        device: handed on where it is named.
        takes: the kinds of content to give it, with commas.
        arguments: for its class, what lmms-eval takes as ``--model_args`` (``pretrained``: ``Qwen/Qwen2.5-VL-3B-Instruct``).

    Raises:
        UserError: lmms-eval has no such model, or ``takes`` names no kind of content.
    """
    from lmms_eval.models import get_model, list_available_models

    if name not in list_available_models(include_aliases=True):
        raise UserError(f"lmms-eval has no model {name!r}: see `lmms-eval models`.")
    if arguments.get("trust_remote_code"):
        raise UserError("mmbench never runs code from a model's repository: leave trust_remote_code out.")
    try:
        wanted = frozenset(Modality(one.strip()) for one in takes.split(","))
    except ValueError as error:
        raise UserError(f"takes={takes!r}: choose among {', '.join(Modality)}.") from error
    place = {} if device is None else {"device": device}
    pretrained = str(arguments.get("pretrained", "")).rstrip("/").rsplit("/", 1)[-1]
    return LmmsModel(
        get_model(name)(**arguments, **place), f"{name}:{pretrained}" if pretrained else name, wanted, device
    )


ADAPTER = Adapter(
    "lmms",
    make,
    can=("generate",),
    extra="",
    example="lmms:qwen2_5_vl",
    summary="The models that lmms-eval registers, with its arguments.",
)
