"""The measurements behind a model's cost: operations, time and memory of a pass forward in PyTorch."""

import time
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from statistics import median
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

Masks: TypeAlias = Sequence[Tensor | None]

REPEATS = 20
LEAST = 3
SECONDS = 1.0  # after which no repeat is begun
ON_CPU = "live tensors that PyTorch's operations returned (scratch memory inside of an operation is not seen)"
ON_CUDA = "torch.cuda.max_memory_allocated"
# Operations of aten that multiply and add, of which PyTorch's counter knows nothing.
HEAVY = frozenset(
    {
        "_cdist_forward",
        "_cudnn_rnn",
        "_fft_c2c",
        "_fft_c2r",
        "_fft_r2c",
        "_native_multi_head_attention",
        "_transformer_encoder_layer_fwd",
        "_trilinear",
        "addmv",
        "addr",
        "miopen_rnn",
        "mkldnn_rnn_layer",
    }
)


def parameters(module: nn.Module) -> int:
    """How many numbers are trained; shared ones once."""
    return sum(one.numel() for one in module.parameters() if one.requires_grad)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; afterwards each part is as it was."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


def batch(inputs: Sequence[Tensor], masks: Masks, size: int) -> tuple[list[Tensor], list[Tensor | None]]:
    """``size`` rows: those there are, again and again."""
    rows = torch.arange(size, device=inputs[0].device) % len(inputs[0])
    return [values[rows] for values in inputs], [None if mask is None else mask[rows] for mask in masks]


def flops(module: nn.Module, inputs: Sequence[Tensor], masks: Masks) -> tuple[int, tuple[str, ...]]:
    """Floating-point operations of one pass forward over these rows, and what of them could not be counted.

    Two per multiplication with an addition, of matrix products, convolutions and attention. Fused kernels that the counter does not know
    are not used here: attention is two matrix products, a recurrent layer one product per step.
    """
    # Inputs with gradients keep nn.MultiheadAttention off its fused path; they are copies, since a module may write into its inputs.
    tracked = [values.detach().requires_grad_().clone() for values in inputs]
    counter: Any = FlopCounterMode(display=False, custom_mapping=_vector_products())
    seen = _Uncounted()
    with torch.enable_grad(), _unfused(), sdpa_kernel(SDPBackend.MATH), seen, counter:
        module(tracked, masks)
    return int(counter.get_total_flops()), tuple(sorted(seen.names))


def seconds_per_pass(module: nn.Module, inputs: Sequence[Tensor], masks: Masks) -> float:
    """The median over up to ``REPEATS`` passes forward, after one that does not count."""
    cuda = inputs[0].device.type == "cuda"
    times: list[float] = []
    begun = time.perf_counter()
    with torch.no_grad():
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            module(inputs, masks)
            if cuda:
                torch.cuda.synchronize(inputs[0].device)
            times.append(time.perf_counter() - start)
            if len(times) > LEAST and time.perf_counter() - begun > SECONDS:
                break
    return median(times[1:])


def peak_memory(module: nn.Module, inputs: Sequence[Tensor], masks: Masks) -> tuple[int, str]:
    """Bytes at the peak of a pass forward without gradients, beyond what is there before it, and how they were measured."""
    device = inputs[0].device
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        with torch.no_grad():
            module(inputs, masks)
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before, ON_CUDA
    there = [*module.parameters(), *module.buffers(), *inputs, *(mask for mask in masks if mask is not None)]
    live = _Live(there)
    with torch.no_grad(), live:
        module(inputs, masks)
    return live.peak, ON_CPU


@contextmanager
def _unfused() -> Iterator[None]:
    """Recurrent layers by single products, on either kind of device."""
    backends: tuple[Any, Any] = (
        torch.backends.mkldnn,
        torch.backends.cudnn,
    )  # their flags() would set more than this one
    before = [one.enabled for one in backends]
    try:
        for one in backends:
            one.enabled = False
        yield
    finally:
        for one, enabled in zip(backends, before, strict=True):
            one.enabled = enabled


def _vector_products() -> dict[Any, Any]:
    """Products with vectors, which the counter leaves out."""

    def matrix_vector(matrix: Sequence[int], _vector: Sequence[int], *_: Any, **__: Any) -> int:
        return 2 * prod(matrix)

    def vector_vector(vector: Sequence[int], *_: Any, **__: Any) -> int:
        return 2 * prod(vector)

    return {torch.ops.aten.mv: matrix_vector, torch.ops.aten.dot: vector_vector}


class _Uncounted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes operations that the counter passes over though they multiply and add."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if func.namespace != "aten" or name in HEAVY:
            self.names.add(name if func.namespace == "aten" else f"{func.namespace}.{name}")
        return func(*args, **(kwargs or {}))


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the memory of tensors for as long as anything refers to them; views count once."""

    def __init__(self, there: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known = {one.untyped_storage()._cdata for one in there}
        self.holders: Counter[int] = Counter()
        self.now = self.peak = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for one in tree_leaves(found):
            if isinstance(one, Tensor):
                self._hold(one)
        return found

    def _hold(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata in self.known:
            return
        self.holders[storage._cdata] += 1
        if self.holders[storage._cdata] == 1:
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
        weakref.finalize(tensor, self._release, storage._cdata, storage.nbytes()).atexit = False

    def _release(self, storage: int, size: int) -> None:
        self.holders[storage] -= 1
        if self.holders[storage] == 0:
            self.now -= size
