"""What `mmbench fusions new` writes runs as it is: its own test passes, and a comparison takes it."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.fusion.comparison import compare_fusion
from mmbench.fusion.new import new_fusion
from mmbench.fusion.registry import get_fusion
from tests.fusion.small_tasks import bring, classes, rows


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_its_own_test_passes_and_catches_a_method_that_breaks_the_contract(place: Path) -> None:
    module, test = new_fusion("own-fusion", place)
    assert (module.name, test.name) == ("own_fusion.py", "test_own_fusion.py")
    assert _pytest(test) == (0, [])
    text = module.read_text()
    end = "        return hidden\n"
    assert text.count(end) == 1
    broken = "(hidden - hidden.detach().mean(0)) / (inputs[0] != 0).any(1, keepdim=True)"
    text = text.replace(end, f"        return {broken}\n")
    module.write_text(text.replace("* self.first[1](together)", "* self.first[1](together).detach()"))
    assert _pytest(test) == (
        1,
        [
            "test_all_of_it_learns",
            "test_it_gives_finite_numbers_whatever_is_missing",
            "test_rows_do_not_move_one_another",
        ],
    )


def _pytest(test: Path) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(test.parent), str(test)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=test.parent, env=_paths(test.parent))
    lines = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return done.returncode, sorted({line.partition("::")[2].partition("[")[0] for line in lines})


def _paths(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)])}


def test_a_comparison_takes_it_with_every_choice(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_fusion("taken-fusion", place)
    bring(monkeypatch, rows())
    found: Any = compare_fusion(
        classes(), methods="taken_fusion:Fusion", budget=500, trials=3, seeds=1, updates=4, output_dir=place / "runs", workers=1,
        progress=False,
    )  # fmt: skip
    row = next(one for one in found.results["rows"] if one["name"] == "taken_fusion:Fusion")
    assert row["parameters"] == pytest.approx(500, rel=0.05)
    assert get_fusion("taken_fusion:Fusion").knobs == {"depth": (1, 2)}
    assert importlib.import_module("taken_fusion").Fusion.__doc__.startswith("z = ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My Fusion", "'My Fusion' is no name for a fusion method: use lower case letters"),
        ("numpy", "A module numpy is installed, which would be imported in the fusion method's place"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        new_fusion(name, tmp_path)
    assert not list(tmp_path.iterdir())
