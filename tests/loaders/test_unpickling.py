"""What a stranger's pickle can do: be read, or be refused by name with nothing run."""

import builtins
import contextlib
import copyreg
import pickle
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.loaders.unpickling import load_arrays

RAN: list[object] = []
EXTENSION = 240


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the planted pickles try to run notes that it was."""
    RAN.clear()
    for module, name in (("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec")):
        real = getattr(sys.modules[module], name)
        monkeypatch.setattr(f"{module}.{name}", partial(noted, real))
    yield
    assert RAN == []


def noted(real: Callable[..., Any], code: object, *rest: object) -> Any:
    if code in ("1", "true"):
        RAN.append(code)
        return None
    return real(code, *rest)  # imports run code too


def written(folder: Path, data: bytes) -> Path:
    path = folder / "x.pkl"
    path.write_bytes(data)
    return path


def loaded(folder: Path, value: object, protocol: int) -> Any:
    return load_arrays(written(folder, pickle.dumps(value, protocol)))


def same(one: Any, other: Any) -> bool:
    if isinstance(other, np.ndarray):
        alike = type(one) is np.ndarray and one.dtype == other.dtype and one.shape == other.shape
        return alike and all(same(a, b) for a, b in zip(one.ravel(), other.ravel(), strict=True))
    if isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in other)
    if isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


DATA = {
    "plain": [None, True, 1, -(2**70), 1.5, "é", b"\x00\xff", b"", (1, (2,)), {1, 2}, frozenset("a"), {}, set()],
    "arrays": [
        np.arange(6).astype(dtype).reshape(2, 3) for dtype in ("f2", "<f4", ">f4", "f8", "i1", "<i8", ">u2", "c8", "?")
    ],
    "texts": np.array([["a", "bcd"], ["é", ""]]),
    "bytes": np.array([b"a", b"bc"]),
    "orders": [
        np.arange(24.0).reshape(2, 3, 4).T,
        np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
        np.arange(9)[::2],
    ],
    "shapes": [np.zeros((0, 3)), np.array(1.5), np.zeros((3, 0), dtype=object)],
    "objects": np.array(["a", None, [1], np.arange(3), {"k": np.ones(2)}], dtype=object),
    "scalars": [np.float32(0.1), np.int64(7), np.str_("é"), np.str_(""), np.bool_(True)],
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", list(DATA))
def test_data_comes_back_as_it_was(tmp_path: Path, name: str, protocol: int) -> None:
    assert same(loaded(tmp_path, DATA[name], protocol), DATA[name])


def test_numpy_1_names_are_read(tmp_path: Path) -> None:
    data = pickle.dumps(np.arange(3), 2).replace(b"numpy._core", b"numpy.core")
    assert load_arrays(written(tmp_path, data)).tolist() == [0, 1, 2]


def test_what_is_shared_or_holds_itself_stays_so(tmp_path: Path) -> None:
    array = np.arange(3)
    ring: list[Any] = []
    ring.append({"ring": ring, "a": array, "b": array})
    found = loaded(tmp_path, ring, 4)
    assert found[0]["ring"] is found
    assert found[0]["a"] is found[0]["b"]
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep, deep]  # 2**40 leaves if each were visited
    assert loaded(tmp_path, deep, 4)[0] is not None
    knot: tuple[list[Any]] = ([],)
    knot[0].append(knot)
    with pytest.raises(UserError, match="damaged .*holds itself"):
        loaded(tmp_path, knot, 4)


def test_python_2_is_read_where_asked(tmp_path: Path) -> None:
    # pickle.dumps({'id': b'caf\xe9', 'x': np.arange(2, dtype='<i2')}, 2) as Python 2 with numpy 1 writes it
    data = (
        b"\x80\x02}q\x00(U\x02idU\x04caf\xe9U\x01xcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U\x04\x00\x00\x01\x00tbu."
    )
    found = load_arrays(written(tmp_path, data), encoding="latin1")
    assert (found["id"], found["x"].tolist(), found["x"].dtype) == ("café", [0, 1], np.dtype("<i2"))
    with pytest.raises(UserError, match="holds bytes of Python 2: read it with encoding='latin1'"):
        load_arrays(written(tmp_path, data))


class Calls:
    """Pickles as a call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def glob(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


ARRAY = glob("numpy._core.multiarray", "_reconstruct") + glob("numpy", "ndarray") + b"K\x00\x85C\x01b\x87R"
MALICE = {
    "os.system": (b"cos\nsystem\n(S'true'\ntR.", "wants to call os.system"),
    "posix.system": (b"cposix\nsystem\n(S'true'\ntR.", "wants to call posix.system"),
    "eval": (pickle.dumps(Calls(builtins.eval, "1")), "wants to call builtins.eval"),
    "exec of Python 2": (b"c__builtin__\nexec\n(S'1'\ntR.", "wants to call __builtin__.exec"),
    "getattr": (pickle.dumps(Calls(getattr, "a", "upper")), "wants to call builtins.getattr"),
    "instance opcode": (b"(S'true'\nios\nsystem\n.", "wants to call os.system"),
    "object opcode": (b"(cos\nsystem\nS'true'\no.", "wants to call os.system"),
    "new object": (pickle.dumps(Fraction(1, 2)), "wants to call fractions.Fraction"),
    "stack global": (b"\x80\x04" + short("os") + short("system") + b"\x93" + short("true") + b"\x85R.", "wants to call os.system"),
    "dotted name": (b"\x80\x04" + short("numpy") + short("f2py.os.system") + b"\x93)R.", r"wants to call numpy.f2py.os.system"),
    "dotted module": (glob("numpy.core.multiarray", "_reconstruct.__globals__") + b".", "_reconstruct.__globals__"),
    "numpy.load": (pickle.dumps(Calls(np.load, "x.npy")), r"wants to call numpy\.load"),
    "numpy's exec": (glob("numpy.testing._private.utils", "runstring") + b"(S'1'\n}tR.", "runstring"),
    "a subclass": (pickle.dumps(np.ma.masked_array([1])), "wants to call numpy.ma"),
    "an object in an array": (pickle.dumps(np.array([Calls(builtins.eval, "1")], dtype=object)), "wants to call builtins.eval"),
    "an object as scalar": (
        glob("numpy._core.multiarray", "scalar") + glob("numpy", "dtype") + b"X\x02\x00\x00\x00O8\x89\x88\x87R](K\x01e\x86R.",
        "scalar of objects",
    ),
    "encode with a codec": (glob("_codecs", "encode") + b"X\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.", "_codecs.encode"),
    "bytes of a number": (glob("builtins", "bytes") + b"J\xff\xff\xff\x7f\x85R.", "builtins.bytes"),
    "a class for an array": (
        glob("numpy._core.multiarray", "_reconstruct") + glob("numpy", "dtype") + b"K\x00\x85C\x01b\x87R.",
        "array of another class",
    ),
    "ndarray itself": (glob("numpy", "ndarray") + b"(K\x02\x85tR.", "wants to call numpy.ndarray"),
    "a record dtype": (pickle.dumps(np.zeros(1, [("a", "O")])), "wants an array of 'V8'"),
    "fields by state": (
        glob("numpy", "dtype") + b"X\x02\x00\x00\x00f8\x89\x88\x87R(K\x03X\x01\x00\x00\x00|N(X\x01\x00\x00\x00at}K\x08K\x01K\x00tb.",
        "array of records",
    ),
    "dates": (pickle.dumps(np.array(["2020"], dtype="M8[D]")), "wants an array of 'M8'"),
    "changing a stand-in": (glob("numpy", "ndarray") + b"}X\x05\x00\x00\x00_makeK\x01sb.", "wants to change numpy.ndarray"),
    "changing a slot": (glob("numpy", "ndarray") + b"N}X\x05\x00\x00\x00_makeK\x01s\x86b.", "wants to change numpy.ndarray"),
    "a bare name": (glob("numpy", "ndarray") + b".", "holds a name or a dtype"),
    "persistent id": (b"Pfile\n.", "opcode PERSID"),
    "binary persistent id": (b"K\x01Q.", "opcode BINPERSID"),
    "extension": (b"\x82" + bytes([EXTENSION]) + b".", "opcode EXT1"),
    "buffer": (b"\x97.", "opcode NEXT_BUFFER"),
    "another class": (pickle.dumps(OrderedDict(a=1)), "wants to call collections.OrderedDict"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MALICE))
def test_malice_is_refused_by_name(tmp_path: Path, name: str) -> None:
    data, said = MALICE[name]
    with pytest.raises(UserError, match=said) as found:
        load_arrays(written(tmp_path, data))
    assert "\n" not in str(found.value)
    assert str(found.value).endswith("refused; bring the file that upstream published.")


def test_the_planted_calls_would_have_run() -> None:
    for name in ("os.system", "posix.system", "eval", "exec of Python 2", "instance opcode", "stack global"):
        pickle.loads(MALICE[name][0])  # noqa: S301
        assert RAN in (["1"], ["true"])
        RAN.clear()


def test_an_extension_that_another_library_loaded_is_refused(tmp_path: Path) -> None:
    copyreg.add_extension("builtins", "print", EXTENSION)
    try:
        code = b"\x82" + bytes([EXTENSION]) + b"."
        assert pickle.loads(code) is print  # noqa: S301  (now in the cache that pickle asks before find_class)
        with pytest.raises(UserError, match="opcode EXT1: refused"):
            load_arrays(written(tmp_path, code))
    finally:
        copyreg.remove_extension("builtins", "print", EXTENSION)


DTYPE = (
    glob("numpy", "dtype")
    + b"X\x02\x00\x00\x00f8\x89\x88\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)
BOMBS = {
    "huge array": (ARRAY + b"(K\x01J\xff\xff\xff\x7f\x85" + DTYPE + b"\x89C\x08" + bytes(8) + b"tb.", "claims 17179869176 bytes"),
    "negative shape": (ARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + DTYPE + b"\x89C\x00tb.", "is no shape"),
    "items of no size": (
        ARRAY + b"(K\x01J\xff\xff\xff\x7f\x85" + glob("numpy", "dtype") + b"X\x02\x00\x00\x00S0\x89\x88\x87R\x89C\x00tb.",
        "items of no size",
    ),
    "huge bytes": (b"\x8e" + struct.pack("<Q", 2**60) + b"abc.", "cut off"),
    "huge frame": (b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.", "frame longer than itself"),
    "huge memo": (b"Nr\xff\xff\xff\xff.", "claims place 4294967295 of the memo"),
    "huge memo in text": (b"Np99999999999\n.", "of the memo"),
    "unfolding": (
        b"]" + b"X\x00\x01\x00\x00" + b"a" * 256 + b"q\x00" + b"0"
        + (glob("_codecs", "encode") + b"h\x00X\x06\x00\x00\x00latin1\x86Ra") * 60 + b".", "unfolds to more than its own size",
    ),
    "an array without content": (ARRAY + b".", "has no content"),
    "not enough objects": (
        ARRAY + b"(K\x01K\x05\x85" + glob("numpy", "dtype") + b"X\x02\x00\x00\x00O8\x89\x88\x87R\x89]tb.", "as many objects",
    ),
    "empty": (b"", "it is empty"),
    "a page": (b"<!DOCTYPE html>", "is damaged or is no pickle"),
    "two pickles": (pickle.dumps(1) * 2, "bytes stand after its end"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOMBS))
def test_what_claims_more_than_it_brings_is_damage(tmp_path: Path, name: str) -> None:
    data, said = BOMBS[name]
    with pytest.raises(UserError, match=f"{said}.*bring the file again"):
        load_arrays(written(tmp_path, data))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_cut_or_flipped_file_ends_in_one_sentence(tmp_path: Path, protocol: int) -> None:
    whole = pickle.dumps({"a": np.arange(8.0), "b": ["x", 1, None], "c": np.array([None, "y"])}, protocol)
    for length in range(len(whole)):
        with pytest.raises(UserError, match="damaged"):
            load_arrays(written(tmp_path, whole[:length]))
    random = np.random.default_rng(0)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= int(random.integers(1, 256))
        with contextlib.suppress(UserError):  # anything else that comes out fails this test
            load_arrays(written(tmp_path, bytes(changed)), encoding="latin1")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.pkl cannot be read \(No such file"):
        load_arrays(tmp_path / "gone.pkl")
