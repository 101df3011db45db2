"""Writes are whole or not there, and JSON is strict."""

import hashlib
import json
import math
from pathlib import Path

import pytest

from mmbench.files import atomic_path, canonical_json, digest, file_sha256, read_json, write_bytes, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.bin"
    write_bytes(path, b"old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_takes_the_place_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [-math.inf]}])
def test_nan_is_never_written(tmp_path: Path, value: object) -> None:
    path = tmp_path / "scores.json"
    write_json(path, {"old": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, value)
    assert read_json(path) == {"old": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_json_keeps_key_order_and_letters(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"z": "Ä", "a": None})
    assert path.read_text(encoding="utf-8") == '{\n  "z": "Ä",\n  "a": null\n}\n'
    assert read_json(path) == {"z": "Ä", "a": None}


def test_one_spelling_per_value() -> None:
    assert canonical_json({"b": (1, 2), "a": "ü"}) == '{"a":"ü","b":[1,2]}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
    assert json.loads(canonical_json({"a": 0.1}))["a"] == 0.1


def test_file_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
