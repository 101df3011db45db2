"""What each form of question asks, and what answers are worth, worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmbench.errors import RunFailedError
from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.text_answers import relaxed_accuracy_metric
from mmbench.metrics.functional.vqa import vqa_accuracy_metric
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from mmbench.tasks.base import Output, Plan
from mmbench.tasks.kinds.captioning import caption_task, speech_task
from mmbench.tasks.kinds.emotion import class_task, emotion_task
from mmbench.tasks.kinds.generation import GenerationTask, generation_task
from mmbench.tasks.kinds.multiple_choice import Choice, Mixed, multiple_choice
from mmbench.tasks.kinds.question_answering import Open, YesNo, open_questions
from mmbench.tasks.prompts import PLAIN

Opener = Callable[[Mapping[str, list[Sample]]], dict[str, PairedDataset]]
Picture = Callable[[int], MediaPart]


@pytest.fixture
def asked(make_card: Callable[..., Any], cache: Any, picture: Picture) -> Callable[..., Plan]:
    """The plan of a task on rows ``(question, target, options, meta)``."""
    versions: list[str] = []

    def make(
        task: GenerationTask, rows: Sequence[tuple[str, Any, Sequence[str], dict[str, Any]]], pictures: int = 1
    ) -> Plan:
        samples = [
            Sample(
                f"s{i}",
                (*(picture(10 * i + j) for j in range(pictures)), TextPart(text, "en")),
                tuple(options),
                target,
                meta=meta,
            )
            for i, (text, target, options, meta) in enumerate(rows)
        ]
        versions.append(f"fake=={len(versions)}")
        return task.plan(open_splits(make_card({"test": samples}, version=versions[-1]), ["test"]).__getitem__)

    return make


def scored(task: GenerationTask, plan: Plan, answers: Sequence[str | None], **how: Any) -> dict[str, float]:
    found = plan.score({"answers": Output(list(answers), how.pop("errors", {}), **how)})
    return task.metric.aggregate(found.arrays)


def words(plan: Plan, index: int) -> list[str]:
    item: Any = plan.stages[0].items[index]
    return [part.text if isinstance(part, TextPart) else "[picture]" for part in item.messages[-1].content]


def test_circular_asks_every_rotation_and_needs_all_of_them(asked: Callable[..., Plan]) -> None:
    plain, circular = multiple_choice("fake", "Fake", split="test", prompt=PLAIN)
    rows: list[Any] = [("what?", "dog", ("cat", "dog", "cow"), {}), ("which?", "yes", ("yes", "no"), {})]
    plan = asked(circular, rows)
    assert list(plan.stages[0].ids) == ["s0", "s0#1", "s0#2", "s1", "s1#1"]
    assert words(plan, 0)[1] == "what?\nA. cat\nB. dog\nC. cow"
    assert words(plan, 2)[1] == "what?\nA. cow\nB. cat\nC. dog"
    assert scored(circular, plan, ["B", "A", "C", "A", "B"]) == {"circular": 1, "accuracy": 1, "unparsed": 0}
    assert scored(circular, plan, ["B", "A", "A", "A", "who knows"]) == {"circular": 0, "accuracy": 1, "unparsed": 1}
    assert scored(circular, plan, ["A"] * 5) == {"circular": 0, "accuracy": 0.5, "unparsed": 0}
    assert plan.floors["circular"] == pytest.approx((1 / 27 + 1 / 4) / 2)
    assert plan.floors["accuracy"] == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert (plan.n, plan.ceilings["circular"]) == (2, 1.0)
    assert scored(plain, asked(plain, rows), ["It is (B)", "b"]) == {"accuracy": 0.5, "unparsed": 0}


def test_a_failed_rotation_fails_its_question_and_is_named(asked: Callable[..., Plan]) -> None:
    circular = multiple_choice("fake", "Fake", split="test")[1]
    plan = asked(circular, [("which?", "yes", ("yes", "no"), {})])
    found = plan.score({"answers": Output(["A", None], {"s0#1": "timeout"}, frozenset({"s0"}))})
    assert found.errors == {"s0": "timeout"}
    assert found.arrays["circular"].tolist() == [0]
    assert found.notes == {"truncated_answers": 1}
    assert found.shown["answer"] == ["A | –"]


def test_equal_options_are_right_together_and_a_label_that_is_none_is_refused(asked: Callable[..., Plan]) -> None:
    (task,) = multiple_choice("fake", "Fake", split="test", circular=False)
    plan = asked(task, [("what?", "dog", ("dog", "cat", "dog", "cow"), {})])
    assert [scored(task, plan, [letter])["accuracy"] for letter in "ABCD"] == [1, 0, 1, 0]
    assert plan.floors["accuracy"] == 0.5
    genotypes = asked(task, [("which?", "Ff ", ("ff", "Ff"), {})])
    assert [scored(task, genotypes, [letter])["accuracy"] for letter in "AB"] == [0, 1]
    with pytest.raises(ValueError, match="the label of 's0' is 'emu', which is none of its 2 options"):
        asked(task, [("what?", "emu", ("dog", "cat"), {})])


def test_repeated_rows_are_asked_once_and_counted(asked: Callable[..., Plan]) -> None:
    (task,) = multiple_choice("fake", "Fake", split="test", circular=False, once="question", where=("kind", "image"))
    rows = [
        ("what?", "a", ("a", "b"), {"question": "1", "kind": "image"}),
        ("what?", "a", ("b", "a"), {"question": "1", "kind": "image"}),
        ("what?", "a", ("a", "b"), {"question": "2", "kind": "video"}),
    ]
    plan = asked(task, rows)
    assert list(plan.stages[0].ids) == ["s0"]
    assert plan.notes == {"samples_left_out": 2}
    with pytest.raises(ValueError, match="fake test holds nothing that this task asks"):
        asked(task, rows[2:])


def test_pictures_stand_where_they_are_named(asked: Callable[..., Plan], picture: Picture) -> None:
    (task,) = multiple_choice("fake", "Fake", split="test", form=Choice(tags=True), circular=False, prompt=PLAIN)
    rows: list[Any] = [("Is <image 2> like <image 1>?", "<image 3>", ("<image 3>", "none"), {})]
    plan = asked(task, rows, pictures=4)
    item: Any = plan.stages[0].items[0]
    order = [picture(3), TextPart("Is", "en"), picture(1), TextPart("like", "en"), picture(0)]
    assert list(item.messages[-1].content[:5]) == order  # the picture that nobody names comes first
    assert words(plan, 0)[5:] == ["?\nA.", "[picture]", "B. none"]


def test_mixed_questions_are_read_by_their_own_rules(asked: Callable[..., Plan]) -> None:
    task = generation_task("fake", "Fake", "open", Mixed(numbers=True), split="test", prompt=PLAIN)
    rows: list[Any] = [
        ("which?", "45°", ("45°", "90°"), {"answer_type": "text"}),
        ("how long?", "1.25", (), {"answer_type": "float", "precision": 2.0}),
        ("how many?", "7", (), {"answer_type": "integer", "precision": None}),
    ]
    plan = asked(task, rows)
    right = scored(task, plan, ["A", "about 1.254 m", "There are 7."])
    assert right == {"accuracy": 1, "accuracy/multiple-choice": 1, "accuracy/open": 1, "unparsed": 0}
    assert scored(task, plan, ["B", "1.3", "seven"])["unparsed"] == 1
    assert plan.floors == {
        "accuracy": pytest.approx(1 / 6),
        "accuracy/multiple-choice": 0.5,
        "accuracy/open": 0.0,
        "unparsed": None,
    }
    strict = generation_task("fake", "Fake", "judged", Mixed(numbers=True, strict=True), split="test", prompt=PLAIN)
    assert scored(strict, asked(strict, rows), ["A", "about 1.254 m", "7"])["unparsed"] == 1


def test_figures_and_questions_count_only_whole(asked: Callable[..., Plan]) -> None:
    form = YesNo(groups=(("figure", "f"), ("question", "q")))
    task = generation_task("fake", "Fake", "yes-no", form, split="test", prompt=PLAIN)
    rows = [(f"{f}{q}?", "yes" if f == "a" else "no", (), {"f": f, "q": q}) for f in "ab" for q in "12"]
    plan = asked(task, rows)
    assert scored(task, plan, ["Yes.", "no", "no", "No, never"]) == {
        "accuracy": 0.75,
        "figure": 0.5,
        "question": 0.5,
        "unparsed": 0,
    }
    assert scored(task, plan, ["yes", "yes", "no", "perhaps"]) == {
        "accuracy": 0.75,
        "figure": 0.5,
        "question": 0.5,
        "unparsed": 1,
    }
    assert plan.floors == {
        "accuracy": 0.5,
        "figure": 0.5,
        "question": 0.25,
        "unparsed": None,
    }  # always yes solves a figure


def test_the_floor_of_yes_or_no_is_the_better_constant(asked: Callable[..., Plan]) -> None:
    task = generation_task("fake", "Fake", "yes-no", YesNo(), split="test", primary="f1", prompt=PLAIN)
    plan = asked(task, [("a?", "yes", (), {}), ("b?", "No", (), {}), ("c?", "no", (), {})])
    assert plan.floors["accuracy"] == pytest.approx(2 / 3)
    assert plan.floors["f1"] == pytest.approx(0.5)  # always yes: precision 1/3, recall 1
    assert (plan.floors["recall"], plan.floors["yes_ratio"]) == (None, None)
    with pytest.raises(ValueError, match="'maybe', neither yes nor no"):
        asked(task, [("a?", "maybe", (), {})])


def test_the_ceiling_of_vqa_is_that_of_its_annotators(asked: Callable[..., Plan]) -> None:
    (task,) = open_questions("fake", "Fake", vqa_accuracy_metric("vqav2"), split="test")
    plan = asked(
        task, [("what?", ["net"] * 2 + ["netting"] * 8, (), {}), ("who?", [f"w{i}" for i in range(10)], (), {})]
    )
    assert plan.ceilings["accuracy"] == pytest.approx((1.0 + 0.3) / 2)
    assert scored(task, plan, ["netting", "w3"])["accuracy"] == pytest.approx(0.65)
    assert scored(task, plan, ["<think>hm</think>Final answer: netting", "<think>w3"])["accuracy"] == pytest.approx(0.5)


def test_hidden_labels_can_be_asked_and_not_scored(asked: Callable[..., Plan]) -> None:
    (task,) = open_questions("fake", "Fake", vqa_accuracy_metric("vqav2"), hidden={"test": "test"})
    plan = asked(task, [("what?", None, (), {}), ("who?", None, (), {})])
    assert (task.id, plan.hidden, plan.n, plan.floors) == ("fake.test.open", True, 2, {"accuracy": None})
    left = plan.score({"answers": Output(["<think>hm</think>a", None], {"b": "gone"})})
    assert (dict(left.arrays), left.shown) == ({}, {"answer": ["<think>hm</think>a", None], "read": ["a", None]})
    some = asked(task, [("what?", None, (), {}), ("who?", ["me"] * 10, (), {})])
    assert (some.hidden, some.n, some.notes) == (False, 1, {"samples_without_a_label": 1})


def test_equal_questions_with_other_labels_have_a_best_answer(open_rows: Opener, picture: Picture) -> None:
    plain, circular = multiple_choice("fake", "Fake", split="test")
    rows = [
        Sample(f"s{i}", (picture(1), TextPart("what?")), ("a", "b"), target) for i, target in enumerate(("a", "a", "b"))
    ]
    splits = open_rows({"test": rows})
    for task in (plain, circular):
        found = task.bounds(splits.__getitem__, lambda fingerprint: fingerprint)
        assert found.best[task.primary] == pytest.approx(2 / 3)
        assert (found.limited, found.n) == (3, 3)


def test_what_models_learn_from_is_asked_as_in_the_test(open_rows: Opener, picture: Picture) -> None:
    task = replace(
        open_questions("fake", "Fake", vqa_accuracy_metric("vqav2"), split="test", training=("train", "train"))[0]
    )
    rows = [Sample("s", (picture(1), TextPart("what?", "en")), target=["b"] * 4 + ["a"] * 6)]
    plan = task.plan(open_rows({"train": rows, "test": rows}).__getitem__)
    item: Any = plan.stages[0].items[0]
    train, _ = plan.phases[0].training()
    assert train[0].content == item.messages[-1].content
    assert train[0].target == "a"
    assert isinstance(task.form, Open)


def test_classes_are_scored_from_scores_and_from_words(open_rows: Opener) -> None:
    task = emotion_task(
        "fake", "Fake", split="test", classes=("no", "so", "yes"), inputs=frozenset({Modality.TEXT}), question="Which?", primary="accuracy",
        labels=(("2", "yes"),),
    )  # fmt: skip
    rows = [Sample("a", (TextPart("hm"),), target="so"), Sample("b", (TextPart("ja"),), target=2)]
    splits = open_rows({"test": rows})
    plan, written = task.plan(splits.__getitem__), task.plan(splits.__getitem__, ask="generate")
    item: Any = plan.stages[0].items[0]
    assert (item.options, item.target) == (("no", "so", "yes"), None)
    tied = plan.score({"all": Output(np.asarray([[0.0, 1.0, 1.0], [np.nan] * 3]), {"b": "broken"})})
    assert task.metric.aggregate(tied.arrays) == pytest.approx(
        {
            "accuracy": 0.25,
            "balanced_accuracy": 0.25,
            "precision_w": 0.5,
            "f1w": 1 / 3,
            "f1_macro": 1 / 3,
            "n_unparsed": 1,
        }
    )
    request: Any = written.stages[0].items[0]
    assert request.text == "hm\nWhich? Answer with one of: no, so, yes."
    found = written.score({"all": Output(["So.", "yes or no"], {})})
    assert task.metric.aggregate(found.arrays)["accuracy"] == 0.5


def test_a_class_in_meta_is_asked_for_in_the_named_languages(open_rows: Opener, picture: Picture) -> None:
    task = class_task(
        "fake", "Fake", "category", split="test", classes=("animals", "other"), inputs=frozenset({Modality.IMAGE, Modality.TEXT}),
        question="Which?", primary="accuracy", training=("test", "test"), label="topic", labels=(("rare", "other"),),
        languages=((Modality.TEXT, "de"),),
    )  # fmt: skip
    texts = (TextPart("a dog", "en"), TextPart("ein Hund", "de"))
    rows = [Sample(f"s{i}", (picture(i), *texts), meta={"topic": topic}) for i, topic in enumerate(("animals", "rare"))]
    splits = open_rows({"test": rows})
    plan = task.plan(splits.__getitem__)
    assert (task.id, task.kind, task.title) == ("fake.category", "classification", "Fake, category")
    shown: list[Any] = list(plan.stages[0].items)
    assert [[part.text for part in row.content if isinstance(part, TextPart)] for row in shown] == [["ein Hund"]] * 2
    assert {(row.target, len(row.meta), len(row.content)) for row in shown} == {(None, 0, 2)}
    assert [row.target for row in plan.phases[0].training()[0]] == ["animals", "other"]
    found = plan.score({"all": Output(np.asarray([[1.0, 0.0], [1.0, 0.0]]), {})})
    assert task.metric.aggregate(found.arrays)["accuracy"] == 0.5
    protocols = [dict(one.protocol) for one in (task, replace(task, languages=()), replace(task, label=None))]
    assert len({str(one) for one in protocols}) == 3
    with pytest.raises(ValueError, match=r"the label of 's0' is 'None', which is none of animals, other"):
        replace(task, label=None).plan(splits.__getitem__)


def test_an_input_that_no_sample_holds_is_a_file_that_was_not_brought(open_rows: Opener) -> None:
    task = emotion_task(
        "fake", "Fake", split="test", classes=("no", "yes"), inputs=frozenset({Modality.TEXT, Modality.FEATURES}), question="?",
    )  # fmt: skip
    rows = [Sample("a", (TextPart("hm"),), target="no")]
    with pytest.raises(
        ValueError, match=r"no sample of fake test holds features: bring the file that has it \(`mmbench show fake`"
    ):
        task.plan(open_rows({"test": rows}).__getitem__)


def test_folds_are_scored_by_what_was_learnt_on_the_others(open_rows: Opener) -> None:
    task = emotion_task(
        "fake", "Fake", split="test", classes=("no", "yes"), inputs=frozenset({Modality.TEXT}), question="Is it?",
        training=("test", "test"), folds=3, labels=(("False", "no"), ("True", "yes")),
    )  # fmt: skip
    rows = [Sample(f"s{i}", (TextPart(f"text {i}"),), target=i % 2 == 0, meta={"fold": 3 - i % 3}) for i in range(9)]
    plan = task.plan(open_rows({"test": rows}).__getitem__)
    assert [list(stage.ids) for stage in plan.stages] == [["s2", "s5", "s8"], ["s1", "s4", "s7"], ["s0", "s3", "s6"]]
    train, valid = plan.phases[0].training()
    assert [row.id for row in train] == ["s0", "s3", "s6"]
    assert [row.id for row in valid] == ["s1", "s4", "s7"]
    assert {(row.target, row.options) for row in train} == {("yes", ("no", "yes")), ("no", ("no", "yes"))}
    found = plan.score({f"fold{fold}": Output(np.asarray([[1.0], [1.0], [-1.0]]), {}) for fold in (1, 2, 3)})
    assert found.strata == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found.shown["predicted"] == ["yes", "yes", "no"] * 3
    with pytest.raises(
        RunFailedError,
        match=r"each of 2 classes, shape \(n, 2\), in the order no, yes; the model gave 3",
    ):
        plan.score({f"fold{fold}": Output(np.zeros((3, 3)), {}) for fold in (1, 2, 3)})


def test_captions_are_compared_with_those_in_their_language(open_rows: Opener, picture: Picture) -> None:
    task = caption_task("fake", "Fake", split="test", language="de")
    texts = [("A dog.", "en"), ("Ein Hund läuft.", "de"), ("Der Hund.", "de")]
    rows = [Sample(f"s{i}", (picture(i), *(TextPart(text, tag) for text, tag in texts))) for i in range(2)]
    rows.append(Sample("none", (picture(9), TextPart("A cat.", "en"))))
    plan = task.plan(open_rows({"test": rows}).__getitem__)
    item: Any = plan.stages[0].items[0]
    assert [part.modality for part in item.messages[-1].content] == [Modality.IMAGE, Modality.TEXT]
    assert (plan.n, plan.notes) == (2, {"samples_without_a_label": 1})
    found = plan.score({"answers": Output(["<think>hm</think>Der Hund.", None], {"s1": "gone"})})
    assert found.shown["right"] == ["Ein Hund läuft. | Der Hund."] * 2
    assert found.arrays["rouge_l"].tolist() == [1.0, 0.0]


def test_a_failed_transcript_is_empty_and_units_go_by_language(
    open_rows: Opener, tone: Callable[..., MediaPart]
) -> None:
    english, thai = (
        speech_task("fake", "Fake", split="test"),
        speech_task("fake", "Fake", split="test", language="th-TH"),
    )
    assert (english.primary, thai.primary) == ("wer", "cer")
    assert (english.metric.params, thai.metric.params) == ({"normalizer": "basic"}, {"normalizer": "basic_with_marks"})
    rows = [Sample(f"s{i}", (tone(400.0 + i),), target="TWO WORDS") for i in range(2)]
    plan = english.plan(open_rows({"test": rows}).__getitem__)
    found = plan.score({"answers": Output(["Two, words!", None], {"s1": "gone"})})
    assert english.metric.aggregate(found.arrays)["wer"] == 0.5
    assert (plan.ceilings["wer"], plan.floors["wer"]) == (0.0, None)
    assert english.modalities == {Modality.AUDIO}


def test_open_questions_are_also_scored_by_type(asked: Callable[..., Plan]) -> None:
    form = Open(relaxed_accuracy_metric(), by="type", types=("human", "made"))
    (task,) = open_questions("fake", "Fake", form, split="test")
    rows = [(f"{i}?", "10", (), {"type": "human" if i else "made"}) for i in range(3)]
    plan = asked(task, rows)
    found = scored(task, plan, ["10.2", "12", None])
    assert found == {"accuracy": pytest.approx(1 / 3), "accuracy/human": 0, "accuracy/made": 1, "unparsed": 0}
    assert task.metric.params["read"] == "relaxed_accuracy(tolerance=0.05)@1"
