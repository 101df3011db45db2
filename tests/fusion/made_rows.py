"""Random rows of several modalities of unequal sizes, with hidden steps and missing modalities, for the tests of fusion methods."""

import torch
from torch import Tensor

DIMS = {2: (5, 3), 3: (4, 6, 3), 4: (3, 5, 2, 4)}
STEPS = (4, 7, 1, 5)  # unaligned, and a vector among sequences


def rows(
    dims: tuple[int, ...], *, steps: bool, n: int = 6, hidden: float = 0.3, dtype: torch.dtype = torch.float64
) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs ``(n, d_m)`` or ``(n, T_m, d_m)``, and masks in which a share of what could be there is hidden."""
    draw = torch.Generator().manual_seed(len(dims) + 10 * steps)
    inputs, masks = [], []
    for m, dim in enumerate(dims):
        shape = (n, STEPS[m]) if steps else (n,)
        inputs.append(torch.randn(*shape, dim, generator=draw, dtype=dtype))
        masks.append(torch.rand(*shape, generator=draw) >= hidden)
    return inputs, masks
