"""What another tool made: every answer is found by its id, and every fault of the file is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models import LoadedModel, load_model
from mmbench.models.adapters.file import file_model
from mmbench.models.base import capabilities
from mmbench.models.files.matching import Side
from mmbench.samples import MediaError, Message, Modality, Request, Sample, TextPart

IMAGE, TEXT = frozenset({Modality.IMAGE}), frozenset({Modality.TEXT})
ROWS = [
    {"id": "a", "prediction": "rot"},
    {"id": "7", "prediction": "0.5"},
    {"id": "c", "prediction": "x", "finish_reason": "length"},
]


def written(folder: Path, text: str) -> Path:
    path = folder / "predictions.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def asked(key: str) -> Request:
    return Request(key, (Message("user", (TextPart("what?"),)),))


def as_file(rows: list[dict[str, Any]], path: Path) -> Path:
    import pandas as pd

    table = pd.DataFrame(rows)
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


def test_answers_and_numbers_are_found_by_id(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "prediction": "rot"}\n\n{"id": 7, "prediction": 0.5, "more": []}\n')
    loaded = load_model(f"file:{path}")
    model: Any = loaded.model
    assert model.ids == {"a", "7"}
    responses = model.generate([asked("7"), asked("a"), asked("b")])
    assert [(one.sample_id, one.text, one.error) for one in responses] == [
        ("7", "0.5", None),
        ("a", "rot", None),
        ("b", "", "the file has no prediction for it"),
    ]
    np.testing.assert_array_equal(model.predict([Sample("7", ()), Sample("7", ())]), [[0.5], [0.5]])
    assert capabilities(model) == ("generate", "predict")


def test_no_record_says_where_the_file_lies(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "prediction": "x"}')
    loaded = load_model(f"file:{path}")
    assert (loaded.card.name, loaded.spec, loaded.config) == ("predictions", None, {})
    assert str(tmp_path) not in repr(loaded.identity()) + repr(loaded.card)


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_kind_of_table_says_the_same(tmp_path: Path, ending: str) -> None:
    model: Any = file_model(as_file(ROWS, tmp_path / f"p{ending}"))
    found = model.generate([asked("a"), asked("7"), asked("c")])
    assert [(one.text, one.finish_reason) for one in found] == [("rot", "stop"), ("0.5", "stop"), ("x", "length")]
    np.testing.assert_array_equal(model.predict([Sample("7", ())]), [[0.5]])


def test_columns_of_other_names_make_another_model(tmp_path: Path) -> None:
    path = as_file([{"question_id": 1, "answer": "yes", "prediction": "no", "id": "2"}], tmp_path / "p.csv")
    mine: Any = load_model(f"file:{path}", id="question_id", prediction="answer")
    assert mine.model.generate([asked("1")])[0].text == "yes"
    assert mine.revision != load_model(f"file:{path}").revision
    with pytest.raises(
        UserError, match="cannot be made with these arguments: got an unexpected keyword argument 'answers'"
    ):
        load_model(f"file:{path}", answers="answer")


def test_an_error_of_the_other_tool_is_an_error_here(tmp_path: Path) -> None:
    model: Any = file_model(
        written(tmp_path, '{"id": "a", "prediction": null, "error": "timed out"}\n{"id": "b", "prediction": 1}\n')
    )
    assert model.generate([asked("a")])[0].error == "timed out"
    with pytest.raises(MediaError, match="timed out"):
        model.predict([Sample("b", ()), Sample("a", ())])


@pytest.mark.parametrize(
    ("prediction", "reason"),
    [('"yes"', "the prediction 'yes' is not a number"), ("true", "the prediction True is not a number")],
)
def test_what_is_no_number_is_an_error_of_its_sample(tmp_path: Path, prediction: str, reason: str) -> None:
    model: Any = file_model(written(tmp_path, f'{{"id": "a", "prediction": {prediction}}}\n'))
    for key, why in (("a", reason), ("b", "the file has no prediction for it")):
        with pytest.raises(MediaError) as found:
            model.predict([Sample(key, ())])
        assert (found.value.sample_id, found.value.reason) == (key, why)


def test_scores_per_class_and_scores_of_pairs(tmp_path: Path) -> None:
    classes: Any = file_model(written(tmp_path, '{"id": "a", "scores": [0.1, 0.9]}\n{"id": "b", "scores": [1, 0]}\n'))
    assert capabilities(classes) == ("predict",)
    np.testing.assert_array_equal(classes.predict([Sample("b", ()), Sample("a", ())]), [[1, 0], [0.1, 0.9]])
    listed: Any = file_model(written(tmp_path, '{"id": "a", "ask": "predict", "prediction": [0.1, 0.9]}\n'))
    np.testing.assert_array_equal(listed.predict([Sample("a", ())]), [[0.1, 0.9]])
    rows = [{"left": "q", "right": "d", "score": 0.5}, {"left": "q", "right": "e", "prediction": 2}]
    pairs: Any = file_model(as_file(rows[:1], tmp_path / "pairs.csv"))
    assert capabilities(pairs) == ("score_pairs",)
    q, d, e = (Sample(key, ()) for key in "qde")
    np.testing.assert_array_equal(pairs.score_pairs([q, q], [d, e]), [0.5, np.nan])
    both: Any = file_model(as_file(rows, tmp_path / "pairs.jsonl"))
    np.testing.assert_array_equal(both.score_pairs([q, q], [e, d]), [2, 0.5])


def test_vectors_in_rows_have_a_side_or_a_column_of_their_own(tmp_path: Path) -> None:
    sided: Any = file_model(written(tmp_path, '{"id": "a", "side": "queries", "prediction": [1, 2]}\n'))
    np.testing.assert_array_equal(sided.embed([Sample("a", ())], modalities=TEXT, role="query"), [[1, 2]])
    plain: Any = file_model(as_file([{"id": "a", "embedding": [3.0, 4.0]}], tmp_path / "e.parquet"))
    assert capabilities(plain) == ("embed",)
    np.testing.assert_array_equal(plain.embed([Sample("a", ())], modalities=TEXT), [[3, 4]])


def test_pairs_by_the_ids_that_the_task_gives_them(tmp_path: Path) -> None:
    model: Any = file_model(
        as_file([{"id": "p1", "score": 3.0}, {"id": "spare", "score": 1.0}], tmp_path / "pairs.jsonl")
    )
    found = model.match("t", [Side("pairs", ["p1", "p2"], pairs=[("q", "d"), ("q", "e")])])
    assert (found.known, found.missing, found.unknown) == (1, 1, ["spare"])
    q, d, e = (Sample(key, ()) for key in "qde")
    np.testing.assert_array_equal(model.score_pairs([q, q], [d, e]), [3.0, np.nan])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: write one row per sample with the keys id and prediction"),
        ("\n \n", "is empty"),
        ("not json\n", "line 1 is not JSON"),
        ('{"id": "a", "prediction": "x"}\n{"id": "b", "predi', "line 2 is not JSON"),
        ('["a", "x"]\n', "line 1 is no JSON object: it needs the keys id and prediction"),
        ('{"prediction": "x"}\n', "line 1 needs the keys id and prediction: it has prediction"),
        ('{"id": "a"}\n', "line 1 needs the keys id and prediction"),
        ('{"id": "a", "prediction": null}\n', "needs the keys id and prediction"),
        ('{"id": "a", "prediction": {"x": 1}}\n', "needs the keys id and prediction"),
        ('{"id": "a", "prediction": 1}\n{"id": "a", "prediction": 1}\n', "line 2 predicts 'a' a second time"),
        ('{"id": "a", "scores": [1, "x"]}\n', "line 1: scores has to be a list of numbers"),
        ('{"id": "a", "scores": [1]}\n{"id": "b", "scores": [1, 2]}\n', "the vector of 'b' has 2 numbers, that of 'a' 1"),
        ('{"left": "a", "right": "b", "score": "x"}\n', "line 1 needs a number under score or prediction"),
        ('{"left": "a", "right": "b", "score": 1}\n{"left": "a", "right": "b", "score": 1}\n', "line 2 scores a with b a second time"),
        ('{"left": "a", "right": "b", "score": 1}\n{"left": "a", "score": 1}\n', "line 2 needs the keys left and right"),
        ("[" * 100_000 + "\n", "line 1 is not JSON"),
    ],
)  # fmt: skip
def test_a_fault_of_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"predictions\.jsonl.*{said}"):
        file_model(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.jsonl", '{"id": "a", "prediction": "x"}\n'.encode("utf-16"), "is not UTF-8 text"),
        ("p.csv", "id,prediction\na,ü\n".encode("latin-1"), "is not UTF-8 text"),
        ("p.csv", b"id,prediction\na,x,y\n", "line 2 has another number of cells than the head"),
        ("p.csv", b'id,prediction\na,"x" y\n', "is not a table that can be read"),
        ("p.parquet", b"PAR1 and nothing more", "is not readable Parquet"),
        ("p.xlsx", b"PK", "has an ending that says nothing: predictions are .jsonl, .csv, .tsv, .parquet"),
        ("p.safetensors", b"\x08\0\0\0\0\0\0\0{}", "is not readable safetensors"),
        ("p.npz", b"PK\3\4", "is not readable npz without pickle"),
    ],
)
def test_a_file_that_is_not_what_its_ending_says_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as found:
        file_model(tmp_path / name)
    assert "\n" not in str(found.value)
    for ending in ("jsonl", "safetensors"):
        with pytest.raises(UserError, match=rf"There is no file .*gone\.{ending}\.$"):
            file_model(tmp_path / f"gone.{ending}")


def test_another_content_is_another_revision(tmp_path: Path) -> None:
    one = file_model(written(tmp_path, '{"id": "a", "prediction": "x"}\n'), name="mine")
    other = file_model(written(tmp_path, '{"id": "a", "prediction": "y"}\n'), name="mine")
    assert one.card.name == other.card.name == "mine"
    assert one.card.revision != other.card.revision


Save = Callable[[Path, dict[str, NDArray[Any]], dict[str, list[str]]], Path]


def save_safetensors(folder: Path, arrays: dict[str, NDArray[Any]], ids: dict[str, list[str]]) -> Path:
    from safetensors.numpy import save_file

    save_file(
        arrays, folder / "e.safetensors", metadata={f"{name}.ids": json.dumps(found) for name, found in ids.items()}
    )
    return folder / "e.safetensors"


def save_npz(folder: Path, arrays: dict[str, NDArray[Any]], ids: dict[str, list[str]]) -> Path:
    named: Any = {**arrays, **{f"{name}.ids": np.asarray(found) for name, found in ids.items()}}
    np.savez(folder / "e.npz", **named)
    return folder / "e.npz"


def save_beside(folder: Path, arrays: dict[str, NDArray[Any]], ids: dict[str, list[str]]) -> Path:
    path = save_safetensors(folder, arrays, {})
    (folder / "e.ids.json").write_text(json.dumps(ids))
    return path


def save_parquet_ids(folder: Path, arrays: dict[str, NDArray[Any]], ids: dict[str, list[str]]) -> Path:
    path = save_safetensors(folder, arrays, {})
    as_file([{"id": key, "tensor": name} for name, found in ids.items() for key in found], folder / "e.ids.parquet")
    return path


@pytest.mark.parametrize("save", [save_safetensors, save_npz, save_beside, save_parquet_ids])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_each_side_has_a_tensor_of_its_own(tmp_path: Path, save: Save, kind: type) -> None:
    arrays: dict[str, Any] = {"queries": np.asarray([[1, 2], [3, 4.5]], kind), "documents": np.asarray([[5, 6]], kind)}
    model: Any = file_model(save(tmp_path, arrays, {"queries": ["a", "b"], "documents": ["a"]}))
    assert capabilities(model) == ("embed",)
    queries = model.embed([Sample("b", ()), Sample("a", ())], modalities=TEXT, role="query")
    assert queries.dtype == np.float32
    np.testing.assert_array_equal(queries, [[3, 4.5], [1, 2]])
    np.testing.assert_array_equal(model.embed([Sample("a", ())], modalities=IMAGE, role="document"), [[5, 6]])
    with pytest.raises(MediaError, match="the file has no embedding for it"):
        model.embed([Sample("b", ())], modalities=IMAGE, role="document")


def test_tensors_by_modality_serve_both_directions(tmp_path: Path) -> None:
    arrays = {"image": np.ones((1, 2), np.float32), "text": np.zeros((1, 2), np.float32)}
    model: Any = file_model(save_safetensors(tmp_path, arrays, {"image": ["a"], "text": ["a"]}))
    for role in ("query", "document", None):
        assert model.embed([Sample("a", ())], modalities=IMAGE, role=role).sum() == 2
        assert model.embed([Sample("a", ())], modalities=TEXT, role=role).sum() == 0


def test_bfloat16_is_read_without_torch(tmp_path: Path) -> None:
    values = np.asarray([[1.0, -2.5, 3.140625]], np.float32)  # all three are exact in bfloat16
    body = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    head = json.dumps(
        {"__metadata__": {"ids": '["a"]'}, "embeddings": {"dtype": "BF16", "shape": [1, 3], "data_offsets": [0, 6]}}
    )
    (tmp_path / "e.safetensors").write_bytes(len(head).to_bytes(8, "little") + head.encode() + body)
    model: Any = file_model(tmp_path / "e.safetensors")
    np.testing.assert_array_equal(model.embed([Sample("a", ())], modalities=TEXT), values)


def test_npy_takes_its_ids_from_a_text_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.eye(2, dtype=np.float32))
    with pytest.raises(UserError, match=r"has no ids for embeddings: write e\.ids\.json beside it"):
        file_model(tmp_path / "e.npy")
    (tmp_path / "mine.txt").write_text("a\nb\n")
    model: Any = file_model(tmp_path / "e.npy", ids=str(tmp_path / "mine.txt"))
    (tmp_path / "e.ids.txt").write_text("b\na\n")
    swapped: Any = file_model(tmp_path / "e.npy")
    assert model.card.revision != swapped.card.revision
    for one, first in ((model, 0), (swapped, 1)):
        assert one.embed([Sample("a", ())], modalities=TEXT)[0, first] == 1


@pytest.mark.parametrize(
    ("arrays", "ids", "said"),
    [
        ({"x": np.ones((2, 3), np.float32)}, {"x": ["a"]}, "x has 2 rows for 1 ids"),
        ({"x": np.ones((2, 3), np.float32)}, {"x": ["a", "a"]}, "x has 'a' a second time"),
        ({"x": np.ones((2, 3), np.int64)}, {"x": ["a", "b"]}, "x holds int64, and embeddings are float16"),
        (
            {"x": np.ones(2, np.float32)},
            {"x": ["a", "b"]},
            r"x has the shape \(2,\), and has to be \(items, dimensions\)",
        ),
        (
            {"x": np.ones((1, 3), np.float32), "y": np.ones((1, 2), np.float32)},
            {"x": ["a"], "y": ["a"]},
            "the vector of 'y' has 2 numbers, that of 'x' 3",
        ),
    ],
)
def test_a_fault_of_the_tensors_is_named(
    tmp_path: Path, arrays: dict[str, NDArray[Any]], ids: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        file_model(save_npz(tmp_path, arrays, ids))


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="is not readable npy without pickle"):
        file_model(tmp_path / "e.npy")


def sides(modality: frozenset[Modality] = IMAGE) -> list[Side]:
    return [Side("queries", ["a", "b"], TEXT, "query"), Side("documents", ["a", "c"], modality, "document")]


def test_ids_are_counted_before_anything_runs(tmp_path: Path) -> None:
    arrays = {"queries": np.ones((3, 2), np.float32), "documents": np.ones((1, 2), np.float32)}
    model: Any = file_model(save_npz(tmp_path, arrays, {"queries": ["a", "b", "z"], "documents": ["c"]}))
    found = model.match("t", sides())
    assert (found.known, found.missing, found.unknown) == (3, 1, ["z"])
    foreign: Any = file_model(save_npz(tmp_path, arrays, {"queries": ["x", "y", "z"], "documents": ["c"]}))
    with pytest.raises(
        UserError,
        match=r"\(queries\) predicts none of the samples of t: its ids should look like 'a'.*like 'x'",
    ):
        foreign.match("t", sides())
    lonely: Any = file_model(save_npz(tmp_path, {"queries": arrays["queries"]}, {"queries": ["a", "b", "z"]}))
    with pytest.raises(
        UserError,
        match="has no vectors for the documents of t: call a tensor documents or document or image",
    ):
        lonely.match("t", sides())


def test_one_tensor_never_stands_for_two_contents_of_one_id(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.ones((3, 2), np.float32))
    (tmp_path / "e.ids.txt").write_text("a\nb\nc\n")
    model: Any = file_model(tmp_path / "e.npy")
    with pytest.raises(UserError, match="'a' is in both with other content: give each side a tensor of its own"):
        model.match("t", sides())  # every query would find its own vector
    assert model.match("t", sides(TEXT)).known == 4


def test_rows_of_another_task_are_refused(tmp_path: Path) -> None:
    model: Any = file_model(written(tmp_path, '{"id": "a", "task": "other.open", "prediction": "x"}\n'))
    with pytest.raises(UserError, match="was made for other.open, not for easy-vqa.open"):
        model.match("easy-vqa.open", [Side("answers", ["a"])])


def test_the_loaded_model_is_identified_by_content(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "prediction": "x"}\n')
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    copy = written(moved, path.read_text())
    one, other = load_model(f"file:{path}"), load_model(f"file:{copy}")
    assert isinstance(one, LoadedModel)
    assert one.identity() == other.identity()
