"""``CaptionScores``: BLEU, ROUGE-L and CIDEr-D over batches and processes, from the captions themselves."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
import torchmetrics
from numpy.typing import NDArray

from mmbench.files import digest
from mmbench.metrics._caption_tokens import References, checked
from mmbench.metrics._inputs import to_numpy
from mmbench.metrics.classes._states import as_tensors, fill_empty, joined, warn_if_empty
from mmbench.metrics.functional.captions import caption_scores_metric

__all__ = ["CaptionScores"]

_FAILED = -1


class CaptionScores(torchmetrics.Metric):
    """The values of ``caption_scores``; ``update(preds, target)`` takes what the function takes.

    CIDEr-D weighs n-grams by the references of the whole set, so that all texts are kept: as UTF-8 in a uint8 state
    with their lengths and the number of references in int64 states, because torchmetrics does not gather strings from
    other processes. ``forward``, which copies every kept tensor at each step, is best left alone.

    Args:
        tokenizer: a name in ``mmbench.metrics.functional.CAPTION_TOKENIZERS``.
        **kwargs: for ``torchmetrics.Metric``.

    Raises:
        ValueError: an unknown ``tokenizer``.
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True

    def __init__(self, tokenizer: str = "ptb", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._spec = caption_scores_metric(tokenizer)
        prefix = f"{self._spec.name}_{digest(self._spec.signature)[:8]}"
        self._bytes, self._lengths, self._references = (
            f"{prefix}_{name}" for name in ("bytes", "lengths", "references")
        )
        self._kept = {self._bytes: torch.uint8, self._lengths: torch.int64, self._references: torch.int64}
        for state in self._kept:
            self.add_state(state, default=[], dist_reduce_fx="cat")

    def update(self, preds: Sequence[str | None], target: References) -> None:
        """Add captions and their references, checked as in the function."""
        given, references = checked(preds, target)
        texts = [text for pred, found in zip(given, references, strict=True) for text in (pred, *found)]
        encoded = [None if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
        self._add(self._bytes, np.frombuffer(bytearray(b"".join(filter(None, encoded))), dtype=np.uint8))
        self._add(self._lengths, np.asarray([_FAILED if code is None else len(code) for code in encoded], np.int64))
        self._add(self._references, np.asarray(list(map(len, references)), np.int64))

    def compute(self) -> dict[str, torch.Tensor]:
        """Float64 scalars by key; NaN where undefined."""
        preds, target = self._texts()
        warn_if_empty(self, len(preds))
        return as_tensors(self._spec.aggregate(self._spec.per_sample(preds, target)), self.device)

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather from all processes, those without data included."""
        fill_empty(self, self._kept)
        super().sync(*args, **kwargs)

    def _add(self, state: str, values: NDArray[Any]) -> None:
        getattr(self, state).append(torch.from_numpy(values).to(self.device))

    def _texts(self) -> tuple[list[str | None], list[list[str]]]:
        """What ``update`` was given so far."""
        code, lengths, sizes = (to_numpy(joined(getattr(self, state), dtype)) for state, dtype in self._kept.items())
        data, ends = code.tobytes(), accumulate(lengths.clip(min=0).tolist(), initial=0)
        texts = [
            None if length == _FAILED else data[start:end].decode("utf-8", "surrogatepass")
            for (start, end), length in zip(pairwise(ends), lengths.tolist(), strict=True)
        ]
        items = pairwise(accumulate((sizes + 1).tolist(), initial=0))
        pairs = [(texts[start], texts[start + 1 : end]) for start, end in items]
        return [pred for pred, _ in pairs], [found for _, found in pairs]  # type: ignore[misc]
