"""Near copies: hashes of pictures and fingerprints of sounds that survive a new encoding, and the search among many of them.

A picture is hashed by the signs of 64 differences of brightness (dHash) and verified by a small thumbnail. Crops beyond a few per cent and
mirrored copies have other hashes and are not found. A sound is fingerprinted by the signs of 256 differences of band energy between
neighbouring bands and neighbouring pieces of its loud part (after Haitsma and Kalker 2002); copies that start elsewhere are not found.
"""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

Hashes = NDArray[np.uint64]
WIDE, HIGH = 18, 16  # of a thumbnail; two by two of its points make one of the hash
RADIUS = 6  # of 64 bits: no two of 160,000 unlike pairs of photos or pages were nearer, and no copy by JPEG, size or light farther
MARGIN = 2  # of 255: without it the flat parts of drawings have bits by chance
ALIKE = 0.97  # correlation of two thumbnails
BANDS, PIECES = 17, 17
LOUD, AUDIBLE, SHORTEST = 0.15, 1e-4, 5  # of the loudest 20 ms; of full scale; frames
BITS = 256
QUIET = 1e-2  # of the loudest cell: what is added, so that noise far below decides nothing
SOUND_RADIUS = (
    40  # one in 10,000 pairs of unlike words by one synthetic voice was within 57, half of the copies as OGG within 8
)
BLOCK = 2048
OWNERS = 64  # of one hash that are told apart: enough to find one copy
CHUNK = 1 << 22
TABLE = 9  # bits of a band: of 7 bands, one is equal wherever at most 6 bits differ


def thumbnail(image: "Image.Image") -> NDArray[np.uint8]:
    """An RGB picture as ``(16, 18, 3)`` means."""
    from PIL import Image

    return np.asarray(image.resize((WIDE, HIGH), Image.Resampling.BOX), dtype=np.uint8)


def difference_hash(small: NDArray[np.uint8]) -> int:
    """The 64-bit dHash of a thumbnail: whether each of 8 x 8 cells is brighter than its right neighbour."""
    grey = (small.astype(np.float64) @ np.asarray([0.299, 0.587, 0.114])).reshape(8, 2, 9, 2).mean((1, 3))
    return int.from_bytes(np.packbits(grey[:, :-1] > grey[:, 1:] + MARGIN).tobytes(), "big")


def alike(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> bool:
    """Whether two thumbnails correlate, all colours together; flat ones are alike where their colours are."""
    one, two = left.astype(np.float64).ravel(), right.astype(np.float64).ravel()
    spread = float(one.std() * two.std())
    if min(one.std(), two.std()) < 2:
        return float(np.abs(one - two).max()) < 8
    return float(((one - one.mean()) * (two - two.mean())).mean()) / spread >= ALIKE


def near_pairs(
    left: Hashes, right: Hashes, radius: int = RADIUS
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions in ``left`` and ``right`` of hashes that differ in at most ``radius`` (6 or fewer) of 64 bits, each pair once.

    Of more than 64 equal hashes in ``right`` the first 64 are given. Two such hashes agree in one of seven bands of nine or more bits,
    so only those that do are compared (pigeonhole).
    """
    first, second = np.unique(left, return_inverse=True), np.unique(right, return_inverse=True)
    held = [np.argsort(inverse, kind="stable") for _, inverse in (first, second)]
    starts = [
        np.searchsorted(inverse[order], np.arange(len(values) + 1))
        for (values, inverse), order in zip((first, second), held, strict=True)
    ]
    for one, two in _distinct_pairs(first[0], second[0], radius):
        for i, j in zip(one.tolist(), two.tolist(), strict=True):
            ours = held[0][starts[0][i] : starts[0][i + 1]]
            theirs = held[1][starts[1][j] : starts[1][j + 1]][:OWNERS]
            yield np.repeat(ours, len(theirs)), np.tile(theirs, len(ours))


def _distinct_pairs(left: Hashes, right: Hashes, radius: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    edges = [number * 64 // (radius + 1) for number in range(radius + 2)]
    bands = [(low, (1 << (high - low)) - 1) for low, high in itertools.pairwise(edges)]
    for number, (low, mask) in enumerate(bands):
        keys = [(side >> np.uint64(low)) & np.uint64(mask) for side in (left, right)]
        order = np.argsort(keys[1], kind="stable")
        begin, end = (np.searchsorted(keys[1][order], keys[0], side=side) for side in ("left", "right"))
        sizes = end - begin
        at = 0
        while at < len(left):
            total = np.cumsum(sizes[at:])
            stop = at + max(1, int(np.searchsorted(total, CHUNK, side="right")))
            span = sizes[at:stop]
            ours = np.repeat(np.arange(at, stop), span)
            offsets = np.arange(len(ours)) - np.repeat(np.cumsum(span) - span, span)
            theirs = order[np.repeat(begin[at:stop], span) + offsets]
            differs = left[ours] ^ right[theirs]
            near = np.bitwise_count(differs) <= radius
            for earlier, width in bands[:number]:  # a pair that agrees in an earlier band was given there
                near &= (differs >> np.uint64(earlier)) & np.uint64(width) != 0
            if near.any():
                yield ours[near], theirs[near]
            at = stop


def sound_fingerprint(wave: NDArray[np.float32], rate: int) -> bytes | None:
    """A sound ``(channels, time)`` as 256 bits; ``None`` where it is silent or shorter than a tenth of a second."""
    mono = wave.mean(0, dtype=np.float64)
    frame = max(1, rate // 50)
    level = np.sqrt((mono[: len(mono) // frame * frame].reshape(-1, frame) ** 2).mean(1))
    loud = np.flatnonzero(level > LOUD * level.max()) if len(level) else np.zeros(0, dtype=np.int64)
    if len(loud) == 0 or loud[-1] - loud[0] < SHORTEST or level.max() < AUDIBLE:
        return None
    kept = mono[loud[0] * frame : (loud[-1] + 1) * frame]
    edges = np.linspace(0, len(kept), PIECES + 1).astype(int)
    size = max(256, int(rate * 0.064))
    energy = np.empty((PIECES, BANDS))
    for piece in range(PIECES):
        part = kept[edges[piece] : max(edges[piece + 1], edges[piece] + 1)]
        power = _power(part, size)
        hertz = np.linspace(0, rate / 2, len(power))
        cuts = np.searchsorted(hertz, np.geomspace(200, 3400, BANDS + 1))
        energy[piece] = [power[low : max(high, low + 1)].mean() for low, high in itertools.pairwise(cuts)]
    steps = np.diff(np.log(energy + QUIET * energy.max()), axis=1)
    return np.packbits(np.diff(steps, axis=0).ravel() > 0).tobytes()


def _power(part: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The mean power spectrum of a piece over overlapping frames."""
    if len(part) < size:
        part = np.pad(part, (0, size - len(part)))
    frames = np.lib.stride_tricks.sliding_window_view(part, size)[:: size // 2] * np.hanning(size)
    power: NDArray[np.float64] = (np.abs(np.fft.rfft(frames, size)) ** 2).mean(0)
    return power


def near_sounds(
    left: NDArray[np.uint8], right: NDArray[np.uint8], radius: int = SOUND_RADIUS
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions of fingerprints ``(n, 32)`` that differ in at most ``radius`` bits, by products of signs, block by block."""
    signs = [np.unpackbits(side, axis=1).astype(np.float32) * 2 - 1 for side in (left, right)]
    for start in range(0, len(left), BLOCK):
        products = signs[0][start : start + BLOCK] @ signs[1].T  # 256 - 2 x the bits that differ
        ours, theirs = np.nonzero(products >= BITS - 2 * radius)
        if len(ours):
            yield ours + start, theirs
