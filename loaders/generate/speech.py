"""Synthetic speech by eSpeak NG, through the shared library that the package ``espeakng-loader`` ships.

The library keeps state between utterances and across a re-initialisation: the same words give the same bytes only in a fresh process
and in the same order. So ``speak_all`` starts one, which runs this module as a program.
"""

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: AUDIO_OUTPUT_SYNCHRONOUS, samples are handed to the callback
UTF8 = 1  # espeakCHARS_UTF8
END_PAUSE = 0x1000  # espeakENDPAUSE: the silence after a sentence
BUFFER_MS = 200

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak_all(texts: Sequence[str], voice: str = "en-us") -> tuple[list[NDArray[np.int16]], int]:
    """Speak the texts in order in a fresh process: int16 samples ``(time,)`` per text, and their rate in Hz.

    Raises:
        RuntimeError: the synthesiser failed; its own words are in the message.
    """
    request = json.dumps({"texts": list(texts), "voice": voice}).encode()
    done = subprocess.run(
        [sys.executable, "-m", "mmbench.loaders.generate.speech"], input=request, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"speech synthesis failed: {done.stderr.decode(errors='replace').strip()[-300:]}")
    head, _, body = done.stdout.partition(b"\n")
    answer = json.loads(head)
    pcm = np.frombuffer(body, dtype="<i2")
    return np.split(pcm, np.cumsum(answer["lengths"])[:-1]), int(answer["rate"])


class Synthesizer:
    """One initialised eSpeak NG voice. The bytes of an utterance depend on the utterances before it, so keep their order."""

    def __init__(self, library: ctypes.CDLL, rate: int) -> None:
        self.rate = rate
        self._library = library
        self._chunks: list[NDArray[np.int16]] = []
        self._callback = _Callback(self._receive)
        library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> NDArray[np.int16]:
        """The utterance as int16 samples ``(time,)`` at ``self.rate`` Hz."""
        self._chunks.clear()
        data = text.encode() + b"\0"
        code = self._library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 0, 0, UTF8 | END_PAUSE, None, None)
        if code != 0:
            raise RuntimeError(f"eSpeak NG refused to speak {text!r} (code {code})")
        self._library.espeak_Synchronize()
        return np.concatenate(self._chunks) if self._chunks else np.zeros(0, dtype=np.int16)

    def _receive(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).astype(np.int16))
        return 0


@contextmanager
def synthesizer(voice: str = "en-us", words_per_minute: int = 160) -> Iterator[Synthesizer]:
    """Open the library with one voice and close it afterwards, so that every build starts from the same state."""
    loader = _loader()
    library = ctypes.CDLL(loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise RuntimeError(f"eSpeak NG could not be initialised (code {rate})")
    try:
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
        library.espeak_SetParameter(1, words_per_minute, 0)  # espeakRATE
        yield Synthesizer(library, rate)
    finally:
        library.espeak_Terminate()


def _loader() -> ModuleType:
    import espeakng_loader

    module: ModuleType = espeakng_loader
    return module


def _main() -> None:
    request = json.load(sys.stdin)
    with synthesizer(request["voice"]) as voice:
        spoken = [voice.speak(text) for text in request["texts"]]
    head = json.dumps({"rate": voice.rate, "lengths": [len(samples) for samples in spoken]})
    sys.stdout.buffer.write(head.encode() + b"\n")
    for samples in spoken:
        sys.stdout.buffer.write(samples.astype("<i2").tobytes())


if __name__ == "__main__":
    _main()
