"""What the wheel holds: every file that git tracks in the four packages, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("mmbench", "loaders", "metrics", "leaderboards")


@pytest.mark.slow
def test_the_wheel_by_way_of_the_sdist_holds_what_git_tracks(tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    tracked = subprocess.run(
        ["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    files = {name for name in tracked if name and not (ROOT / name).is_symlink()}
    expected = {name if name.startswith("mmbench/") else f"mmbench/{name}" for name in files}
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)], capture_output=True, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
