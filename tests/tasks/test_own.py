"""``retrieval:FOLDER``: the user's own folder is evaluated without a line of Python, and its place is in no record."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import mmbench
from mmbench.engines.planning import refusal
from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.samples import MediaPart, Modality
from mmbench.tasks import get_task
from mmbench.tasks.kinds.retrieval import RetrievalTask

Write = Callable[..., Path]


@pytest.fixture
def photos(tmp_path: Path, cache: Path, picture: Callable[..., MediaPart]) -> Path:
    """Twenty pictures, two captions each, but for one that has none."""
    folder = tmp_path / "My Photos"
    folder.mkdir()
    for number in range(20):
        data = picture(number).data
        assert data is not None
        (folder / f"{number:02d}.png").write_bytes(data)
        if number:
            (folder / f"{number:02d}.txt").write_text(f"photo {number}\nthe same, number {number}\n")
    return folder


def test_a_folder_of_photos_and_captions_is_evaluated(photos: Path, tmp_path: Path) -> None:
    run = mmbench.evaluate("random", f"retrieval:{photos}", output_dir=tmp_path / "runs", progress=False)
    assert not isinstance(run, list)
    assert (run.record["task"]["id"], run.record["task"]["split"], run.record["dataset"]["key"]) == (
        "my-photos.t2i", "all", "my-photos",
    )  # fmt: skip
    assert run.report["notes"]["candidates"] == 19
    assert run.report["notes"]["rows_without_a_pair"] == 1
    assert run.record["model"]["fitted_on"] is None
    written = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if str(tmp_path).encode() in path.read_bytes()]


def test_the_same_folder_elsewhere_is_the_same_run(photos: Path, tmp_path: Path) -> None:
    first = mmbench.evaluate("random", f"retrieval:{photos}", output_dir=tmp_path / "runs", progress=False)
    shutil.move(photos, tmp_path / "away" / "My Photos")
    again = mmbench.evaluate(
        "random", f"retrieval:{tmp_path}/away/My Photos", output_dir=tmp_path / "runs", progress=False
    )
    assert not isinstance(first, list)
    assert not isinstance(again, list)
    assert again.record == first.record


def test_a_direction_can_be_chosen_and_must_be_one(photos: Path) -> None:
    task = get_task(f"retrieval:{photos}#i2t")
    assert isinstance(task, RetrievalTask)
    assert (task.id, task.query.modality, task.document.modality) == ("my-photos.i2t", Modality.IMAGE, Modality.TEXT)
    assert task.card.title == "My Photos"
    with pytest.raises(UserError, match="There is no direction 'x2y'"):
        get_task(f"retrieval:{photos}#x2y")
    with pytest.raises(UserError, match="My Photos holds no audio, which t2a needs: it holds image, text"):
        get_task(f"retrieval:{photos}#t2a")
    with pytest.raises(UserError, match="names no data"):
        get_task("retrieval:")
    with pytest.raises(UserError, match="There is no dataset named 'openmojo': did you mean openmoji"):
        get_task("retrieval:openmojo")


def test_sounds_are_asked_for_where_there_are_no_pictures(
    tmp_path: Path, cache: Path, tone: Callable[..., MediaPart]
) -> None:
    data = tone(300).data
    assert data is not None
    (tmp_path / "a.flac").write_bytes(data)
    with pytest.raises(UserError, match="holds only audio: retrieval needs two of text, image and audio"):
        get_task(f"retrieval:{tmp_path}")
    (tmp_path / "a.txt").write_text("a tone")
    assert get_task(f"retrieval:{tmp_path}").id.endswith(".t2a")


def test_a_task_of_the_catalog_is_itself_and_missing_ones_are_made() -> None:
    assert get_task("retrieval:openmoji#t2i") is get_task("openmoji.t2i")
    assert get_task("retrieval:openmoji") is get_task("openmoji.t2i")
    assert get_task("retrieval:easy-vqa#t2i").id == "easy-vqa.t2i"
    with pytest.raises(UserError, match="There is no task named 'nothing'"):
        get_task("nothing")


class Learner:
    def fit(self, train: object, valid: object) -> None: ...
    def embed(self, samples: object, **_: object) -> None: ...


def test_a_model_that_learns_is_refused_where_there_is_nothing_to_learn_from(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="learns from a train and a validation split, and my-photos has no train and no validation"
    ):
        mmbench.evaluate(Learner(), f"retrieval:{photos}", output_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_splits_of_a_folder_are_what_models_learn_from_and_are_scored_on(photos: Path) -> None:
    for number, path in enumerate(sorted(photos.iterdir())):
        split = ("train", "val", "test")[int(path.stem) % 3]
        (photos / split).mkdir(exist_ok=True)
        path.rename(photos / split / path.name)
        assert number < 40
    task = get_task(f"retrieval:{photos}")
    assert (task.split, task.train_split, task.valid_split) == ("test", "train", "validation")
    from mmbench.models import wrap_model

    assert refusal(wrap_model(Learner()), task) is None
    assert refusal(load_model("random"), task) is None
    train, valid = task.plan(task.load).phases[0].training()
    assert (len(train), len(valid)) == (6, 7)


def test_answers_are_no_embeddings_of_a_folder(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({"id": "nothing", "prediction": "x"}) + "\n")
    with pytest.raises(UserError, match="needs a model that can embed; predictions can generate, predict"):
        mmbench.score(path, f"retrieval:{photos}")
