"""Other people's numbers: each is one of our keys, within its bounds, cited, and as its source has it."""

from collections.abc import Iterator

import pytest

from mmbench.runs.reported import FIELDS, FOLDER, Reported, reported
from mmbench.tasks import all_tasks

DATASETS = sorted(path.stem for path in FOLDER.glob("*.tsv"))


def found(dataset: str, name: str, metric: str) -> float:
    (row,) = (one for one in reported(dataset) if (one.name, one.metric) == (name, metric))
    return row.value


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_value_is_of_a_key_of_the_datasets_tasks_and_within_its_bounds(dataset: str) -> None:
    tasks = [task for task in all_tasks() if task.dataset == dataset]
    if not tasks:
        pytest.skip(f"no task on {dataset} yet")
    for row in reported(dataset):
        facts = next((task.metric.keys[row.metric] for task in tasks if row.metric in task.metric.keys), None)
        assert facts is not None, f"{row.metric} is no key of a task on {dataset}"
        assert facts.lower is None or row.value >= facts.lower
        assert facts.upper is None or row.value <= facts.upper


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_share_is_never_written_in_per_cent_nor_divided_twice(dataset: str) -> None:
    shares = [row.value for row in reported(dataset) if row.metric.startswith(("acc", "f1"))]
    assert all(0.2 < value < 0.95 for value in shares)


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_row_is_named_once_per_metric_and_cited(dataset: str) -> None:
    rows = reported(dataset)
    assert rows
    assert len({(row.name, row.metric) for row in rows}) == len(rows)
    assert all(row.citation and row.note for row in rows)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_file_begins_with_its_sources(dataset: str) -> None:
    lines = (FOLDER / f"{dataset}.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# source: ")
    assert next(line for line in lines if not line.startswith("# ")).split("\t") == list(FIELDS)


def test_the_two_kinds_of_two_class_accuracy_are_told_apart() -> None:
    assert found("cmu-mosi", "TFN (MMSA)", "acc2_nonneg") == 0.7799  # Has0
    assert found("cmu-mosi", "TFN (MMSA)", "acc2_posneg") == 0.7908  # Non0
    assert found("cmu-mosi", "MulT (SDK scoreboard)", "acc2_posneg") == 0.83
    assert not [
        one for one in reported("cmu-mosi") if one.name == "MulT (SDK scoreboard)" and one.metric == "acc2_nonneg"
    ]


def both_kinds() -> Iterator[tuple[Reported, Reported]]:
    for dataset in ("cmu-mosi", "cmu-mosei"):
        rows = {(row.name, row.metric): row for row in reported(dataset)}
        for (name, metric), row in rows.items():
            if metric == "acc2_nonneg" and (name, "acc2_posneg") in rows:
                yield row, rows[name, "acc2_posneg"]


def test_leaving_labels_of_zero_out_never_lowers_a_published_accuracy() -> None:
    pairs = list(both_kinds())
    assert len(pairs) > 20
    assert all(without.value > with_zero.value for with_zero, without in pairs)


def test_what_was_selected_on_test_says_so() -> None:
    assert all("selects on test" in row.note for row in reported("ch-sims-v2"))
    assert {row.name for row in reported("cmu-mosi") if "selects on test" in row.note} == {
        "TETFN (MMSA)",
        "CENET (MMSA)",
    }


def test_unaligned_features_have_the_rows_of_the_same_clips_and_other_data_have_none() -> None:
    assert reported("cmu-mosi-unaligned") == reported("cmu-mosi")
    assert reported("easy-vqa") == ()
    assert reported("../reported/cmu-mosi") == ()
