"""A file in a folder is enough to be found, and a wrong name is answered with the nearest right ones."""

from pathlib import Path

import pytest

from mmbench.discovery import collect, modules_in
from mmbench.errors import unknown_key


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "found_by_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "b.py").write_text("from found_by_test.a import ONE\nMANY = (2, 3)\nTEXT = 'no'\n")
    (folder / "a.py").write_text("ONE = 10**40\n")
    (folder / "_private.py").write_text("HIDDEN = 5\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "found_by_test"


def test_values_and_tuples_of_public_modules_are_found_once(package: str) -> None:
    assert [module.__name__ for module in modules_in(package)] == [f"{package}.a", f"{package}.b"]
    assert [value for value in collect(package, int) if value > 1] == [10**40, 2, 3]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert str(unknown_key("task", "openmoji.t2x", ["openmoji.t2i", "easy-vqa.open"])).endswith(
        "did you mean openmoji.t2i?"
    )
    assert str(unknown_key("dataset", "zzz", ["openmoji"])).endswith("see `mmbench list datasets`.")
