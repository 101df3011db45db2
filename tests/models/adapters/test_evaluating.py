"""A library's model through the whole pipe: scored, stored without a path, and the same run from another folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import mmbench
from tests import fakes


@pytest.mark.usefixtures("cache")
def test_a_run_is_resumed_from_another_copy_of_the_weights(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes.register(monkeypatch, fakes.card())
    for place in ("here", "there"):
        shutil.copytree(folder("clip"), tmp_path / place / "clip")
    runs = tmp_path / "runs"
    models = [
        mmbench.load_model(f"transformers:{tmp_path / place / 'clip'}", device="cpu") for place in ("here", "there")
    ]
    first = mmbench.evaluate(models[0], fakes.retrieval_task(), output_dir=runs, batch_size=16, progress=False)
    monkeypatch.setattr(models[1].model, "embed", lambda *_, **__: pytest.fail("what was stored was asked again"))
    second = mmbench.evaluate(models[1], fakes.retrieval_task(), output_dir=runs, batch_size=16, progress=False)
    assert not isinstance(first, list)
    assert not isinstance(second, list)
    assert second.record == first.record
    written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in runs.rglob("*.json"))
    assert "transformers:clip" in written
    assert str(tmp_path) not in written
    assert first.record["model"]["parameters"] > 70_000
    assert first.record["provenance"]["device"] == "cpu"


@pytest.mark.usefixtures("cache")
def test_questions_are_asked_and_scored(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes.register(monkeypatch, fakes.card(broken=(3,)))
    model = mmbench.load_model(f"transformers:{folder('llava')}", device="cpu")
    run = mmbench.evaluate(model, fakes.question_task(), output_dir=tmp_path, max_errors=0.1, progress=False)
    assert not isinstance(run, list)
    assert len(run.samples) == fakes.SIZE
    assert run.samples["error"].notna().sum() == 1
