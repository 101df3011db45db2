"""Retrieval: galleries of distinct content, positives by shared samples, and what a failure costs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_metric
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks.base import Output, Plan
from mmbench.tasks.kinds.retrieval import Facet, RetrievalTask

Opener = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
TASK = RetrievalTask(
    id="fake.t2i",
    title="Fake",
    dataset="fake",
    split="test",
    train_split="train",
    valid_split="train",
    version=1,
    metric=retrieval_metric(k=(1, 2)),
    primary="hit@1",
    query=Facet(Modality.TEXT, "en"),
    document=Facet(Modality.IMAGE),
)


@pytest.fixture
def splits(picture: Callable[..., MediaPart], open_rows: Opener) -> dict[str, PairedDataset]:
    """Five test rows: two share a picture, two share a text, one has no English text."""
    rows = [
        Sample("a", (picture(0), TextPart("red", "en"), TextPart("rot", "de")), group="g"),
        Sample("b", (picture(0), TextPart("crimson", "en"), TextPart("scarlet", "en")), group="g"),
        Sample("c", (picture(1), TextPart("blue", "en")), target="secret"),
        Sample("d", (picture(2), TextPart("blue", "en"))),
        Sample("e", (picture(3), TextPart("grün", "de"))),
    ]
    train = [Sample(f"t{i}", (picture(10 + i), TextPart(f"word {i}", "en"))) for i in range(4)]
    return open_rows({"train": [*train, rows[-1]], "test": rows})


@pytest.fixture
def plan(splits: dict[str, PairedDataset]) -> Plan:
    return TASK.plan(splits.__getitem__)


def outputs(queries: Any, documents: Any, failed: Mapping[str, str] = MappingProxyType({})) -> dict[str, Output]:
    arrays = {"queries": np.asarray(queries), "documents": np.asarray(documents)}
    return {
        name: Output(rows, {key.rpartition("/")[2]: why for key, why in failed.items() if key.startswith(name)})
        for name, rows in arrays.items()
    }


def test_galleries_hold_each_content_once(plan: Plan, picture: Callable[..., MediaPart]) -> None:
    queries, documents = plan.stages
    assert list(queries.ids) == ["a", "b", "b#1", "c"]
    assert list(documents.ids) == ["a", "c", "d"]
    assert (plan.n, plan.notes) == (
        4, {"candidates": 3, "rows_without_a_pair": 1, "merged_queries": 1, "merged_candidates": 1},
    )  # fmt: skip
    asked: list[Any] = list(queries.items)
    held: list[Any] = list(documents.items)
    assert [item.content[0] for item in asked] == [
        TextPart(text, "en") for text in ("red", "crimson", "scarlet", "blue")
    ]  # fmt: skip
    assert [item.content for item in held] == [(picture(seed),) for seed in (0, 1, 2)]
    assert (queries.role, documents.role) == ("query", "document")


def test_candidates_of_all_samples_that_share_the_query_are_positives(plan: Plan) -> None:
    own = np.eye(3)
    perfect = plan.score(outputs([own[0], own[0], own[0], own[2]], own))
    assert perfect.arrays["rank"].tolist() == [1, 1, 1, 1]
    assert perfect.shown["right"] == ["a", "a", "a", "c, d"]
    assert list(perfect.clusters) == ["g", "g", "g", "c"]
    swapped = plan.score(outputs([own[1], own[0], own[0], own[0]], own))
    assert swapped.arrays["hit@1"].tolist() == [0, 1, 1, 0]


def test_targets_are_shown_to_nobody_unless_asked(splits: dict[str, PairedDataset], plan: Plan) -> None:
    items: list[Any] = [item for stage in plan.stages for item in stage.items]
    assert all(item.target is None for item in items)
    privileged = TASK.plan(splits.__getitem__, privileged=True)
    held: list[list[Any]] = [list(stage.items) for stage in privileged.stages]
    shown = [[item.target for item in items] for items in held]
    assert shown == [[("a",), ("a",), ("a",), ("c", "d")], [("a",), ("c",), ("d",)]]


def test_training_rows_hold_the_pair_and_nothing_else(plan: Plan) -> None:
    train, valid = plan.phases[0].training()
    assert [row.id for row in train] == [row.id for row in valid] == ["t0", "t1", "t2", "t3"]
    assert {part.language for row in train for part in row.parts(Modality.TEXT)} == {"en"}
    assert train[0].modalities == {Modality.IMAGE, Modality.TEXT}


def test_a_failed_query_is_last_and_a_failed_candidate_stays_behind_all(plan: Plan) -> None:
    own, nan = np.eye(3), [np.nan] * 3
    failed = {"queries/a": "no answer", "documents/d": "cut off"}
    broken = outputs([nan, own[0], own[0], own[2]], [own[0], own[1], nan], failed)
    scored = plan.score(broken)
    assert scored.arrays["rank"].tolist()[:3] == [3, 1, 1]
    assert scored.arrays["hit@2"].tolist()[0] == 0
    assert scored.arrays["rank"][3] == 1.5  # c ties with a at 0; d, the other positive, is behind both
    assert scored.errors == {"a": "no answer", "documents/d": "cut off"}


def test_oracle_constant_and_random_score_ceiling_floor_and_chance(
    splits: dict[str, PairedDataset], plan: Plan, answered: Callable[..., dict[str, Output]]
) -> None:
    def values(name: str, plan: Plan, **config: Any) -> dict[str, float]:
        return TASK.metric.aggregate(plan.score(answered(plan, name, **config)).arrays)

    scores = [key for key, facts in TASK.metric.keys.items() if not facts.count]
    oracle = values("oracle", TASK.plan(splits.__getitem__, privileged=True))
    assert {key: oracle[key] for key in scores} == {key: plan.ceilings[key] for key in scores}
    constant = values("constant", plan)
    assert {key: constant[key] for key in scores} == pytest.approx({key: plan.floors[key] for key in scores})
    assert constant["n_tied"] == 4
    draws = [values("random", plan, seed=seed)["hit@1"] for seed in range(300)]
    assert np.mean(draws) == pytest.approx(plan.floors["hit@1"], abs=0.06)


def test_vectors_of_two_spaces_are_refused(plan: Plan) -> None:
    asked, found = plan.stages
    outputs = {
        stage.name: Output(np.ones((len(stage.ids), width)), {}) for stage, width in ((asked, 384), (found, 1280))
    }
    with pytest.raises(RunFailedError, match="vectors of 384 and of 1280 numbers: choose a model that embeds both"):
        plan.score(outputs)


def test_a_limit_takes_whole_groups(splits: dict[str, PairedDataset]) -> None:
    for seed in range(5):
        ids = TASK.plan(splits.__getitem__, limit=3, seed=seed).stages[0].ids
        assert ("a" in ids) == ("b" in ids)
        assert 1 <= len(ids) < 5


def test_nothing_to_score_is_refused(splits: dict[str, PairedDataset]) -> None:
    with pytest.raises(ValueError, match="fake test is empty: there is nothing to score"):
        TASK.plan(lambda split: splits[split][:0])
    spoken = replace(TASK, query=Facet(Modality.AUDIO))
    with pytest.raises(ValueError, match="fake test has no sample with both audio and image"):
        spoken.plan(splits.__getitem__)
