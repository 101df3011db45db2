"""Predictions made elsewhere: every answer is found by its id, and every fault of the file is named."""

from pathlib import Path

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.base import capabilities
from mmbench.models.files import FilePredictions
from mmbench.samples import MediaError, Message, Request, Sample, TextPart


def written(folder: Path, text: str) -> Path:
    path = folder / "predictions.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def asked(key: str) -> Request:
    return Request(key, (Message("user", (TextPart("what?"),)),))


def test_answers_and_numbers_are_found_by_id(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "prediction": "rot"}\n\n{"id": 7, "prediction": 0.5, "more": []}\n')
    loaded = load_model(f"file:{path}")
    model = loaded.model
    assert isinstance(model, FilePredictions)
    assert model.ids == {"a", "7"}
    responses = model.generate([asked("7"), asked("a"), asked("b")])
    assert [(one.sample_id, one.text, one.error) for one in responses] == [
        ("7", "0.5", None),
        ("a", "rot", None),
        ("b", "", "the file has no prediction for it"),
    ]
    np.testing.assert_array_equal(model.predict([Sample("7", ()), Sample("7", ())]), [[0.5], [0.5]])
    assert capabilities(model) == ("generate", "predict")
    assert (loaded.card.name, loaded.spec) == ("predictions", None)


@pytest.mark.parametrize(
    ("prediction", "reason"),
    [('"yes"', "the prediction 'yes' is not a number"), ("true", "the prediction True is not a number")],
)
def test_what_is_no_number_is_an_error_of_its_sample(tmp_path: Path, prediction: str, reason: str) -> None:
    model = FilePredictions(written(tmp_path, f'{{"id": "a", "prediction": {prediction}}}\n'))
    for key, why in (("a", reason), ("b", "the file has no prediction for it")):
        with pytest.raises(MediaError) as found:
            model.predict([Sample(key, ())])
        assert (found.value.sample_id, found.value.reason) == (key, why)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: write one JSON object per line with the keys id and prediction"),
        ("\n \n", "is empty"),
        ("not json\n", "line 1 is not JSON"),
        ('{"id": "a", "prediction": "x"}\n{"id": "b", "predi', "line 2 is not JSON"),
        ('["a", "x"]\n', "line 1 needs the keys id and prediction"),
        ('{"prediction": "x"}\n', "line 1 needs the keys id and prediction"),
        ('{"id": "a"}\n', "line 1 needs the keys id and prediction"),
        ('{"id": "a", "prediction": null}\n', "needs the keys id and prediction"),
        ('{"id": "a", "prediction": ["x"]}\n', "needs the keys id and prediction"),
        ('{"id": "a", "prediction": 1}\n{"id": "a", "prediction": 1}\n', "line 2 predicts 'a' a second time"),
    ],
)
def test_a_fault_of_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"predictions\.jsonl .*{said}"):
        FilePredictions(written(tmp_path, text))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_bytes('{"id": "a", "prediction": "x"}\n'.encode("utf-16"))
    with pytest.raises(UserError, match=r"predictions\.jsonl is not UTF-8 text"):
        FilePredictions(path)
    with pytest.raises(UserError, match=r"There is no file .*gone\.jsonl\.$"):
        FilePredictions(tmp_path / "gone.jsonl")


def test_another_content_is_another_revision(tmp_path: Path) -> None:
    one = FilePredictions(written(tmp_path, '{"id": "a", "prediction": "x"}\n'), name="mine")
    other = FilePredictions(written(tmp_path, '{"id": "a", "prediction": "y"}\n'), name="mine")
    assert one.card.name == other.card.name == "mine"
    assert one.card.revision != other.card.revision
