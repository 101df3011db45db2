"""Speech recognition: transcripts of any batch are those of the library for one sound alone."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.media import decode_audio
from mmbench.models import load_model
from mmbench.samples import MediaError, MediaPart, Modality, media_part
from tests.models.adapters.conftest import asked
from tests.models.adapters.tiny import transformers


def loaded(folder: Path, **config: Any) -> Any:
    return load_model(f"transformers:{folder}", device="cpu", **config).model


def library(folder: Path, kind: str) -> tuple[Any, Any]:
    hf = transformers()

    return getattr(hf, kind).from_pretrained(folder).eval(), hf.AutoProcessor.from_pretrained(folder)


def heard(part: MediaPart) -> Any:
    return decode_audio(part, "a", 16_000)[0].mean(0)


def stereo(seconds: float) -> MediaPart:
    import soundfile

    buffer = io.BytesIO()
    wave = np.random.default_rng(0).normal(0, 0.1, (round(44_100 * seconds), 2))
    soundfile.write(buffer, wave, 44_100, format="WAV")
    return media_part(Modality.AUDIO, "audio/wav", buffer.getvalue())


@pytest.fixture
def parts(tone: Callable[..., MediaPart]) -> list[MediaPart]:
    return [tone(300, 0.4), tone(500, 0.9), stereo(0.6)]


@pytest.mark.parametrize(
    "said", [{"language": "de", "task": "translate"}, {"language": "en", "task": "transcribe"}, {}]
)
def test_whisper(said: dict[str, str], folder: Callable[..., Path], parts: list[MediaPart]) -> None:
    where = folder("whisper")
    model = loaded(where, **said)
    assert model.card.modalities == {Modality.AUDIO}
    found = model.generate([asked(part, key=str(index)) for index, part in enumerate(parts)])
    network, processor = library(where, "WhisperForConditionalGeneration")
    for response, part in zip(found, parts, strict=True):
        inputs = processor(audio=heard(part), sampling_rate=16_000, return_attention_mask=True, return_tensors="pt")
        rows = network.generate(**inputs, max_new_tokens=8, **said)
        assert response.text == processor.batch_decode(rows, skip_special_tokens=True)[0].strip() != ""
        assert response.error is None
    assert len({one.text for one in found}) > 1


def test_whisper_says_where_it_was_cut_and_never_asks_beyond_its_decoder(
    folder: Callable[..., Path], parts: list[MediaPart]
) -> None:
    model = loaded(folder("whisper"), language="en")
    short, all_ = (model.generate([asked(parts[0], max_new_tokens=new)])[0] for new in (3, 400))
    assert (short.finish_reason, short.usage.output_tokens) == ("length", 3)
    assert all_.usage.output_tokens == 20
    assert all_.text.startswith(short.text)


def test_whisper_hears_long_sounds_to_the_end(folder: Callable[..., Path], tone: Callable[..., MediaPart]) -> None:
    where, long = folder("whisper"), tone(400, 2.5)  # this Whisper hears one second at once
    model = loaded(where, language="en")
    found = model.generate([asked(tone(300, 0.4), key="short"), asked(long, key="long", max_new_tokens=6)])
    network, processor = library(where, "WhisperForConditionalGeneration")
    inputs = processor(
        audio=heard(long),
        sampling_rate=16_000,
        return_tensors="pt",
        truncation=False,
        padding="longest",
        return_attention_mask=True,
    )
    rows = network.generate(**inputs, return_timestamps=True, language="en", max_new_tokens=6, do_sample=False)
    assert found[1].text == processor.batch_decode(rows, skip_special_tokens=True)[0].strip()
    assert found[1].usage.output_tokens > 6  # of several segments
    assert found[0] == model.generate([asked(tone(300, 0.4), key="short")])[0]


@pytest.mark.parametrize("masks", [True, False])
def test_wav2vec2(masks: bool, folder: Callable[..., Path], parts: list[MediaPart]) -> None:
    where = folder("wav2vec2", masks=masks)
    model = loaded(where)
    found = model.generate([asked(part, key=str(index)) for index, part in enumerate(parts)])
    network, processor = library(where, "Wav2Vec2ForCTC")
    for response, part in zip(found, parts, strict=True):
        inputs = processor(audio=heard(part), sampling_rate=16_000, return_tensors="pt")
        wanted = processor.batch_decode(network(**inputs).logits.argmax(-1))[0].strip()
        assert response.text == wanted != ""
    assert model._batches([0, 1]) == ([[0, 1]] if masks else [[0], [1]])


@pytest.mark.parametrize("name", ["whisper", "wav2vec2"])
def test_a_request_without_one_good_sound_is_an_error_of_its_own(
    name: str, folder: Callable[..., Path], parts: list[MediaPart], picture: Callable[..., MediaPart]
) -> None:
    model = loaded(folder(name))
    good, silent, two = asked(parts[0], key="a"), asked("Say it.", key="b"), asked(parts[0], parts[1], key="c")
    found = model.generate([silent, good, two])
    assert [one.error and one.error[:34] for one in found] == [said := "speech recognition needs one sound", None, said]
    assert found[1].text == model.generate([good])[0].text
    with pytest.raises(MediaError, match="sample 'bad'"):
        model.generate([good, asked(media_part(Modality.AUDIO, "audio/wav", b"noise"), key="bad")])


def test_a_sound_shorter_than_a_frame_is_said(folder: Callable[..., Path], parts: list[MediaPart]) -> None:
    model = loaded(folder("wav2vec2"))
    found = model.generate([asked(stereo(0.001), key="short"), asked(parts[0], key="a")])
    assert found[0].error == "the sound is too short for the model"
    assert found[1].error is None


def test_only_speech_recognizers_take_a_language(folder: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="clip is a dual encoder: it does not take language"):
        loaded(folder("clip"), language="en")


def test_other_encoder_decoders(folder: Callable[..., Path], parts: list[MediaPart]) -> None:
    where = folder("moonshine")
    found = loaded(where).generate([asked(part, key=str(index)) for index, part in enumerate(parts)])
    network, processor = library(where, "MoonshineForConditionalGeneration")
    for response, part in zip(found, parts, strict=True):
        inputs = processor(audio=heard(part), sampling_rate=16_000, return_tensors="pt")
        rows = network.generate(**inputs, max_new_tokens=8, do_sample=False)
        assert response.text == processor.batch_decode(rows, skip_special_tokens=True)[0].strip() != ""
        assert (response.finish_reason, response.usage and response.usage.output_tokens) == ("length", 8)
