"""NumPy or torch in: which backend an input belongs to, and a NumPy view of it where one can be had."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a torch tensor, without importing torch: if nobody did, there are none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def on_device(x: Any) -> bool:
    """Whether ``x`` is a tensor that NumPy cannot see."""
    return is_tensor(x) and x.device.type != "cpu"


def to_numpy(x: Any) -> NDArray[Any]:
    """``x`` as an array: CPU tensors without a copy, except bfloat16, which NumPy lacks and which becomes float32."""
    if not is_tensor(x):
        return np.asarray(x)
    x = x.detach().cpu()
    if x.element_size() < 4 and x.is_floating_point() and str(x.dtype) != "torch.float16":
        x = x.float()
    return np.asarray(x.numpy())


def to_matrix(x: Any, name: str) -> Any:
    """``x`` as a numeric two-dimensional array, or as the tensor it is if that lives on a device.

    Raises:
        ValueError: another number of dimensions, or values that are not real numbers.
    """
    x = x.detach() if on_device(x) else to_numpy(x)
    if x.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, got shape {tuple(x.shape)}.")
    if isinstance(x, np.ndarray) and x.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, got {x.dtype}.")
    return x


def to_vector(x: Any, name: str) -> NDArray[np.float64]:
    """``x`` as a finite float64 array ``(n,)``.

    Raises:
        ValueError: another number of dimensions, values that are not numbers, or one that is not finite.
    """
    values = to_numpy(x)
    if values.ndim != 1 or (len(values) and values.dtype.kind not in "fiub"):
        raise ValueError(f"{name} must be a list of numbers, got shape {values.shape} of {values.dtype}.")
    values = values.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ValueError(f"{name}[{int(bad[0])}] is {values[bad[0]]}, which is not finite.")
    return values


def to_finite_matrix(x: Any, name: str) -> NDArray[np.float64]:
    """``x`` as a finite float64 array ``(n, c)``.

    Raises:
        ValueError: another number of dimensions, values that are not numbers, or one that is not finite.
    """
    values = to_numpy(x)
    if values.ndim != 2 or values.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be a table of numbers, got shape {values.shape} of {values.dtype}.")
    values = values.astype(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = map(int, bad[0])
        raise ValueError(f"{name}[{row}, {column}] is {values[row, column]}, which is not finite.")
    return values
