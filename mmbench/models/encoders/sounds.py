"""Log-mel statistics: a sound as the mean spectrum of eight equal pieces of its loud part. No weights."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
WINDOW, HOP, FFT = 400, 160, 512  # 25 ms every 10 ms
BANDS, PIECES = 64, 8
LOW_HZ, HIGH_HZ = 60.0, 7_600.0
QUIET = 7.0  # nepers below the loudest frame: what is cut off at both ends


def log_mel_statistics(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """A sound ``(channels, time)`` at 16 kHz to float32 ``(577,)``: 8 x 64 means, 64 deviations, the log of the length."""
    mono = sound.mean(axis=0, dtype=np.float64)
    if mono.size < WINDOW:
        mono = np.pad(mono, (0, WINDOW - mono.size))
    frames = np.lib.stride_tricks.sliding_window_view(mono, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, FFT)) ** 2
    spectrum = np.log(power @ _mel_bands().T + 1e-6)
    loudness = spectrum.mean(axis=1)
    loud = np.flatnonzero(loudness > loudness.max() - QUIET)
    kept = spectrum[loud[0] : loud[-1] + 1]
    pieces = [piece.mean(axis=0) if len(piece) else kept.mean(axis=0) for piece in np.array_split(kept, PIECES)]
    return np.concatenate([*pieces, kept.std(axis=0), [np.log(len(kept))]]).astype(np.float32)


@cache
def _mel_bands() -> NDArray[np.float64]:
    """Triangular filters ``(64, 257)``, equally spaced on the mel scale (O'Shaughnessy's formula)."""
    hertz = np.linspace(0, RATE / 2, FFT // 2 + 1)
    edges_mel = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
