"""Worse sounds: white noise at a signal-to-noise ratio, and clipping, by severity."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.dataset import Change
from mmbench.media import decode_audio
from mmbench.samples import MediaPart, Modality, Part
from mmbench.tasks.alterations import Modifier, each_part, encoded

Wave = NDArray[np.float32]


def _waves(key: str, change: Callable[[Wave, float, np.random.Generator], Wave]) -> Callable[[float | None], Change]:
    """A change of samples; the result is stored as 32-bit floats, so that nothing else is clipped."""

    def make(value: float | None) -> Change:
        def of(part: Part, draw: np.random.Generator) -> Part:
            import soundfile

            if not isinstance(part, MediaPart) or value is None:
                return part
            wave, rate = decode_audio(part, "")
            buffer = io.BytesIO()
            soundfile.write(buffer, change(wave, value, draw).T, rate, format="WAV", subtype="FLOAT")
            return encoded(part, "audio/wav", buffer.getvalue())

        return each_part(key, Modality.AUDIO, of)

    return make


def _with_noise(wave: Wave, decibels: float, draw: np.random.Generator) -> Wave:
    noise = draw.standard_normal(wave.shape, dtype=np.float32)
    power = float(np.mean(np.square(wave, dtype=np.float64)))
    scale = (power / 10 ** (decibels / 10) / float(np.mean(np.square(noise, dtype=np.float64)))) ** 0.5
    return (wave + np.float32(scale) * noise).astype(np.float32)


def _clipped(wave: Wave, share: float, _draw: np.random.Generator) -> Wave:
    """Cut at the height above which that share of the samples lies, and bring back to the old peak, as an overdriven input would."""
    loud = np.abs(wave)
    height = float(np.quantile(loud, 1 - share))
    if height == 0:  # more than that share of the sound is silence
        return wave
    return (np.clip(wave, -height, height) * np.float32(loud.max() / height)).astype(np.float32)


MODIFIERS = (
    Modifier(
        key="snr",
        title="noisy sound",
        about="White noise, as strong as the whole sound's mean power less the ratio.",
        source="ratios as in noisy speech sets (Valentini-Botinhao 2017); white noise is mmbench's own choice",
        modality=Modality.AUDIO,
        make=_waves("snr", _with_noise),
        strengths=(20, 15, 10, 5, 0),
        unit="dB",
    ),
    Modifier(
        key="clipping",
        title="clipped",
        about="The loudest samples are cut off, and the sound is brought back to its old peak.",
        source="mmbench's own",
        modality=Modality.AUDIO,
        make=_waves("clipping", _clipped),
        strengths=(0.01, 0.05, 0.1, 0.25, 0.5),
        unit="share of the samples",
    ),
)
