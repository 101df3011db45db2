"""Retrieval in folds, on transcripts and by language; and what other benchmarks' retrieval forms of the same data lose."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmbench.loaders import get_card
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks import all_tasks, get_task
from mmbench.tasks.base import Output
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask, retrieval_tasks
from tests.tasks.twins import planned, twin_split

Open = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
PICTURE, CAPTION = Facet(Modality.IMAGE), Facet(Modality.TEXT, "en")
SPEECH, SENTENCE = Facet(Modality.AUDIO), Facet(Modality.TEXT, "en", target=True)


def task(query: Facet, document: Facet, **facts: Any) -> RetrievalTask:
    (found,) = retrieval_tasks("fake", "Fake", {"x2y": (query, document)}, training=(None, None), **facts)
    return replace(found, metric=retrieval_metric(k=(1, 2)), primary="hit@1")


def test_a_fold_is_a_gallery_of_its_own(picture: Callable[..., MediaPart], open_rows: Open) -> None:
    rows = [
        Sample(f"p{i}", (picture(i), TextPart(f"caption {i % 4}", "en"), TextPart(f"more {i}", "en")), meta={"fold": i // 4})
        for i in range(8)
    ]  # fmt: skip
    folded = task(CAPTION, PICTURE, fold="fold")
    plan = folded.plan(open_rows({"test": rows}).__getitem__)
    assert [(stage.name, len(stage.ids)) for stage in plan.stages] == [
        ("queries-0", 8), ("documents-0", 4), ("queries-1", 8), ("documents-1", 4),
    ]  # fmt: skip
    assert plan.floors["hit@1"] == pytest.approx(1 / 4)
    assert plan.notes["merged_queries"] == 0  # the same caption in another fold is asked there too
    vectors = np.repeat(np.eye(4), 2, axis=0)
    outputs = {"queries-0": vectors, "documents-0": np.eye(4), "queries-1": vectors, "documents-1": np.eye(4)[::-1]}
    found = plan.score({name: Output(values, {}) for name, values in outputs.items()})
    assert found.strata == [0] * 8 + [1] * 8
    assert found.arrays["hit@1"].tolist() == [1.0] * 8 + [0.0] * 8
    assert len(set(found.clusters)) == 8
    one = task(CAPTION, PICTURE).plan(open_rows({"test": rows}).__getitem__)
    assert (one.n, one.notes["merged_queries"]) == (12, 4)


def test_the_1k_protocol_is_declared_on_the_card() -> None:
    plan = planned(get_task("coco-karpathy.1k.t2i"))
    assert "1K protocol" in get_card("coco-karpathy").splits["test"].protocol
    assert [stage.name for stage in plan.stages] == ["queries-0", "documents-0"]  # a twin is one fold


def test_recordings_of_one_sentence_are_all_asked_and_all_right(
    tone: Callable[..., MediaPart], open_rows: Open
) -> None:
    """Where a sentence's id stands for its recordings, as in mteb's FLEURS, all but one of them vanish."""
    said = ["one", "one", "two", "one", "three", "two"]
    rows = [Sample(f"r{i}", (tone(300 + 40 * i, 0.05),), target=text, group=text) for i, text in enumerate(said)]
    splits = open_rows({"test": rows})
    forward = task(SPEECH, SENTENCE).plan(splits.__getitem__)
    assert forward.n == 6
    assert [item.text for item in forward.stages[1].items] == ["one", "two", "three"]  # type: ignore[union-attr]
    assert {item.target for item in forward.stages[1].items} == {None}  # type: ignore[union-attr]
    sentences = np.eye(3)
    heard = sentences[[0, 0, 1, 0, 2, 1]]
    found = forward.score({"queries": Output(heard, {}), "documents": Output(sentences, {})})
    assert found.arrays["hit@1"].tolist() == [1.0] * 6
    assert found.clusters == said
    backward = task(SENTENCE, SPEECH).plan(splits.__getitem__)
    found = backward.score({"queries": Output(sentences, {}), "documents": Output(heard, {})})
    assert found.shown["right"] == ["r0, r1, r3", "r2, r5", "r4"]
    assert found.arrays["hit@1"].tolist() == [1.0, 1.0, 1.0]
    assert backward.floors["hit@1"] == pytest.approx((3 + 2 + 1) / 18)


def test_rows_without_a_transcript_take_no_part(tone: Callable[..., MediaPart], open_rows: Open) -> None:
    rows = [Sample(f"r{i}", (tone(300 + 40 * i, 0.05),), target=text) for i, text in enumerate(["one", "", None])]
    plan = task(SPEECH, SENTENCE).plan(open_rows({"test": rows}).__getitem__)
    assert (plan.n, plan.notes["rows_without_a_pair"]) == (1, 2)


def test_copies_of_a_text_are_one_candidate_that_is_right_for_all_of_them(
    picture: Callable[..., MediaPart], open_rows: Open
) -> None:
    """Elsewhere the copies leave the gallery and the judgements keep their ids, so that queries have nothing right to find."""
    texts = ["look", "look", "a walk", "look"]
    rows = [Sample(f"m{i}", (picture(i), TextPart(text, "en"))) for i, text in enumerate(texts)]
    plan = task(PICTURE, CAPTION).plan(open_rows({"test": rows}).__getitem__)
    assert plan.notes["merged_candidates"] == 2
    vectors = np.eye(2)
    outputs = {"queries": Output(vectors[[0, 0, 1, 0]], {}), "documents": Output(vectors, {})}
    assert plan.score(outputs).arrays["hit@1"].tolist() == [1.0] * 4
    assert not [
        one.id for one in all_tasks() if one.dataset in ("hateful-memes", "urbansound8k") and one.kind == "retrieval"
    ]


@pytest.mark.parametrize("key", ["fleurs.en-US.a2t", "fleurs.cmn-Hans-CN.t2a", "audiocaps.a2t", "flickr30k.i2t"])
def test_every_query_has_something_right_and_every_candidate_is_named_once(key: str) -> None:
    found = get_task(key)
    plan = planned(found, privileged=True)
    queries, documents = plan.stages
    assert len(set(queries.ids)) == len(queries.ids)
    names = set(documents.ids)
    assert len(names) == len(documents.ids)
    for item in queries.items:
        assert isinstance(item, Sample)
        assert item.target
        assert set(item.target) <= names
    split = twin_split(found.dataset, found.split)
    if key == "fleurs.en-US.a2t":
        assert plan.n == len(split)  # a query per recording


def test_languages_do_not_mix() -> None:
    plan = planned(get_task("multi30k.de.t2i"))
    parts = [part for item in plan.stages[0].items for part in item.content]  # type: ignore[union-attr]
    assert {part.language for part in parts} == {"de"}
    spoken = [one for one in all_tasks() if one.dataset == "tuxstamps" and ".a2t" in one.id]
    assert len(spoken) == 8
    for one in spoken:
        assert isinstance(one, RetrievalTask)
        assert one.query.language == one.document.language is not None
