"""Getting data from Python: what is refused before anything is fetched, what is written where, and cards that run."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench import data
from mmbench.errors import UserError
from mmbench.loaders import get_card
from mmbench.loaders.cards import SplitFacts
from mmbench.loaders.receipts import receipt_of
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.twins import twin_files
from mmbench.loaders.unknown import Unknown
from tests.fakes import register
from tests.hub.fixtures import hub
from tests.hub.server import LocalHub

__all__ = ["hub"]
FACTS = SplitFacts(count=Unknown(reason="a test"), protocol="a test")


@pytest.fixture
def charts(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHub:
    """The hub with one set, ``charts``: a card with one split of eight rows."""
    real = get_card("chartqa")
    assert isinstance(real.source, HubSource)
    sha = hub.commit(real.source.repo, dict(twin_files(real.source, ["test"])))
    source = dataclasses.replace(real.source, revision=sha)
    register(monkeypatch, real.model_copy(update={"key": "charts", "splits": {"test": FACTS}, "source": source}))
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    return hub


def test_an_export_reads_back_as_the_split(charts: LocalHub, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    (table,) = data.download("charts", to=tmp_path / "new" / "out", progress=False)
    (shard,) = data.download("charts", "test", format="webdataset", to=tmp_path / "shards", progress=False)
    assert (table.name, shard.name) == ("test.parquet", "test-000000.tar")
    ids = data.splits_of(get_card("charts"), "test", progress=False)["test"].ids
    assert pq.read_table(table).column("id").to_pylist() == ids
    assert data.download("charts", progress=False) == []


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda file: data.download("charts", format="csv"), "There is no format 'csv': choose parquet or webdataset."),
        (lambda file: data.download("charts", "tset"), "charts has no split 'tset': it has test."),
        (lambda file: data.download_cost("charts", "tset"), "charts has no split 'tset': it has test."),
        (
            lambda file: data.download("charts", to=file),
            "The folder {file} cannot be made (File exists): name another one.",
        ),
        (lambda file: data.verify("charts", folder=file / "deeper"), "The folder {file}/deeper cannot be made"),
    ],
    ids=["format", "split", "split of the cost", "to", "folder"],
)
def test_a_mistake_is_said_before_anything_is_fetched(
    charts: LocalHub, tmp_path: Path, mistake: Callable[[Path], object], said: str
) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    with pytest.raises(UserError) as found:
        mistake(file)
    assert str(found.value).startswith(said.format(file=file))
    assert charts.requests() == []


def test_verify_writes_what_the_files_held_and_can_drop_them(charts: LocalHub, tmp_path: Path) -> None:
    receipt, path = data.verify("charts", folder=tmp_path / "receipts", drop_raw=True, progress=False)
    assert path == tmp_path / "receipts" / "charts.json"
    assert receipt_of("charts", path.parent) == receipt
    assert receipt.endpoint == charts.endpoint
    (blobs,) = charts.repo("lmms-lab-encoder/ChartQA").commits.values()
    held = {name.partition(":")[2]: value for name, value in receipt.splits["test"].files.items()}
    assert held
    for name, value in held.items():
        assert value in (blobs[name].sha256, f"git-sha1:{blobs[name].oid}")
    assert [cost.files for cost in data.download_cost("charts")] == [len(held)]


def test_a_file_that_was_brought_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmbench.loaders.recipes import records
    from mmbench.loaders.tables import Column, Table

    table = Table({"word": Column("string")}, files=("words.csv",), format="csv")
    where = {"words.csv": Expected(where="https://example.org/words")}
    source = BroughtSource("words", where, {"rows": table}, records("word"))
    register(
        monkeypatch,
        get_card("chartqa").model_copy(update={"key": "words", "splits": {"test": FACTS}, "source": source}),
    )
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MMBENCH_FILES", raising=False)
    with pytest.raises(UserError, match=r"words\.csv.*https://example\.org/words"):
        data.download("words", progress=False)
    (tmp_path / "words.csv").write_text("word\nharbour\nlantern\n")
    brought = data.bring("words", tmp_path / "words.csv")
    assert brought.is_relative_to(tmp_path / "cache")
    split = data.splits_of(get_card("words"), "test", progress=False)["test"]
    assert [sample.text for sample in split] == ["harbour", "lantern"]
    assert split.evidence == "unpinned"
    assert data.download_cost("words") == [data.Cost("test", 0, 0)]


def test_what_anybody_can_verify_is_open_and_on_the_hub() -> None:
    keys = data.verifiable()
    assert {"chartqa", "flickr30k"} <= set(keys)
    assert not {"openmoji", "cmu-mosi", "winoground"} & set(keys)  # generated, brought, gated


@pytest.mark.parametrize("name", ["My Photos", "3d-set", "class", "json", "a/b", "", "-a", "a" * 300])
def test_a_name_that_no_card_can_have_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        data.new_card(name, "me/set", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("repo", ['me/"set', "me/../set", "me/set\nprint()", ""])
def test_a_repository_that_is_none_writes_nothing(tmp_path: Path, repo: str) -> None:
    with pytest.raises(UserError, match="is not the name of a data set on the hub: write it as org/name"):
        data.new_card("some-set", repo, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_not_written_where_its_test_exists(tmp_path: Path) -> None:
    (tmp_path / "test_some_set.py").write_text("mine")
    with pytest.raises(UserError, match=r"test_some_set\.py exists"):
        data.new_card("some-set", "me/set", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["test_some_set.py"]
    with pytest.raises(UserError, match="cannot be made"):
        data.new_card("some-set", "me/set", tmp_path / "test_some_set.py")


def test_the_test_of_a_new_card_passes_as_it_is_written(tmp_path: Path) -> None:
    card, test = data.new_card("some-set", "KEY/MODULES", tmp_path)  # words of the template
    assert 'repo="KEY/MODULES"' in card.read_text()
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
