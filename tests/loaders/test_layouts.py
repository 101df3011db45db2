"""Which files hold a split: the README's word first, then the names; compared with what `datasets` itself finds."""

from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.layouts import data_files, matching

SHARDS = ["data/train-00000-of-00001.parquet", "data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet"]


def found(paths: list[str], readme: str | None = None, *, config: str | None = None, split: str = "test") -> list[str]:
    return data_files([*paths, "README.md", "logo.png"], readme, config=config, split=split, repo="me/set")


def head(text: str) -> str:
    return f"---\nlicense: mit\n{text}---\nThe rest.\n"


TWO = """configs:
- config_name: en
  data_files:
  - split: test
    path: en/test-*
- config_name: fr
  data_files:
  - split: test
    path: ["fr/test-*", "more/fr.parquet"]
  - split: train
    path: fr/train-*
"""
LANGUAGES = ["en/test-0.parquet", "fr/test-0.parquet", "fr/train-0.parquet", "more/fr.parquet"]


@pytest.mark.parametrize(
    ("readme", "config", "split", "expected"),
    [
        (TWO, "en", "test", ["en/test-0.parquet"]),
        (TWO, "fr", "test", ["fr/test-0.parquet", "more/fr.parquet"]),
        (TWO, "fr", "train", ["fr/train-0.parquet"]),
        ("configs:\n- config_name: all\n  data_files: more/*.parquet\n", None, "train", ["more/fr.parquet"]),
        ("configs:\n- config_name: all\n  data_files: [more/*.parquet]\n", "all", "train", ["more/fr.parquet"]),
        ("configs:\n- config_name: all\n  data_dir: fr\n", "all", "train", ["fr/train-0.parquet"]),
        (
            "configs:\n- config_name: a\n  data_files: en/*\n- config_name: b\n  default: true\n  data_files: more/*\n",
            None,
            "train",
            ["more/fr.parquet"],
        ),
    ],
)
def test_the_readme_says_where_a_configuration_is(
    readme: str, config: str | None, split: str, expected: list[str]
) -> None:
    assert found(LANGUAGES, head(readme), config=config, split=split) == expected


@pytest.mark.parametrize(
    ("paths", "split", "expected"),
    [
        (SHARDS, "test", SHARDS[1:]),
        (["test.parquet", "train.parquet"], "test", ["test.parquet"]),
        (["x/dev/0.jsonl", "x/test/0.jsonl"], "validation", ["x/dev/0.jsonl"]),
        (["val.csv", "test.csv"], "validation", ["val.csv"]),
        (["rows.parquet", "more.parquet"], "train", ["more.parquet", "rows.parquet"]),
        (["my-test-file.tar"], "test", ["my-test-file.tar"]),
        (["dev_seen.jsonl", "dev_unseen.jsonl"], "dev_seen", ["dev_seen.jsonl"]),
    ],
)
def test_names_say_where_a_split_is(paths: list[str], split: str, expected: list[str]) -> None:
    assert found(paths, split=split) == expected


@pytest.mark.parametrize("path", ["latest.parquet", "contest.csv", "attestation/x.parquet"])
def test_a_word_that_holds_a_splits_name_is_no_split(path: str) -> None:
    with pytest.raises(UserError, match=r"me/set has no data files for split 'test': .* \(its data files: "):
        found([path, "train.parquet"])


def test_a_configuration_is_a_folder_where_no_readme_declares_it() -> None:
    assert found(LANGUAGES, None, config="fr") == ["fr/test-0.parquet"]
    with pytest.raises(UserError, match="configuration 'de', split 'test'"):
        found(LANGUAGES, None, config="de")


@pytest.mark.parametrize("readme", ["---\n: [\n---\n", "no head at all", "---\njust text\n---\n", "﻿---\na: 1\n---\n"])
def test_a_readme_that_says_nothing_is_passed_over(readme: str) -> None:
    assert found(SHARDS, readme) == SHARDS[1:]


def test_datasets_finds_the_same_files(tmp_path: Path) -> None:
    import datasets

    for path in [*LANGUAGES, *SHARDS]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"PAR1")
    readme = head(TWO)
    (tmp_path / "README.md").write_text(readme)
    for config in ("en", "fr"):
        theirs = datasets.load_dataset_builder(str(tmp_path), config).config.data_files
        for split, files in theirs.items():
            names = sorted(Path(file).relative_to(tmp_path).as_posix() for file in files)
            assert found([*LANGUAGES, *SHARDS], readme, config=config, split=str(split)) == names


def test_datasets_reads_the_same_names(tmp_path: Path) -> None:
    import datasets

    for path in SHARDS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"PAR1")
    theirs = datasets.load_dataset_builder(str(tmp_path)).config.data_files
    for split, files in theirs.items():
        assert found(SHARDS, split=str(split)) == sorted(Path(file).relative_to(tmp_path).as_posix() for file in files)


def test_patterns_are_the_hubs() -> None:
    paths = ["a/b/x.parquet", "a/x.parquet", "x.parquet"]
    assert matching(paths, ["*.parquet"]) == ["x.parquet"]
    assert matching(paths, ["**/*.parquet"]) == paths
    assert matching(paths, ["./a/?.parquet"]) == ["a/x.parquet"]
