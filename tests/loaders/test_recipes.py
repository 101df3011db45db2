"""Rows to samples: ids, order of parts, languages, groups, joins and judgements."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.recipes import by_letter, chosen, class_name, from_path, joined, judged_pairs, lettered, records
from mmbench.loaders.sources.hub import Rows, ToSamples
from mmbench.samples import MediaPart, Sample, TextPart

ROW = {"q": "what?", "captions": ["one", "two"], "n": 2, "a": "x", "b": "y", "c": None}


def tables(**found: list[dict[str, Any]]) -> Rows:
    def rows(name: str) -> Callable[[], Iterator[dict[str, Any]]]:
        return lambda: iter(found[name])

    return {name: rows(name) for name in found}


def one(samples: ToSamples, *rows: dict[str, Any]) -> Sample:
    return next(iter(samples(tables(rows=list(rows)), "test")))


def test_content_keeps_the_order_of_columns_and_lists(picture: Callable[..., MediaPart]) -> None:
    first, second = picture(1), picture(2)
    row = {**ROW, "image_1": first, "image_2": second, "image_3": None}
    sample = one(records("image_1", "q", "image_2", "image_3", "captions"), row)
    assert sample.content == (first, TextPart("what?", "en"), second, TextPart("one", "en"), TextPart("two", "en"))


def test_ids_are_a_column_several_or_the_place() -> None:
    rows = [ROW, {**ROW, "q": "why?"}]
    found = {
        name: [sample.id for sample in records("q", id=get)(tables(rows=rows), "test")]
        for name, get in (
            ("place", None),
            ("column", "q"),
            ("several", ("n", "q")),
            ("function", lambda row: row["q"][:2]),
        )
    }
    assert found == {
        "place": ["test-0", "test-1"],
        "column": ["what?", "why?"],
        "several": ["2-what?", "2-why?"],
        "function": ["wh", "wh"],
    }


def test_a_tag_for_everything_is_meant_for_text_only(tone: Callable[..., MediaPart]) -> None:
    row = {"audio": tone(440), "text": "bonjour"}
    plain = one(records("audio", "text", language="fr"), row)
    assert [part.language for part in plain.content] == [None, "fr"]
    spoken = one(records("audio", "text", language={"audio": "{split}", "text": "fr"}), row)
    assert [part.language for part in spoken.content] == ["test", "fr"]


def test_a_picture_as_group_stands_for_its_content(picture: Callable[..., MediaPart]) -> None:
    same = [{"image": picture(1), "q": "a"}, {"image": picture(1), "q": "b"}, {"image": picture(2), "q": "c"}]
    groups = [sample.group for sample in records("image", "q", group="image")(tables(rows=same), "test")]
    assert groups[0] == groups[1] != groups[2]


def test_rows_of_another_split_are_left_to_it() -> None:
    rows = [{**ROW, "part": "dev"}, {**ROW, "part": "test"}]
    kept = list(records("q", meta=("part",), keep=lambda row: row["part"] == "test")(tables(rows=rows), "test"))
    assert [sample.meta["part"] for sample in kept] == ["test"]


def test_answers_by_letter_and_by_position() -> None:
    options = lettered("a", "b", "c")
    assert options(ROW) == ["x", "y"]
    assert by_letter(options, "letter")({**ROW, "letter": " b"}) == "y"
    assert chosen(options, "k")({**ROW, "k": 0}) == "x"
    for wrong in ({"letter": "C"}, {"letter": ""}):
        with pytest.raises(UserError, match="is none of 2 options"):
            by_letter(options, "letter")({**ROW, **wrong})
    with pytest.raises(UserError, match="number 2 of 2 options"):
        chosen(options, "k")({**ROW, "k": 2})


def test_a_class_without_a_name_is_refused() -> None:
    name = class_name("label", ("cat", "dog"))
    assert (name({"label": 1}), name({"label": "bird"})) == ("dog", "bird")
    with pytest.raises(UserError, match="label is 2, but there are 2 classes"):
        name({"label": 2})


def test_the_name_beside_a_medium_tells_the_speaker() -> None:
    speaker = from_path("audio", r"(?:^|/)(\d{4})_")
    assert speaker({"audio.path": "wav/1001_IEO.wav"}) == "1001"
    assert speaker({"audio.path": None}) is None
    assert speaker({}) is None


def test_judged_texts_belong_to_their_medium_whichever_side_asks(picture: Callable[..., MediaPart]) -> None:
    media = [{"id": "i1", "image": picture(1)}, {"id": "i2", "image": picture(2)}]
    texts = [{"id": "t1", "text": "one"}, {"id": "t2", "text": "two"}, {"id": "t3", "text": "three"}]
    pairs = [("i1", "t2", 1), ("i2", "t3", 1), ("i1", "t1", 1), ("i2", "t1", 0)]
    for first in (True, False):
        left, right = ("query-id", "corpus-id") if first else ("corpus-id", "query-id")
        judged = [{left: a, right: b, "score": score} for a, b, score in pairs]
        recipe = judged_pairs(media="m", texts="t", column="image", media_first=first)
        found = list(recipe(tables(m=media, t=texts, qrels=judged), "test"))
        assert [[part.text for part in sample.content if isinstance(part, TextPart)] for sample in found] == [
            ["two", "one"],
            ["three"],
        ]


@pytest.mark.parametrize("wrong", [("i9", "t1"), ("i1", "t9")])
def test_a_judgement_of_nothing_is_refused(wrong: tuple[str, str], picture: Callable[..., MediaPart]) -> None:
    recipe = judged_pairs(media="m", texts="t", column="image", media_first=True)
    judged = [{"query-id": wrong[0], "corpus-id": wrong[1], "score": 1}]
    held = tables(m=[{"id": "i1", "image": picture(1)}], t=[{"id": "t1", "text": "one"}], qrels=judged)
    with pytest.raises(UserError, match="the upstream's tables do not belong together"):
        list(recipe(held, "test"))


def test_questions_find_their_picture_by_key_and_not_by_place(picture: Callable[..., MediaPart]) -> None:
    recipe = joined("q", rows="asked", on="imageId", media="pictures", key="id", column="image", target="a")
    pictures = [{"id": "p2", "image": picture(2)}, {"id": "p1", "image": picture(1)}]
    asked = [{"id": "1", "imageId": "p1", "q": "?", "a": "yes"}, {"id": "2", "imageId": "p2", "q": "?", "a": "no"}]
    found = list(recipe(tables(asked=asked, pictures=pictures), "test"))
    assert [sample.image.sha256 for sample in found] == [picture(1).sha256, picture(2).sha256]
    assert [sample.group for sample in found] == ["p1", "p2"]
    with pytest.raises(UserError, match="question '1' names 'p1', which is not in the table 'pictures'"):
        list(recipe(tables(asked=asked, pictures=pictures[:1]), "test"))
