"""What a model costs, as measured on this machine, and which models nothing cheaper beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCHES = (1, 256)
COUNTED = "multiplications and additions of matrix products, convolutions and attention; no elementwise work, normalisation or softmax"


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one model.

    Attributes:
        parameters: that are trained.
        flops: per sample, of one pass forward: ``COUNTED``, an addition and a multiplication being two.
        uncounted: operations that do such work and could not be counted; empty where the count is whole.
        seconds: of one training, as the caller measured it; ``None`` where unknown.
        batches: sizes of the batches below, in rows.
        latency: by batch, the median seconds per sample of a pass forward.
        memory: bytes that a pass forward of the largest batch needs at its peak, beside parameters and inputs.
        memory_of: how that was measured.
        device: ``cpu``, or the name of the GPU.
        threads: of the CPU, that the passes ran with.
    """

    parameters: int
    flops: float
    uncounted: tuple[str, ...]
    seconds: float | None
    batches: tuple[int, ...]
    latency: tuple[float, ...]
    memory: int
    memory_of: str
    device: str
    threads: int


def measure(
    module: "nn.Module",
    inputs: "Sequence[Tensor]",
    masks: "Sequence[Tensor | None]",
    *,
    seconds: float | None = None,
    batches: Sequence[int] = BATCHES,
) -> Cost:
    """Measure a model on some rows, which are repeated to fill a batch.

    Args:
        module: called as ``module(inputs, masks)``, on the inputs' device; it is measured in evaluation mode, and left as it was.
        inputs: per modality ``(B, d_m)`` or ``(B, T_m, d_m)`` in the study's shapes, B >= 1.
        masks: per modality ``(B,)`` or ``(B, T_m)``, or ``None``.
        seconds: of one training.
        batches: sizes to time.
    """
    import torch

    from mmbench.fusion.analyses import profiling

    device = inputs[0].device
    with profiling.evaluating(module):
        flops, uncounted = profiling.flops(module, *profiling.batch(inputs, masks, 2))
        filled = [profiling.batch(inputs, masks, size) for size in batches]
        latency = [profiling.seconds_per_pass(module, *one) / size for one, size in zip(filled, batches, strict=True)]
        memory, memory_of = profiling.peak_memory(module, *filled[int(np.argmax(batches))])
    return Cost(
        parameters=profiling.parameters(module),
        flops=flops / 2,
        uncounted=uncounted,
        seconds=seconds,
        batches=tuple(batches),
        latency=tuple(latency),
        memory=memory,
        memory_of=memory_of,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        threads=torch.get_num_threads(),
    )


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which of ``(cost, value)`` are on the front: no other is at least as cheap and as good, and better in one of the two.

    Args:
        points: a lower cost and a higher value are better (negate an error). A point with NaN is on no front, and keeps none off it.

    Returns:
        One answer per point; equal points are on it together.
    """
    table = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    costs, values = table.T
    as_good = (costs <= costs[:, None]) & (values >= values[:, None])  # [i, j]: j beside i; NaN never is
    better = (costs < costs[:, None]) | (values > values[:, None])
    known = ~np.isnan(table).any(axis=1)
    return [bool(one) for one in np.atleast_1d(known & ~(as_good & better).any(axis=1))]
