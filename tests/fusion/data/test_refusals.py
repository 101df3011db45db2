"""Tasks, rows and encoders of no use: each is refused in one sentence."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.fusion.data.reading import FusionData, fusion_data
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.samples import Modality, Sample, TextPart
from mmbench.tasks import get_task
from mmbench.tasks.kinds.question_answering import Open
from tests.fakes import retrieval_task
from tests.fusion.small_tasks import (
    BOTH,
    Counting,
    Given,
    arrays,
    changed,
    classes,
    encoder,
    parts,
    rows,
    worded,
    words,
)


def test_answers_that_are_no_classes_are_refused(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: ["word"])
    own = {split: [replace(one, target=f"{split} {i}") for i, one in enumerate(held)] for split, held in given.items()}
    with pytest.raises(UserError, match="14 of 14 answers of small.open are none of its training answers"):
        read(own, words(), encoders={"text": encoder(Counting())})
    hidden = {**given, "test": [replace(one, target=None) for one in given["test"]]}
    with pytest.raises(UserError, match="The labels of small test are hidden, so nothing can be compared"):
        read(hidden, words(), encoders={"text": encoder(Counting())})
    with pytest.raises(UserError, match="small.open has no splits to train and to choose on"):
        read(given, words(training=(None, None)), encoders={"text": encoder(Counting())})


def test_options_of_each_question_are_refused(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: ["word"])
    given = {
        split: [replace(one, options=(f"no {i}", "down", "up")) for i, one in enumerate(held)]
        for split, held in given.items()
    }
    with pytest.raises(UserError, match="small.open asks to choose among options that each question has of its own"):
        read(given, words(Options()), encoders={"text": encoder(Counting())})


def test_a_judged_task_is_refused(read: Callable[..., FusionData]) -> None:
    judge: Any = object()
    with pytest.raises(UserError, match="small.open needs a judge"):
        read(worded(lambda split, i: ["word"]), replace(words(), judge=judge))


def _one_class(given: Given) -> None:
    given["train"] = [replace(one, target="up") for one in given["train"]]


def _empty(given: Given) -> None:
    given["validation"] = []


def _alone(given: Given) -> None:
    for split, held in given.items():
        given[split] = [replace(one, content=one.content[:1]) for one in held]


def _twice(given: Given) -> None:
    one = given["train"][0]
    given["train"][0] = replace(one, content=(*one.content, one.content[0]))


def _wider(given: Given) -> None:
    changed(given, "test", 2, a=np.ones((1, 5), np.float32))


def _flat(given: Given) -> None:
    changed(given, "test", 2, a=np.ones(4, np.float32))


def _no_width(given: Given) -> None:
    changed(given, "train", 0, a=np.ones((3, 0), np.float32))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_one_class, r"All training rows of small.emotion have one label \('up'\): there is nothing to learn"),
        (_empty, "small.emotion has no valid rows"),
        (_alone, "small.emotion shows a in training rows, and there is nothing to fuse"),
        (_twice, "Sample 'train-0' shows more than one part named 'a'"),
        (_wider, r"The features 'a' of sample 'test-2' have the shape \(1, 5\) where \(T, 4\) was expected"),
        (_flat, r"The features 'a' of sample 'test-2' have the shape \(4,\) where \(T, 4\)"),
        (_no_width, r"The features 'a' of sample 'train-0' have the shape \(3, 0\) where \(T, D\)"),
    ],
)
def test_rows_of_no_use_are_refused(read: Callable[..., FusionData], harm: Callable[[Given], None], said: str) -> None:
    given = rows()
    harm(given)
    with pytest.raises(UserError, match=said):
        read(given)


def test_several_texts_are_refused_where_classes_are_predicted(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: ["one", f"{i}"])
    with pytest.raises(UserError, match="Sample 'train-0' shows more than one part named 'text'"):
        read(given, classes(BOTH), encoders={"text": encoder(Counting())})


def test_raw_content_beside_features_of_others_is_refused(read: Callable[..., FusionData]) -> None:
    given = worded(lambda split, i: [f"word {i}"], "text")
    given["test"][4] = replace(given["test"][4], content=(TextPart("raw"), *parts({"b": arrays(1)["b"]})))
    with pytest.raises(UserError, match="Sample 'test-4' has 'text' as raw text where others have features"):
        read(given, classes(BOTH))


class Options(Open):
    """Open questions that say what may be answered."""

    def __init__(self) -> None:
        super().__init__(exact_match_metric())

    def options(self, sample: Sample) -> tuple[str, ...]:
        return sample.options


class Fits(Counting):
    def fit(self, train: Any, valid: Any) -> None: ...


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"encoders": {"audio": encoder(Counting())}}, "given for 'audio', and small.emotion shows features, text"),
        ({"encoders": {"text": encoder(Fits())}}, r"counting cannot be the encoder for text \(it learns first"),
        ({"encoders": {"text": encoder(object())}}, "it does not embed"),
        ({"encoders": {"text": encoder(Counting(), None)}}, "nothing identifies its weights"),
        ({"encoders": {"text": encoder(Counting(), "1", frozenset({Modality.IMAGE}))}}, "it takes image"),
        ({"encoders": {"text": "no-such-model"}}, "There is no model named 'no-such-model'"),
        ({"reduce": 0}, "reduce is 0: it has to be at least 1"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"batch_size": -1}, "batch_size is -1"),
    ],
)
def test_what_cannot_be_used_is_refused(read: Callable[..., FusionData], how: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(worded(lambda split, i: ["word"]), classes(BOTH), **how)


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            "esc50.probe",
            r"esc50.probe asks a model to embed \(linear-probe\): choose another task; `mmbench list tasks`",
        ),
        ("flickr30k.t2i", "flickr30k.t2i asks a model to embed"),
        ("winoground.choice", "fusion methods give a class or a number"),
        ("meld.emotion", "meld.emotion shows text alone, and there is nothing to fuse"),
    ],
)
def test_tasks_of_other_kinds_are_refused_before_anything_is_loaded(task: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"(?i){said}"):
        fusion_data(get_task(task), folder=tmp_path)


def test_retrieval_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="fake.t2i asks a model to embed"):
        fusion_data(retrieval_task(), folder=tmp_path)
