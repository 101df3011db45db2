"""What is sent: a request's turns as JSON with its pictures and sounds in it, a sound as a file, texts to embed."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmbench.media import decode_audio, decode_image, read_bytes
from mmbench.models.served.options import Options
from mmbench.samples import MediaError, MediaPart, Message, Modality, Part, Request, TextPart

CHARACTERS_PER_TOKEN = 4  # OpenAI's rule of thumb for English
SENT_AS_THEY_ARE = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
PLAIN_MODES = ("RGB", "L")  # for others, servers differ in what lies behind transparency and in how they convert
MOST_BYTES = 20_000_000  # of one picture, as OpenAI's limit
ORIENTATION = 0x0112  # the EXIF tag
QUALITY = 95


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the server.

    Attributes:
        path: below the base URL.
        json: the body, encoded once for all tries; ``None`` where it is a form.
        form: fields of a form.
        file: name and bytes of the form's file.
        tokens: about how many it takes, for the limit per minute.
    """

    path: str
    json: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] = field(default_factory=dict)
    file: tuple[str, bytes] | None = field(default=None, repr=False)
    tokens: int = 0


def chat_call(request: Request, model: str, options: Options, *, openai: bool) -> Call:
    """A request for a chat completion. ``MediaError`` where a picture or a sound cannot be decoded.

    ``n`` is not sent: a response holds one answer. The seed is, though few servers promise anything for it.
    """
    turns = _with_system_in_user(request.messages) if options.system == "user" else request.messages
    limit = options.tokens_field or ("max_completion_tokens" if openai else "max_tokens")
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": turn.role, "content": _content(turn, request.sample_id, options)} for turn in turns],
        limit: request.max_new_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    kept = {name: value for name, value in body.items() if name not in options.omit}
    tokens = text_tokens(request) + request.max_new_tokens + pictures(request) * (options.image_tokens or 0)
    return Call("chat/completions", _encoded({**kept, **options.extra}), tokens=tokens)


def transcription_call(request: Request, model: str, options: Options) -> Call:
    """The request's only sound, to be transcribed. Its text is not sent: the server's ``prompt`` is no instruction."""
    sounds = [part for turn in request.messages for part in turn.content if part.modality is Modality.AUDIO]
    if len(sounds) != 1 or not isinstance(sounds[0], MediaPart):
        raise MediaError(request.sample_id, f"a transcription takes one sound, and the request has {len(sounds)}")
    data, kind = _sound(sounds[0], request.sample_id)
    fields = {
        "model": model, "response_format": "json", "temperature": f"{request.temperature:g}",
        **({"language": options.language} if options.language else {}),
    }  # fmt: skip
    kept = {name: value for name, value in fields.items() if name not in options.omit}
    form = {**kept, **{name: str(value) for name, value in options.extra.items()}}
    return Call("audio/transcriptions", form=form, file=(f"sound.{kind}", data))


def embeddings_call(texts: Sequence[str], model: str, options: Options) -> Call:
    """Texts to embed."""
    fields = {"model": model, "input": list(texts), "encoding_format": "float"}
    kept = {name: value for name, value in fields.items() if name not in options.omit}
    tokens = sum(len(text) for text in texts) // CHARACTERS_PER_TOKEN
    return Call("embeddings", _encoded({**kept, **options.extra}), tokens=tokens)


def text_tokens(request: Request) -> int:
    """About how many tokens the text of a request has."""
    texts = [part.text for turn in request.messages for part in turn.content if isinstance(part, TextPart)]
    return -(-sum(len(text) for text in texts) // CHARACTERS_PER_TOKEN)


def pictures(request: Request) -> int:
    """How many pictures a request has."""
    return sum(part.modality is Modality.IMAGE for turn in request.messages for part in turn.content)


def _with_system_in_user(messages: Sequence[Message]) -> Sequence[Message]:
    """The text of system turns at the head of the first user turn."""
    said = tuple(part for turn in messages if turn.role == "system" for part in turn.content)
    rest = [turn for turn in messages if turn.role != "system"]
    first = next((index for index, turn in enumerate(rest) if turn.role == "user"), None)
    if not said or first is None:
        return messages
    rest[first] = Message("user", (*said, *rest[first].content))
    return rest


def _content(turn: Message, sample_id: str, options: Options) -> str | list[dict[str, Any]]:
    """Text alone is one string, which every server takes and joins in the same way; with media it is a list of parts in order."""
    if all(isinstance(part, TextPart) for part in turn.content):
        return "\n".join(part.text for part in turn.content if isinstance(part, TextPart))
    return [_part(part, sample_id, options) for part in turn.content]


def _part(part: Part, sample_id: str, options: Options) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if not isinstance(part, MediaPart):
        raise MediaError(sample_id, "features cannot be sent to a server")
    if part.modality is Modality.IMAGE:
        data, kind = _picture(part, sample_id, options.max_pixels)
        detail = {"detail": options.image_detail} if options.image_detail else {}
        return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{_base64(data)}", **detail}}
    data, kind = _sound(part, sample_id)
    return {"type": "input_audio", "input_audio": {"data": _base64(data), "format": kind}}


def _picture(part: MediaPart, sample_id: str, max_pixels: int) -> tuple[bytes, str]:
    """The original bytes where every server sees in them what ``decode_image`` does; else, and above ``max_pixels``, encoded anew."""
    from PIL import Image

    image = decode_image(part, sample_id)  # a broken picture ends here, and not as a server's guess at it
    data = read_bytes(part, sample_id)
    with Image.open(io.BytesIO(data)) as original:
        kind, lossy = SENT_AS_THEY_ARE.get(original.format or ""), original.format == "JPEG"
        plain = (
            original.mode in PLAIN_MODES
            and not original.has_transparency_data
            and getattr(original, "n_frames", 1) == 1
            and original.getexif().get(ORIENTATION, 1) == 1
        )
    if kind is not None and plain and image.width * image.height <= max_pixels and len(data) <= MOST_BYTES:
        return data, kind
    scale = (max_pixels / (image.width * image.height)) ** 0.5
    if scale < 1:
        size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if lossy or len(data) > MOST_BYTES:
        image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
        return buffer.getvalue(), "image/jpeg"
    image.save(buffer, "PNG")
    return buffer.getvalue(), "image/png"


def _sound(part: MediaPart, sample_id: str) -> tuple[bytes, str]:
    """The original bytes of an MP3 or a 16-bit WAV; else the same samples as a 16-bit WAV."""
    import soundfile

    frames, rate = decode_audio(part, sample_id)
    data = read_bytes(part, sample_id)
    with soundfile.SoundFile(io.BytesIO(data)) as original:
        known = original.format == "MP3" or (original.format, original.subtype) == ("WAV", "PCM_16")
        kind = original.format.lower()
    if known:
        return data, kind
    buffer = io.BytesIO()
    soundfile.write(buffer, frames.T, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue(), "wav"


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body).encode("ascii")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
