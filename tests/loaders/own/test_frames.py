"""Frames of pandas and objects of ``datasets`` become the same samples as a folder."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders import from_datasets, from_frame, load_dataset
from mmbench.media import decode_image
from mmbench.samples import MediaError, MediaPart, Modality, TextPart

Write = Callable[..., Path]


def opened(data: bytes | None) -> Any:
    from PIL import Image

    assert data is not None
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["bytes", "pillow", "path", "struct"])
def test_a_frame_holds_pictures_in_any_form(put: Write, picture: Callable[..., MediaPart], kind: str) -> None:
    import pandas as pd

    folder = put({f"{i}.png": i for i in (1, 2)})
    data = [picture(i).data for i in (1, 2)]
    cells: dict[str, list[Any]] = {
        "bytes": data,
        "pillow": [opened(one) for one in data],
        "path": [folder / "1.png", str(folder / "2.png")],
        "struct": [{"bytes": one, "path": None} for one in data],
    }
    frame = pd.DataFrame(
        {"image": cells[kind], "caption": ["one", None], "n": [3, 4], "when": pd.to_datetime(["2024-01-02"] * 2)}
    )
    found = from_frame(frame, name="Mine")
    assert (found.card.key, len(found), found.ids) == ("mine", 2, ["000000", "000001"])
    assert [part.text for part in found[0].content if isinstance(part, TextPart)] == ["one"]
    assert found[1].modalities == {Modality.IMAGE}
    assert found[1].meta == {"n": 4, "when": "2024-01-02T00:00:00"}
    assert decode_image(found[0].image, "0").tobytes() == opened(data[0]).tobytes()
    assert load_dataset(frame, "all").fingerprint == found.fingerprint
    assert from_frame(frame.iloc[::-1], name="Mine").fingerprint != found.fingerprint


def test_splits_of_a_frame_are_chosen(picture: Callable[..., MediaPart]) -> None:
    import pandas as pd

    frame = pd.DataFrame({"image": [picture(1).data, picture(2).data], "text": ["a", "b"], "split": ["train", "test"]})
    assert set(load_dataset(frame)) == {"train", "test"}
    assert len(from_frame(frame, split="test")) == 1
    with pytest.raises(UserError, match="has the splits train, test: choose one with split="):
        from_frame(frame)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"image": [5], "text": ["a"]}, "row 0 holds a int where a picture or sound should be"),
        ({"image": ["/nowhere/1.png"], "text": ["a"]}, "names '/nowhere/1.png', which cannot be read"),
        ({"x": [5], "text": ["a"]}, "none is known to hold pictures or sounds"),
        ({"image": [b"", b""], "id": ["a", "a"]}, "1 ids of the split 'all' stand for more than one sample"),
        ({"file": [b"?"], "text": ["a"]}, "holds bytes of no known picture or sound"),
        ({"image": [b"x"], "z": [1j]}, "row 0 in 'z' holds a complex that is no JSON value"),
        ({"image": []}, "The rows are none"),
    ],
)
def test_a_frame_that_cannot_be_right_is_refused(frame: dict[str, list[Any]], words: str) -> None:
    import pandas as pd

    with pytest.raises(UserError, match=words):
        from_frame(pd.DataFrame(frame))


def test_a_datasets_object_is_not_decoded_by_datasets(
    picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]
) -> None:
    import datasets

    rows = {
        "image": [{"bytes": picture(1).data, "path": None}, {"bytes": b"broken", "path": "2.png"}],
        "audio": [{"bytes": tone(300).data, "path": None}, None],
        "pages": [[{"bytes": picture(3).data, "path": None}], []],
        "transcript": ["one", "two"],
    }
    table = datasets.Dataset.from_dict(rows).cast_column("image", datasets.Image())
    table = table.cast_column("audio", datasets.Audio()).cast_column("pages", datasets.List(datasets.Image()))
    found = from_datasets(table, columns={"image": "image", "pages": "image"})
    media = [part.sha256 for part in found[0].content if isinstance(part, MediaPart)]
    assert media == [picture(1).sha256, tone(300).sha256, picture(3).sha256]
    with pytest.raises(MediaError, match="'000001'"):
        decode_image(found[1].image, "000001")
    assert [sample.text for sample in found] == ["one", "two"]
    table = (
        table.remove_columns("pages")
        .add_column("label", [1, 0])
        .cast_column("label", datasets.ClassLabel(names=["no", "yes"]))
    )
    assert from_datasets(table).targets == ["yes", "no"]
    both = load_dataset(datasets.DatasetDict({"train": table, "validation": table}))
    assert list(both) == ["train", "validation"]
    with pytest.raises(UserError, match="A streaming dataset"):
        from_datasets(table.to_iterable_dataset())
