"""The best possible score on data with duplicates, worked out by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmbench
from mmbench.loaders.checks.contents import normalised
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_from_scores
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks import get_task
from mmbench.tasks.kinds.retrieval import Facet
from tests.fakes import question_task, retrieval_task
from tests.tasks.twins import twin_split

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]


def _same(splits: dict[str, PairedDataset]) -> Callable[[str], str]:
    texts = {
        part.fingerprint: normalised(part.text)
        for sample in splits["test"]
        for part in sample.content
        if isinstance(part, TextPart)
    }
    return lambda fingerprint: texts.get(fingerprint, fingerprint)


def test_texts_that_say_the_same_halve_each_others_chance(picture: Make, open_rows: Open) -> None:
    words = ["a dog", "A dog.", "a cat", "a bird"]
    splits = open_rows({"test": [Sample(f"{i}", (picture(i), TextPart(text, "en"))) for i, text in enumerate(words)]})
    found = retrieval_task().bounds(splits.__getitem__, _same(splits))
    assert found.best["hit@1"] == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)  # two pictures for what is one question
    assert found.best["hit@5"] == 1.0
    assert found.chance["hit@1"] == pytest.approx(1 / 4)
    assert (found.n, found.limited) == (4, 2)
    back = replace(retrieval_task(), query=Facet(Modality.IMAGE), document=Facet(Modality.TEXT, "en"))
    assert back.bounds(splits.__getitem__, _same(splits)).best["hit@1"] == pytest.approx(3 / 4)


def test_clean_data_can_be_solved(picture: Make, open_rows: Open) -> None:
    splits = open_rows({"test": [Sample(f"{i}", (picture(i), TextPart(f"thing {i}", "en"))) for i in range(9)]})
    found = retrieval_task().bounds(splits.__getitem__, _same(splits))
    assert (found.best["hit@1"], found.limited) == (1.0, 0)


@given(st.integers(0, 2**32))
def test_one_row_per_kind_of_query_gives_what_all_rows_give(seed: int) -> None:
    """Against the definition: every query ranks every document by how many queries of equal content it is right for."""
    draw = np.random.default_rng(seed)
    n_queries, n_documents = (int(n) for n in draw.integers(1, 25, 2))
    asked = [str(name) for name in draw.integers(0, draw.integers(1, 30), n_queries)]
    kinds = np.unique(draw.integers(0, draw.integers(1, 30), n_documents), return_inverse=True)[1]
    positives = [
        sorted(draw.choice(n_documents, int(draw.integers(1, min(n_documents, 4) + 1)), replace=False).tolist())
        for _ in asked
    ]
    right = np.zeros((n_queries, kinds.max() + 1))
    for row, found in enumerate(positives):
        for other, name in enumerate(asked):
            right[other] += np.bincount(kinds[found], minlength=right.shape[1]) * (name == asked[row])
    expected = retrieval_from_scores((right / np.bincount(kinds))[:, kinds], positives, k=(1, 5, 10))
    found_values = retrieval_task()._best(asked, kinds, positives)
    assert found_values == pytest.approx({key: expected[key] for key in found_values})


def test_equal_questions_with_other_answers_cannot_all_be_right(picture: Make, open_rows: Open) -> None:
    answers = ["red", "red", "blue", "green", "grey"]
    rows = [
        Sample(f"{i}", (picture(min(i, 3)), TextPart("Which colour?" if i < 3 else f"What is {i}?")), target=answer)
        for i, answer in enumerate(answers)
    ]
    rows[1], rows[2] = (replace(row, content=(rows[0].content[0], row.content[1])) for row in rows[1:3])
    splits = open_rows({"test": rows})
    found = question_task().bounds(splits.__getitem__, _same(splits))
    assert found.best["accuracy"] == pytest.approx(4 / 5)
    assert found.chance["accuracy"] == pytest.approx(2 / 5)  # always "red"
    assert found.limited == 3


def test_a_report_says_what_scores_can_be(picture: Make, open_rows: Open) -> None:
    words = ["a dog", "A dog.", "a cat", "a bird"]
    splits = open_rows({"test": [Sample(f"{i}", (picture(i), TextPart(text))) for i, text in enumerate(words)]})
    report = mmbench.check(splits, pairs=0)
    best = {(one.task, one.metric): one.best for one in report.bounds}
    assert best["fake.t2i", "hit@1"] == pytest.approx(0.75)
    assert best["fake.i2t", "hit@1"] == pytest.approx(0.75)
    assert report.to_dict()["bounds"][0]["task"] == "fake.t2i"


@pytest.mark.parametrize(
    ("key", "splits", "wanted"),
    [
        ("esc50", ["all"], {"esc50.zero-shot", "esc50.probe"}),
        ("sugarcrepe", ["test"], {"sugarcrepe.choice"}),
        ("winoground", ["test"], {"winoground.choice"}),
        ("fleurs", ["en-US"], {"fleurs.en-US.a2t", "fleurs.en-US.t2a"}),
        ("fsd50k-mini", ["test"], {"fsd50k-mini.zero-shot"}),  # what the probe learns from was not checked
        ("fsd50k-mini", ["train", "test"], {"fsd50k-mini.zero-shot", "fsd50k-mini.probe"}),
    ],
)
def test_a_report_covers_every_kind_of_task(key: str, splits: list[str], wanted: set[str]) -> None:
    report = mmbench.check({split: twin_split(key, split) for split in splits}, pairs=0)
    found: dict[str, list[float]] = {}
    for one in report.bounds:
        if one.metric == get_task(one.task).primary:
            assert one.best is not None
            found.setdefault(one.task, []).append(one.best)
            assert one.chance is None or one.chance <= one.best + 1e-12  # an error rate has no chance level
    assert wanted <= set(found)
    assert {one.task for one in report.bounds} >= wanted
    assert not {"fsd50k-mini.probe"} & set(found) - wanted
