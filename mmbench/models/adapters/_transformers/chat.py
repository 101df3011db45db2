"""Chat models: text, pictures and sounds in the order of the conversation, by the model's own chat template, in padded batches."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mmbench.models.adapters._inputs import picture, sound
from mmbench.models.adapters._transformers.answers import alike, decoding, failed, responses, tokenizer_of
from mmbench.models.adapters._transformers.loading import Loaded, TorchModel, first_line
from mmbench.samples import MediaPart, Message, Modality, Part, Request, Response, TextPart


class ChatModel(TorchModel):
    """Generates answers, greedily at temperature 0.

    A prompt that does not fit into the model's context is that request's error; an answer that would not fit is cut and says so.

    Args:
        loaded: the network.
        max_pixels: larger pictures are shrunk first.
        thinking: said to templates that know ``enable_thinking``; the template's choice where it is ``None``.
    """

    def __init__(self, loaded: Loaded, max_pixels: int | None = None, thinking: bool | None = None) -> None:
        super().__init__(
            loaded.with_modalities(*_takes(loaded.processor)), f"|max_pixels={max_pixels}" if max_pixels else ""
        )
        self._max_pixels = max_pixels
        self._template = {} if thinking is None else {"enable_thinking": thinking}
        self._context = _context(loaded.network.config)
        _pad_left(loaded)

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One response per request, in order; those that decode alike share a batch. ``MediaError`` for media that can't be decoded."""
        found: dict[int, Response] = {}
        for places in alike(requests):
            asked = [(place, requests[place], self._conversation(requests[place])) for place in places]
            found |= dict(self._answer(asked))
        return [found[place] for place in range(len(requests))]

    def _answer(self, asked: "Sequence[Asked]") -> Iterator[tuple[int, Response]]:
        from jinja2 import TemplateError

        try:
            inputs = self._inputs([conversation for _, _, conversation in asked])
        except (ValueError, TemplateError) as error:
            if len(asked) == 1:
                yield asked[0][0], failed(asked[0][1], f"the model's processor refuses the prompt: {first_line(error)}")
            else:
                for one in asked:
                    yield from self._answer([one])
            return
        sizes = inputs["attention_mask"].sum(1).tolist()
        rooms = [None if self._context is None else self._context - size for size in sizes]
        fit = [one for one, room in zip(asked, rooms, strict=True) if room is None or room >= one[1].max_new_tokens]
        if len(fit) == len(asked):
            places, requests = [place for place, _, _ in asked], [request for _, request, _ in asked]
            yield from zip(places, self._generate(requests, inputs, sizes), strict=True)
            return
        for (place, request, conversation), size, room in zip(asked, sizes, rooms, strict=True):
            if room is not None and room <= 0:
                yield place, failed(request, f"the prompt has {size} tokens, and the model's context {self._context}")
            elif room is not None and room < request.max_new_tokens:
                yield from self._answer([(place, replace(request, max_new_tokens=room), conversation)])
        if fit:
            yield from self._answer(fit)

    def _generate(self, requests: Sequence[Request], inputs: Any, sizes: Sequence[int]) -> Iterator[Response]:
        import torch

        loaded = self._loaded
        moved = loaded.to_device(inputs)
        with torch.inference_mode():
            rows = loaded.network.generate(**moved, **decoding(loaded, requests))
        prompt = moved["input_ids"]
        if loaded.network.config.is_encoder_decoder:
            rows = rows[:, 1:]  # the token that starts the decoder
        elif torch.equal(rows[:, : prompt.shape[1]], prompt):
            rows = rows[:, prompt.shape[1] :]
        return responses(loaded, requests, rows, sizes)

    def _conversation(self, request: Request) -> list[dict[str, Any]]:
        return [{"role": one.role, "content": self._content(one, request.sample_id)} for one in request.messages]

    def _content(self, message: Message, sample_id: str) -> list[dict[str, Any]]:
        return [self._part(part, sample_id) for part in message.content if part.modality in self.card.modalities]

    def _part(self, part: Part, sample_id: str) -> dict[str, Any]:
        if isinstance(part, TextPart):
            return {"type": "text", "text": part.text}
        if isinstance(part, MediaPart) and part.modality is Modality.IMAGE:
            return {"type": "image", "image": picture(part, sample_id, self._max_pixels)}
        if isinstance(part, MediaPart):
            rate = _hearing(self._loaded.processor).sampling_rate
            return {"type": "audio", "audio": sound(part, sample_id, rate)}
        raise TypeError(f"{type(part).__name__} in a conversation")

    def _inputs(self, conversations: list[list[dict[str, Any]]]) -> Any:
        processor = self._loaded.processor
        if tokenizer_of(self._loaded) is processor:
            conversations = [[{**turn, "content": _text(turn)} for turn in turns] for turns in conversations]
        if not getattr(processor, "chat_template", None):
            return self._plain(conversations)
        accepted = inspect.signature(processor.apply_chat_template).parameters
        padding = {"processor_kwargs": {"padding": True}} if "processor_kwargs" in accepted else {"padding": True}
        guarded = {"sanitize_control_tokens": True} if "sanitize_control_tokens" in accepted else {}
        return processor.apply_chat_template(
            conversations, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt",
            **padding, **guarded, **self._template,
        )  # fmt: skip

    def _plain(self, conversations: list[list[dict[str, Any]]]) -> Any:
        """Models without a chat template (BLIP-2, PaliGemma, base language models) get the text as it is, and the media beside it."""
        texts = ["\n".join(_text(turn) for turn in turns) for turns in conversations]
        media = {kind: [_media(turns, kind) for turns in conversations] for kind in ("image", "audio")}
        images = {"images": media["image"]} if any(media["image"]) else {}
        audio = {"audio": [one for found in media["audio"] for one in found]} if any(media["audio"]) else {}
        return self._loaded.processor(text=texts, padding=True, return_tensors="pt", **images, **audio)


Asked = tuple[int, Request, list[dict[str, Any]]]


def _text(turn: dict[str, Any]) -> str:
    if isinstance(turn["content"], str):
        return turn["content"]
    return "\n".join(part["text"] for part in turn["content"] if part["type"] == "text")


def _media(turns: list[dict[str, Any]], kind: str) -> list[Any]:
    return [
        part[kind]
        for turn in turns
        if not isinstance(turn["content"], str)
        for part in turn["content"]
        if part["type"] == kind
    ]


def _hearing(processor: Any) -> Any:
    """What turns sound into features; ``None`` where a model does not hear."""
    return getattr(processor, "feature_extractor", None) or getattr(processor, "audio_processor", None)


def _takes(processor: Any) -> tuple[Modality, ...]:
    sees = (Modality.IMAGE,) if getattr(processor, "image_processor", None) is not None else ()
    hears = (Modality.AUDIO,) if _hearing(processor) is not None else ()
    return (Modality.TEXT, *sees, *hears)


def _context(config: Any) -> int | None:
    """How many tokens prompt and answer have together at most; ``None`` where the configuration names no bound."""
    if config.is_encoder_decoder:
        return None
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def _pad_left(loaded: Loaded) -> None:
    """Generation goes on from the last column, so that padding stands before a prompt; a tokenizer without padding gets the end token."""
    tokenizer = tokenizer_of(loaded)
    tokenizer.padding_side = "right" if loaded.network.config.is_encoder_decoder else "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
