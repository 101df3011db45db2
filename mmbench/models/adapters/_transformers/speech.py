"""Speech recognition: encoder-decoders (Whisper, Moonshine) and CTC models (wav2vec 2.0), whose answer is the transcript."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmbench.models.adapters._inputs import sound
from mmbench.models.adapters._transformers.answers import alike, decoding, failed, responses
from mmbench.models.adapters._transformers.loading import Loaded, TorchModel
from mmbench.samples import MediaPart, Modality, Request, Response, Usage

PROMPT = 4  # tokens that Whisper's decoder starts with: start, language, task, no timestamps
Wave = NDArray[np.float32]


class SpeechRecognizer(TorchModel):
    """Transcribes greedily; the text of a request is not read, and its temperature neither.

    Whisper hears 30 s at once: a longer sound goes through the library's long-form algorithm. It is the only one that is asked in batches.

    Args:
        loaded: the network.
        language: of all sounds, as Whisper names it (``en``); detected by the model where it is ``None``.
        task: ``transcribe`` or, into English, ``translate``.
    """

    def __init__(self, loaded: Loaded, language: str | None = None, task: str | None = None) -> None:
        super().__init__(loaded.with_modalities(Modality.AUDIO))
        self._whisper = loaded.network.config.model_type == "whisper"
        if self._whisper:
            logging.getLogger("transformers.generation.utils").addFilter(_without_advice)
        said = {"language": language, "task": task}
        self._said = {name: value for name, value in said.items() if value is not None}

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One transcript per request, in order. ``MediaError`` for a sound that cannot be decoded."""
        found: dict[int, Response] = {}
        rate = _rate(self._loaded)
        waves = [_only_sound(request, rate) for request in requests]
        for places in alike(requests):
            heard = {place: wave for place in places if (wave := waves[place]) is not None}
            found |= {place: failed(requests[place], NO_SOUND) for place in places if place not in heard}
            for batch in self._batches(heard):
                answers = self._transcribe([requests[place] for place in batch], [heard[place] for place in batch])
                found |= dict(zip(batch, answers, strict=True))
        return [found[place] for place in range(len(requests))]

    def _batches(self, heard: dict[int, Wave]) -> list[list[int]]:
        """Whisper pads every sound to its 30 s; others would hear the padding (Moonshine normalises over it), and longer ones differ."""
        alone = [place for place, wave in heard.items() if not self._whisper or self._is_long(wave)]
        together = [place for place in heard if place not in alone]
        return [*([together] if together else []), *([place] for place in alone)]

    def _is_long(self, wave: Wave) -> bool:
        return self._whisper and len(wave) > int(self._loaded.processor.feature_extractor.n_samples)

    def _transcribe(self, requests: Sequence[Request], waves: list[Wave]) -> Iterator[Response]:
        import torch

        loaded, long = self._loaded, self._is_long(waves[0])
        if self._whisper:
            shape = {"truncation": False, "padding": "longest"} if long else {}
            extra = {"return_attention_mask": True, **shape}
            room = loaded.network.config.max_target_positions - PROMPT
            requests = [
                replace(one, max_new_tokens=min(one.max_new_tokens, room), temperature=0.0, stop=()) for one in requests
            ]
        else:
            extra = {"padding": True}
            requests = [replace(one, temperature=0.0, stop=()) for one in requests]
        inputs = loaded.processor(audio=waves, sampling_rate=_rate(loaded), return_tensors="pt", **extra)
        timed = {"return_timestamps": True} if long else {}
        with torch.inference_mode():
            rows = loaded.network.generate(
                **loaded.to_device(inputs), **decoding(loaded, requests), **timed, **self._said
            )
        if long:  # its limit holds for each of several segments, so that no count says whether one was cut
            requests = [replace(one, max_new_tokens=rows.shape[1] + 1) for one in requests]
        return responses(loaded, requests, rows if self._whisper else rows[:, 1:], [None] * len(requests))


class CtcRecognizer(TorchModel):
    """Transcribes by the likeliest symbol of each frame, repetitions and blanks removed (greedy decoding, no language model)."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded.with_modalities(Modality.AUDIO))

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        """One transcript per request, in order. ``MediaError`` for a sound that cannot be decoded."""
        rate = _rate(self._loaded)
        waves = [_only_sound(request, rate) for request in requests]
        heard = [place for place, wave in enumerate(waves) if wave is not None and self._frames(len(wave)) > 0]
        found = {
            place: failed(request, NO_SOUND if waves[place] is None else "the sound is too short for the model")
            for place, request in enumerate(requests)
            if place not in heard
        }
        for batch in self._batches(heard):
            texts = self._transcribe([wave for place in batch if (wave := waves[place]) is not None])
            found |= {place: self._response(requests[place], text) for place, text in zip(batch, texts, strict=True)}
        return [found[place] for place in range(len(requests))]

    def _batches(self, places: list[int]) -> list[list[int]]:
        """All at once where the model masks padding; one by one where it was trained without, since padding would change answers."""
        masks = getattr(self._loaded.processor.feature_extractor, "return_attention_mask", False)
        counts = hasattr(self._loaded.network, "_get_feat_extract_output_lengths")
        return ([places] if places else []) if masks and counts else [[place] for place in places]

    def _transcribe(self, waves: list[Wave]) -> list[str]:
        import torch

        loaded = self._loaded
        inputs = loaded.processor(audio=waves, sampling_rate=_rate(loaded), padding=True, return_tensors="pt")
        with torch.inference_mode():
            best = loaded.network(**loaded.to_device(inputs)).logits.argmax(-1)
        ends = [self._frames(len(wave)) if len(waves) > 1 else best.shape[1] for wave in waves]
        texts: list[str] = [
            loaded.processor.decode(row[:end].tolist()) for row, end in zip(best.cpu(), ends, strict=True)
        ]
        return texts

    def _frames(self, samples: int) -> int:
        """How many output frames a sound of that many samples has; 1 where the model does not say."""
        count = getattr(self._loaded.network, "_get_feat_extract_output_lengths", None)
        return 1 if count is None or "input_values" not in _names(self._loaded) else int(count(samples))

    def _response(self, request: Request, text: str) -> Response:
        return Response(request.sample_id, text.strip(), usage=Usage(output_tokens=len(text)))


NO_SOUND = "speech recognition needs one sound, and the request does not hold exactly one"


def _without_advice(record: logging.LogRecord) -> bool:
    """Whisper's own ``generate`` sets a ``max_length`` and is then warned, at each call, that ``max_new_tokens`` goes before it."""
    return not str(record.msg).startswith("Both `max_new_tokens`")


def _only_sound(request: Request, rate: int) -> Wave | None:
    parts = [part for message in request.messages for part in message.content if part.modality is Modality.AUDIO]
    if len(parts) != 1 or not isinstance(parts[0], MediaPart):
        return None
    return sound(parts[0], request.sample_id, rate)


def _rate(loaded: Loaded) -> int:
    rate: int = loaded.processor.feature_extractor.sampling_rate
    return rate


def _names(loaded: Loaded) -> Sequence[str]:
    names: Sequence[str] = loaded.processor.feature_extractor.model_input_names
    return names
