"""What the server is sent, byte for byte."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmbench.samples import FeaturesPart, MediaPart, Message, Modality, Request, TextPart, media_part
from tests.openai_server import LocalServer

Served = Callable[..., Any]
Ask = Callable[..., Request]


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 20), **how: Any) -> MediaPart:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGBA").convert(mode).save(buffer, kind, **how)
    return media_part(Modality.IMAGE, f"image/{kind.lower()}", buffer.getvalue())


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def sent(server: LocalServer, place: int = 0) -> Any:
    return server.log[place].body


def data_of(part: dict[str, Any]) -> tuple[str, bytes]:
    head, _, data = part["image_url"]["url"].partition(",")
    return head, base64.b64decode(data)


def test_decoding_parameters(server: LocalServer, served: Served, ask: Ask) -> None:
    served().generate([ask("hello", max_new_tokens=7, stop=("\n",), temperature=0.5, seed=3)])
    assert sent(server) == {
        "model": "name", "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 7, "temperature": 0.5, "seed": 3, "stop": ["\n"],
    }  # fmt: skip


def test_fields_can_be_renamed_left_out_and_added(server: LocalServer, served: Served, ask: Ask) -> None:
    extra = {"reasoning_effort": "low", "chat_template_kwargs": {"enable_thinking": False}}
    served(tokens_field="max_completion_tokens", omit=["temperature", "seed"], extra=extra).generate([ask("hello")])
    messages = [{"role": "user", "content": "hello"}]
    assert sent(server) == {"model": "name", "messages": messages, "max_completion_tokens": 32, **extra}


def test_turns_and_parts_keep_their_order(server: LocalServer, served: Served) -> None:
    first, second = encoded("PNG"), encoded("JPEG", size=(8, 8))
    turns = (
        Message("system", (TextPart("Be brief."),)),
        Message("user", (TextPart("one"), first, TextPart("two"), second)),
        Message("assistant", (TextPart("a"), TextPart("b"))),
        Message("user", (TextPart("so?"),)),
    )
    served(image_detail="low").generate([Request("1", turns)])
    system, user, assistant, last = sent(server)["messages"]
    assert (system["role"], system["content"]) == ("system", "Be brief.")
    assert (assistant["role"], assistant["content"]) == ("assistant", "a\nb")
    assert last == {"role": "user", "content": "so?"}
    assert [part["type"] for part in user["content"]] == ["text", "image_url", "text", "image_url"]
    assert data_of(user["content"][1]) == ("data:image/png;base64", first.data)
    assert data_of(user["content"][3]) == ("data:image/jpeg;base64", second.data)
    assert user["content"][1]["image_url"]["detail"] == "low"


def test_a_system_message_can_go_into_the_users(server: LocalServer, served: Served) -> None:
    turns = (Message("system", (TextPart("Be brief."),)), Message("user", (TextPart("why?"),)))
    served(system="user").generate([Request("1", turns)])
    assert sent(server)["messages"] == [{"role": "user", "content": "Be brief.\nwhy?"}]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (encoded("PNG", "RGBA"), "transparency lies on white"),
        (encoded("BMP"), "few servers read it"),
        (encoded("TIFF"), "few servers read it"),
        (encoded("JPEG", "CMYK"), "servers convert it in their own ways"),
        (encoded("JPEG", exif=turned()), "not all servers turn it"),
        (encoded("PNG", size=(400, 300)), "larger than max_pixels"),
    ],
)  # fmt: skip
def test_a_picture_that_servers_may_see_otherwise_is_encoded_anew(
    server: LocalServer, served: Served, ask: Ask, part: MediaPart, why: str
) -> None:
    from mmbench.media import decode_image

    served(max_pixels=30_000).generate([ask("what is it?", part)])
    head, data = data_of(sent(server)["messages"][0]["content"][0])
    assert data != part.data, why
    assert head == f"data:image/{'jpeg' if part.media_type == 'image/jpeg' else 'png'};base64"
    found, meant = Image.open(io.BytesIO(data)), decode_image(part, "1")
    assert (found.mode, found.width * found.height <= 30_000) == ("RGB", True)
    if meant.width * meant.height > 30_000:
        assert found.size == (200, 150)
    else:
        error = np.abs(np.asarray(found, dtype=float) - np.asarray(meant, dtype=float)).mean()
        assert error <= (5 if "jpeg" in head else 0)


def test_a_broken_picture_is_an_error_and_is_not_sent(server: LocalServer, served: Served, ask: Ask) -> None:
    whole = encoded("PNG").data or b""
    cut = media_part(Modality.IMAGE, "image/png", whole[: len(whole) // 2])
    found = served().generate(
        [ask("a", cut), ask("b", encoded("PNG")), ask("c", FeaturesPart("f", np.zeros((2, 2), np.float32)))]
    )
    assert [bool(one.error) for one in found] == [True, False, True]
    assert "not a readable image/png" in found[0].error
    assert len(server.log) == 1


def test_sound_is_sent_as_it_is_or_as_wav(
    server: LocalServer, served: Served, ask: Ask, tone: Callable[..., MediaPart]
) -> None:
    flac = tone(440.0)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(800), 16_000, format="WAV", subtype="PCM_16")
    wav = media_part(Modality.AUDIO, "audio/wav", buffer.getvalue())
    model = served()
    for request in (ask("a", wav), ask("b", flac)):
        model.generate([request])
    first, second = (sent(server, place)["messages"][0]["content"][0]["input_audio"] for place in (0, 1))
    assert (first["format"], base64.b64decode(first["data"])) == ("wav", wav.data)
    assert second["format"] == "wav"
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(second["data"])))
    meant, _ = soundfile.read(io.BytesIO(flac.data or b""))
    assert rate == 16_000
    np.testing.assert_allclose(samples, meant, atol=2**-15)
