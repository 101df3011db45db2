"""Reads arrays out of a pickle that a stranger wrote: plain values and numpy arrays, and nothing is ever called but that."""

import math
import mmap
import pickle
import pickletools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError

Encoding: TypeAlias = Literal["ASCII", "latin1"]
DTYPE = re.compile(r"b1|[iu][1248]|f(?:2|4|8|12|16)|c(?:8|16|24|32)|[SU]\d{1,9}|O[48]?")
PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, np.generic)
REFUSED = {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"}
OPCODES = {ord(opcode.code): opcode for opcode in pickletools.opcodes}
LENGTH_BYTES = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
DAMAGE = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError, OverflowError, MemoryError,
    RecursionError, BufferError,
)  # fmt: skip


def load_arrays(path: str | Path, *, encoding: Encoding = "ASCII") -> Any:
    """What a pickle holds, where that is dicts, lists, tuples, sets, text, bytes, numbers and numpy arrays of those.

    The file is first walked without being loaded: every length that it claims has to lie inside the file. Then it is unpickled with
    stand-ins for the few functions that numpy's own pickles name; any other name ends the load before anything is called. Arrays are
    read-only views of the loaded bytes, and the whole content is held in memory.

    Args:
        path: the file.
        encoding: ``latin1`` for files that Python 2 wrote.

    Raises:
        UserError: the file cannot be read, is damaged, or wants something else than data.
    """
    path = Path(path)
    try:
        with path.open("rb") as handle:
            size = _walk(handle)
            handle.seek(0)
            loaded = _Unpickler(handle, size, encoding).load()
        return _Resolver().resolve(loaded)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check its name and permissions.") from error
    except _RefusedError as error:
        raise UserError(
            f"{path} is not read, since {error}: refused; bring the file that upstream published."
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} holds bytes of Python 2: read it with encoding='latin1'.") from error
    except DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path} is damaged or is no pickle of arrays ({reason}): bring the file again.") from error


class _RefusedError(Exception):
    """The file wants something else than data."""


def _walk(handle: BinaryIO) -> int:
    """Check each opcode and each claimed length against the file without loading anything; returns the size of the file."""
    size = handle.seek(0, 2)
    if size == 0:
        raise EOFError("it is empty")
    with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        position = count = 0
        name = ""
        while name != "STOP":
            opcode = OPCODES.get(data[_inside(position + 1, size) - 1])
            if opcode is None:
                raise ValueError(f"byte {position} is no opcode")
            name = opcode.name
            if name in REFUSED:
                raise _RefusedError(f"it uses the pickle opcode {name}")
            start, position = position + 1, _end(opcode, data, position + 1, size)
            count += 1
            _check_claims(name, data[start : min(position, start + 24)], size - position, count)
    if position != size:
        raise ValueError(f"{size - position} bytes stand after its end")
    return size


def _end(opcode: pickletools.OpcodeInfo, data: mmap.mmap, position: int, size: int) -> int:
    """Where an opcode's argument ends."""
    if opcode.arg is None:
        return _inside(position, size)
    if opcode.arg.n >= 0:
        return _inside(position + opcode.arg.n, size)
    if opcode.arg.n == pickletools.UP_TO_NEWLINE:
        for _ in range(2 if opcode.arg.name == "stringnl_noescape_pair" else 1):
            position = data.find(b"\n", position) + 1
            if position == 0:
                raise EOFError("it is cut off")
        return position
    head = LENGTH_BYTES[opcode.arg.n]
    length = int.from_bytes(data[position : _inside(position + head, size)], "little")
    return _inside(position + head + length, size)


def _inside(position: int, size: int) -> int:
    if position > size:
        raise EOFError(f"it claims {position - size} bytes more than it has: cut off")
    return position


def _check_claims(name: str, argument: bytes, left: int, count: int) -> None:
    """What reserves memory by a number alone: a frame's length, and a place in the memo."""
    if name == "FRAME" and int.from_bytes(argument, "little") > left:
        raise EOFError("it claims a frame longer than itself: cut off")
    if name in {"PUT", "BINPUT", "LONG_BINPUT"}:
        place = int(argument) if name == "PUT" else int.from_bytes(argument, "little")
        if not 0 <= place <= count:
            raise ValueError(f"it claims place {place} of the memo after {count} steps")


class _Unpickler(pickle.Unpickler):
    """Finds stand-ins only. What they make is bounded by the size of the file, however often they are called."""

    def __init__(self, handle: BinaryIO, size: int, encoding: Encoding) -> None:
        super().__init__(handle, encoding=encoding)
        self._left = size

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for one of numpy's names; every other name is refused."""
        made = STAND_INS.get((module.replace("numpy.core.", "numpy._core.", 1), name))  # numpy 1 and 2
        if made is None:
            raise _RefusedError(f"it wants to call {module}.{name}")
        return _StandIn(f"{module}.{name}", made, self._spend)

    def _spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise ValueError("it unfolds to more than its own size")


Spend: TypeAlias = Callable[[int], None]


class _StandIn:
    """What a name in the file becomes: it can be called or passed on, never changed."""

    __slots__ = ("_make", "_spend", "name")
    __hash__ = None  # type: ignore[assignment]  # so that it cannot hide as a key

    def __init__(self, name: str, make: Callable[..., Any], spend: Spend) -> None:
        self.name = name
        self._make = make
        self._spend = spend

    def __call__(self, *arguments: Any) -> Any:
        return self._make(self._spend, *arguments)

    def __setstate__(self, state: object) -> None:
        raise _RefusedError(f"it wants to change {self.name}")


class _Dtype:
    """A dtype on its way. Only code and byte order are taken from the file: numpy would believe its flags too."""

    __slots__ = ("dtype",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, code: object) -> None:
        text = code.decode("ascii") if isinstance(code, bytes) else code
        if not isinstance(text, str) or not DTYPE.fullmatch(text):
            raise _RefusedError(f"it wants an array of {code!r}")
        self.dtype = np.dtype(text)

    def __setstate__(self, state: object) -> None:
        if (
            not isinstance(state, tuple)
            or len(state) not in (8, 9)
            or state[2:5] != (None, None, None)
            or any(state[8:])
        ):
            raise _RefusedError("it wants an array of records or of a dtype with metadata")
        order: Any = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "="):
            raise ValueError(f"{order!r} is no byte order")
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """An array on its way: what ``__setstate__`` is given is checked here and never reaches numpy's own."""

    __slots__ = ("_spend", "items", "order", "shape", "values")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, spend: Spend) -> None:
        self._spend = spend
        self.values: NDArray[Any] | None = None
        self.items: list[Any] | None = None  # of an array of objects, in the order of memory
        self.shape: tuple[int, ...] = ()
        self.order: Literal["C", "F"] = "C"

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or state[0] != 1:
            raise ValueError("an array's state is not numpy's")
        _, shape, dtype, fortran, data = state
        self.fill(shape, dtype, "F" if fortran else "C", data)

    def fill(self, shape: object, dtype: object, order: Literal["C", "F"], data: object) -> None:
        """Take the content; the bytes have to be exactly as many as the shape says."""
        if not isinstance(dtype, _Dtype):
            raise TypeError("an array has no dtype")
        self.shape, self.order = _shape(shape), order
        count = math.prod(self.shape)
        if dtype.dtype.hasobject:
            if not isinstance(data, list) or len(data) != count:
                raise ValueError(f"an array of shape {self.shape} does not come with as many objects")
            self._spend(count)
            self.items = list(data)
        else:
            self.values = _from_bytes(self._spend, data, dtype.dtype, count).reshape(self.shape, order=order)


def _shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"{shape!r} is no shape")
    return shape


def _from_bytes(spend: Spend, data: object, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    raw = _encode(spend, data, "latin1") if isinstance(data, str) else data  # Python 2 wrote str
    if not isinstance(raw, bytes | bytearray):
        raise TypeError("an array's content is not bytes")
    if len(raw) != count * dtype.itemsize:
        raise ValueError(f"an array claims {count * dtype.itemsize} bytes and brings {len(raw)}")
    if not raw:
        if count > 1:
            raise ValueError(f"an array claims {count} items of no size")
        return np.zeros(count, dtype)
    return np.frombuffer(raw, dtype)


def _reconstruct(spend: Spend, kind: object, _shape: object, _code: object) -> _Array:
    if not isinstance(kind, _StandIn) or kind.name != "numpy.ndarray":
        raise _RefusedError("it wants an array of another class")
    return _Array(spend)


def _frombuffer(
    spend: Spend, buffer: object, dtype: object, shape: object, order: object, axes: object = None
) -> _Array:
    array = _Array(spend)
    array.fill(shape, dtype, "F" if order == "F" else "C", buffer)
    if array.values is None:
        raise ValueError("an array of objects does not lie in bytes")
    if axes is not None:  # numpy 2 writes an array whose axes were permuted in the order of memory
        array.values = array.values.transpose(_shape(tuple(axes) if isinstance(axes, list) else axes))
    return array


def _scalar(spend: Spend, dtype: object, data: object = b"") -> Any:
    if not isinstance(dtype, _Dtype) or dtype.dtype.hasobject:
        raise _RefusedError("it wants a scalar of objects")
    return _from_bytes(spend, data, dtype.dtype, 1)[0]


def _dtype(_spend: Spend, code: object, _align: object = False, _copy: object = True) -> _Dtype:
    return _Dtype(code)


def _ndarray(_spend: Spend, *_arguments: object) -> Any:
    raise _RefusedError("it wants to call numpy.ndarray")


def _encode(spend: Spend, text: object, encoding: object = None) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _RefusedError("it wants to call _codecs.encode with something else than latin1 text")
    spend(len(text))
    return text.encode("latin1")


def _bytes(_spend: Spend, *arguments: object) -> bytes:
    if arguments:
        raise _RefusedError("it wants to call builtins.bytes")
    return b""


def _collected(kind: type) -> Callable[..., Any]:
    def collect(spend: Spend, items: object = ()) -> Any:
        if not isinstance(items, list | tuple):
            raise _RefusedError(f"it wants to call builtins.{kind.__name__} with something else than a list")
        spend(len(items))
        return kind(items)

    return collect


STAND_INS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
    ("numpy", "ndarray"): _ndarray,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
    **{(module, "bytes"): _bytes for module in ("builtins", "__builtin__")},
    **{
        (module, kind.__name__): _collected(kind) for module in ("builtins", "__builtin__") for kind in (set, frozenset)
    },
}


class _Resolver:
    """Puts arrays where stand-ins were and checks that nothing else is left. What is shared stays shared, so that it ends."""

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []  # the originals, alive so that no other object gets their ids

    def resolve(self, value: Any) -> Any:
        """The value with arrays in their places. ``_RefusedError`` where it holds something that is no data."""
        if isinstance(value, PLAIN):
            return value
        if id(value) not in self._done:
            self._kept.append(value)
            self._done[id(value)] = value if isinstance(value, list | dict) else self  # ``self``: not known yet
            self._done[id(value)] = self._resolved(value)
        if self._done[id(value)] is self:
            raise ValueError("a tuple or an array holds itself")
        return self._done[id(value)]

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            value[:] = [self.resolve(item) for item in value]
        elif isinstance(value, dict):
            for key in value:
                value[key] = self.resolve(value[key])
        elif isinstance(value, tuple):
            return tuple(self.resolve(item) for item in value)
        elif isinstance(value, _Array):
            return self._array(value)
        elif not isinstance(value, set | frozenset):  # their members can be hashed, so they are plain
            raise _RefusedError("it holds a name or a dtype where data should stand")
        return value

    def _array(self, array: _Array) -> NDArray[Any]:
        if array.items is not None:
            flat = np.empty(len(array.items), dtype=object)
            for place, item in enumerate(array.items):
                flat[place] = self.resolve(item)
            return flat.reshape(array.shape, order=array.order)
        if array.values is None:
            raise ValueError("an array has no content")
        return array.values
