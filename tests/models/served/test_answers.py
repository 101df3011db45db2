"""What a server's answers become: text, tokens, dollars, vectors, and who it was that answered."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmbench.errors import RunFailedError
from mmbench.samples import MediaError, MediaPart, Modality, Request, Sample, TextPart, Usage
from tests.openai_server import LocalServer

Served = Callable[..., Any]
Ask = Callable[..., Request]
Questions = Callable[[int], list[Request]]


def test_tokens_and_dollars(server: LocalServer, served: Served, ask: Ask) -> None:
    (found,) = served(input_price=2.0, output_price=10.0).generate([ask("x" * 1000)])
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.attempts) == (1000, 2, 1)
    assert found.usage.cost == pytest.approx(0.00202)
    assert served().generate([ask("x")])[0].usage.cost is None


def test_an_answer_that_was_cut_says_so(server: LocalServer, served: Served, ask: Ask) -> None:
    server.finish = "length"
    assert served().generate([ask("hi")])[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"reasoning_content": "so it must be"}, "re: hi"),
        ({"reasoning": "so it must be", "content": None}, ""),
        ({"content": None, "refusal": "I cannot"}, "I cannot"),
        ({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "red"}]}, "red"),
        ({"content": "half a pair \ud83d"}, "half a pair \ufffd"),
        ({"content": ""}, ""),
    ],
)
def test_the_answer_is_the_content(
    server: LocalServer, served: Served, ask: Ask, message: dict[str, Any], text: str
) -> None:
    server.extra = message
    (found,) = served().generate([ask("hi")])
    assert (found.text, found.error) == (text, None)


def test_who_answered_is_recorded_and_a_change_is_said(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    server.model = lambda n: "name-2026-01-01" if n < 4 else "name-2026-02-02"
    model = served(concurrency=1)
    with pytest.warns(UserWarning, match="now answers as 'name-2026-02-02', before as name-2026-01-01"):
        model.generate(questions(6))
    assert model.provenance() == {
        "settings": {"concurrency": 1},
        "endpoint": f"127.0.0.1:{server.port}",
        "served_models": ["name-2026-01-01", "name-2026-02-02"],
        "system_fingerprints": ["fp_1"],
    }


def test_an_estimate_is_a_bound_on_the_answers_and_a_guess_of_the_text(
    served: Served, ask: Ask, picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]
) -> None:
    prices = {"input_price": 1.0, "output_price": 10.0}
    texts = [ask("x" * 400, max_new_tokens=5) for _ in range(10)]
    assert served(**prices).estimate(texts) == Usage(1000, 50, 0.0015)
    seen = [ask("x" * 400, picture(1), picture(2), max_new_tokens=5)]
    assert served(**prices).estimate(seen) == Usage(None, 5, None)
    assert served(**prices, image_tokens=85).estimate(seen) == Usage(270, 5, 0.00032)
    assert served(**prices).estimate([ask("x", tone(440.0)), *texts]).input_tokens is None


def test_a_sound_is_transcribed(server: LocalServer, served: Served, ask: Ask, tone: Callable[..., MediaPart]) -> None:
    found = served(api="transcriptions", language="en").generate(
        [ask("write it down", tone(440.0)), ask("nothing to hear")]
    )
    assert found[0].text.startswith("heard ")
    assert found[1].error == "a transcription takes one sound, and the request has 0"
    form = server.log[0].body
    assert server.log[0].path == "/v1/audio/transcriptions"
    for wanted in (b'name="model"\r\n\r\nname', b'name="language"\r\n\r\nen', b'filename="sound.wav"', b"RIFF"):
        assert wanted in form


def samples(n: int) -> list[Sample]:
    return [Sample(str(index), (TextPart("x" * index + "."),)) for index in range(n)]


def embed(model: Any, rows: list[Sample], **how: Any) -> Any:
    return model.embed(rows, modalities=frozenset({Modality.TEXT}), **how)


def test_texts_are_embedded_in_order(server: LocalServer, served: Served) -> None:
    model = served(api="embeddings", prefixes={"query": "query: "})
    assert embed(model, samples(150))[:, 0].tolist() == [index + 1 for index in range(150)]
    assert sorted(len(asked.body["input"]) for asked in server.log) == [22, 64, 64]  # several at once
    assert embed(model, samples(2), role="query").dtype == np.float32
    assert server.log[-1].body["input"] == ["query: .", "query: x."]


def test_a_text_that_cannot_be_embedded_is_named(server: LocalServer, served: Served) -> None:
    server.fault("x" * 7, "status", status=400, body=b'{"error": {"message": "too long"}}')
    with pytest.raises(MediaError, match="sample '7': refused with 400: too long"):
        embed(served(api="embeddings"), samples(8))
    server.fault("", "status", status=400)
    with pytest.raises(RunFailedError, match="embeds none of 3 texts"):
        embed(served(api="embeddings"), samples(3))
