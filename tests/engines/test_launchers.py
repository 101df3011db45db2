"""torchrun itself, and what Slurm sets in the environment, on the command line: one table, and the bytes of one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mmbench.cli.app import app
from mmbench.engines.merging import merge
from mmbench.errors import RunFailedError, UserError
from mmbench.loaders import load_dataset
from mmbench.runs.records import find_runs
from tests.fakes import picture

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "photos"
    folder.mkdir()
    for index in range(30):
        (folder / f"{index}.png").write_bytes(picture(3 * index))
        (folder / f"{index}.txt").write_text(f"picture {index}")
    return folder


def command(photos: Path, out: Path, *more: str) -> list[str]:
    given = ["-m", "tests.engines.fleet:Tiny", "-t", f"retrieval:{photos}", "--batch-size", "4", "-o", str(out)]
    return ["-m", "mmbench", "run", *given, *more]


def start(arguments: list[str], **environment: str) -> subprocess.Popen[str]:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")} | environment
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=surroundings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate()
    assert process.returncode == 0, (out, err)
    return out, err


def scores(out: Path) -> bytes:
    (run,) = find_runs(out)
    return (run.folder / "scores.json").read_bytes()


def test_torchrun_and_slurm_give_the_scores_of_one_process(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    end(start(command(photos, tmp_path / "alone")))
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ranks = start([*torchrun, *command(photos, tmp_path / "torchrun")])
    slurm = [
        start(command(photos, tmp_path / "slurm"), SLURM_PROCID=rank, SLURM_NTASKS="2", SLURM_LOCALID=rank)
        for rank in ("0", "1")
    ]
    said, _ = end(ranks)
    assert said.count("95 % interval") == said.count("is done") == 1
    both = "".join(end(task)[0] for task in slurm)
    assert both.count("95 % interval") == both.count("is done") == 1
    assert scores(tmp_path / "torchrun") == scores(tmp_path / "slurm") == scores(tmp_path / "alone")


def here(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_machines_without_a_common_disk_are_merged(photos: Path, tmp_path: Path) -> None:
    machines = [tmp_path / "machine1", tmp_path / "machine2"]
    for number, machine in enumerate(machines, start=1):
        part = here(*command(photos, machine, "--shard", f"{number}/2")[2:])
        assert f"shard {number}/2 is done" in part.output
    one, two, both, own = str(machines[0]), str(machines[1]), str(tmp_path / "both"), f"retrieval:{photos}"
    half = here("merge", one, "--out", both, "-t", own)
    assert "28 items are missing" in half.output
    assert isinstance(half.exception, RunFailedError)
    assert f"mmbench run -m tests.engines.fleet:Tiny -t {own} --output-dir {both} --batch-size 4" in str(half.exception)
    unknown = here("merge", one, two, "--out", both)
    assert "say where it is with -t" in " ".join(unknown.output.split())
    assert here("merge", one, two, "--out", both, "-t", own).exit_code == 0
    assert here(*command(photos, tmp_path / "alone")[2:]).exit_code == 0
    assert scores(tmp_path / "both") == scores(tmp_path / "alone")


def test_what_cannot_be_merged_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no folder .*nowhere"):
        merge([tmp_path / "nowhere"], tmp_path / "out")
    with pytest.raises(UserError, match="There are no runs below"):
        merge([tmp_path], tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--shard", "2/3"), "6 of 16 batches (shard 2/3)"), (("--workers", "4"), "16 batches over 4 processes")],
)
def test_a_dry_run_shows_the_split(photos: Path, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    load_dataset(photos)  # until the data are built, nobody knows how many batches there are
    assert said in here(*command(photos, tmp_path, "--dry-run", "--json", *options)[2:]).output
