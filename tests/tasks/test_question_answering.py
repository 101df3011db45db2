"""Open questions: what is asked, and what each kind of answer scores."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks.base import Output
from mmbench.tasks.kinds.generation import GenerationTask
from mmbench.tasks.kinds.question_answering import Open
from mmbench.tasks.prompts import Prompt

Opener = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
TASK = GenerationTask(
    id="fake.open",
    title="Fake",
    dataset="fake",
    split="test",
    train_split="train",
    valid_split="valid",
    version=1,
    metric=exact_match_metric(),
    primary="accuracy",
    context=frozenset({Modality.IMAGE}),
    form=Open(exact_match_metric()),
    prompt=Prompt("one-word", "Answer with one word."),
    max_new_tokens=3,
)


@pytest.fixture
def splits(picture: Callable[..., MediaPart], tone: Callable[..., MediaPart], open_rows: Opener) -> Any:
    def row(key: str, text: str, target: Any) -> Sample:
        content = (picture(1), tone(300), TextPart(text, "en"))
        return Sample(key, content, target=target, group=f"g{key[-1]}", meta={"note": "not for models"})

    test = [row("a1", "what?", "red"), row("b1", "which?", ["blue", "navy"]), row("c2", "is it?", "yes")]
    train = [row("d3", "what?", "green"), row("e4", "what?", "yes"), row("f5", "is it?", "yes")]
    return open_rows({"train": train, "valid": train[:1], "test": test})


def test_a_question_is_asked_with_its_context_and_prompt(splits: Any, picture: Callable[..., MediaPart]) -> None:
    plan = TASK.plan(splits.__getitem__)
    (stage,) = plan.stages
    asked: Any = stage.items[0]
    assert [message.role for message in asked.messages] == ["system", "user"]
    assert asked.messages[0].content == (TextPart("Answer with one word.", "en"),)
    assert asked.messages[1].content == (picture(1), TextPart("what?", "en"))  # the sound is not part of the task
    assert (asked.sample_id, asked.max_new_tokens, asked.temperature, asked.target) == ("a1", 3, 0.0, None)
    assert (list(stage.ids), plan.n, sorted(stage.modalities)) == (["a1", "b1", "c2"], 3, ["image", "text"])


def test_training_rows_keep_their_targets(splits: Any) -> None:
    train, valid = TASK.plan(splits.__getitem__).phases[0].training()
    assert [(row.id, row.target) for row in train] == [("d3", "green"), ("e4", "yes"), ("f5", "yes")]
    assert [row.id for row in valid] == ["d3"]
    assert not any(row.meta or row.parts(Modality.AUDIO) for row in train)


def test_a_missing_answer_is_wrong_and_stays_in_the_denominator(splits: Any) -> None:
    plan = TASK.plan(splits.__getitem__)
    scored = plan.score({"answers": Output(["Red ", None, "no"], {"b1": "timeout"})})
    assert scored.arrays["accuracy"].tolist() == [1, 0, 0]
    assert scored.errors == {"b1": "timeout"}
    assert list(scored.clusters) == ["g1", "g1", "g2"]
    assert scored.shown == {"answer": ["Red ", None, "no"], "right": ["red", "blue | navy", "yes"]}


def test_floor_models_score_what_they_must(splits: Any, answered: Callable[..., dict[str, Output]]) -> None:
    plan = TASK.plan(splits.__getitem__)
    privileged = TASK.plan(splits.__getitem__, privileged=True)

    def accuracy(name: str) -> float:
        chosen = privileged if name == "oracle" else plan
        return TASK.metric.aggregate(chosen.score(answered(chosen, name)).arrays)["accuracy"]

    assert (plan.floors, plan.ceilings) == ({"accuracy": 0.0}, {"accuracy": 1.0})
    assert accuracy("oracle") == 1
    assert accuracy("constant") == 0
    assert accuracy("majority") == accuracy("blind") == pytest.approx(1 / 3)


def test_a_limit_and_an_empty_split(splits: Any) -> None:
    whole = {"a1", "b1"}  # one group
    for seed in range(5):
        ids = set(TASK.plan(splits.__getitem__, limit=1, seed=seed).stages[0].ids)
        assert ids in ({"c2"}, whole)
    with pytest.raises(ValueError, match="there is nothing to score"):
        TASK.plan(lambda split: splits[split][:0])
