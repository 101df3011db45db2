"""Weights by folder or hub id: one commit, no pickle, nothing random, nothing that says where they lie on this machine."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.devices import resolve_device, resolve_dtype
from mmbench.models.weights import locate
from tests.hub.fixtures import hub
from tests.hub.server import LocalHub

__all__ = ["hub"]
README = "---\nlicense: mit\nlanguage: [en, de]\ndatasets:\n- nlphuji/flickr30k\n---\n# A model\n"


@pytest.fixture
def clip(folder: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of the tiny CLIP that a test may change."""
    shutil.copytree(folder("clip"), tmp_path / "here" / "clip")
    return tmp_path / "here" / "clip"


@pytest.fixture
def cached_hub(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHub:
    """The loopback hub as ``huggingface_hub`` sees it, with a cache of this test's own."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    return hub


def test_the_same_weights_elsewhere_are_the_same_run(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(clip, tmp_path / "there" / "clip")
    (tmp_path / "there" / "clip" / "README.md").write_text(README)
    here, there = (load_model(f"transformers:{tmp_path / name / 'clip'}", device="cpu") for name in ("here", "there"))
    monkeypatch.chdir(clip)
    inside = load_model("transformers:.", dtype="bfloat16")
    assert here.identity() == there.identity() == inside.identity()
    assert here.identity()["spec"] == "transformers:clip"
    assert str(tmp_path) not in json.dumps([here.identity(), repr(here.card)])
    assert here.spec == f"transformers:{clip}"  # another process loads it by this
    assert (here.card.licence, here.card.languages, there.card.licence, there.card.languages) == (
        None,
        None,
        "mit",
        ("en", "de"),
    )
    assert there.card.training_datasets is None  # the page's list need not be whole: no board may say zero-shot by it
    assert "names as training data nlphuji/flickr30k" in there.card.summary
    model: Any = inside.model
    assert (model.dtype, inside.card.parameters) == ("bfloat16", here.card.parameters)
    changed = clip / "processor_config.json"
    changed.write_text(changed.read_text() + "\n")
    other = load_model(f"transformers:{clip}", device="cpu")
    assert other.revision != here.revision
    assert other.model.preprocessing != here.model.preprocessing  # type: ignore[attr-defined]


def test_a_hub_id_is_fetched_at_one_commit_without_what_is_not_needed(cached_hub: LocalHub, clip: Path) -> None:
    files = {path.name: path.read_bytes() for path in clip.iterdir()}
    extra = {
        "pytorch_model.bin": b"pickle",
        "model.fp16.safetensors": b"again",
        "onnx/model.onnx": b"again",
        "README.md": README.encode(),
    }
    sha = cached_hub.commit("some/clip", {**files, **extra}, repo_type="model")
    found = load_model("transformers:some/clip", device="cpu")
    tagged = load_model("transformers:some/clip", device="cpu", revision=sha)
    assert (found.card.name, found.revision, found.card.licence) == ("some/clip", sha, "mit")
    assert found.identity() == tagged.identity() != load_model(f"transformers:{clip}", device="cpu").identity()
    assert found.identity()["spec"] == "transformers:some/clip"
    fetched = {request.path.split("?")[0].rsplit("/", 1)[-1] for request in cached_hub.requests("/resolve/")}
    assert fetched >= {"config.json", "model.safetensors", "README.md"}
    assert not fetched & {"pytorch_model.bin", "model.fp16.safetensors", "model.onnx"}


def test_what_was_fetched_loads_while_the_hub_is_down(
    cached_hub: LocalHub, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = cached_hub.commit("some/clip", {path.name: path.read_bytes() for path in clip.iterdir()}, repo_type="model")
    locate("some/clip")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    assert locate("some/clip").revision == sha
    with pytest.raises(
        UserError, match="hub cannot be reached, and other/model is not in its cache: give a folder instead"
    ):
        locate("other/model")


def test_what_the_hub_does_not_have_is_said(cached_hub: LocalHub) -> None:
    cached_hub.commit("some/pickle", {"config.json": b"{}", "pytorch_model.bin": b"x"}, repo_type="model")
    with pytest.raises(UserError, match="some/pickle has its weights as pickle only \\(pytorch_model.bin\\)"):
        locate("some/pickle")
    assert not cached_hub.requests("/resolve/")
    with pytest.raises(UserError, match="The hub has no model some/nothing, or it is private"):
        locate("some/nothing")
    with pytest.raises(UserError, match="some/pickle has no revision 'v9' on the hub"):
        locate("some/pickle", "v9")
    with pytest.raises(UserError, match="'a/b/c' is neither a folder nor a hub id"):
        locate("a/b/c")


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _empty(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _remote_code(folder: Path) -> None:
    config = {"model_type": "strange", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('it ran')")


def _unknown(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "strange"}))


def _without_a_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _wider(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["projection_dim"] = 48
    (folder / "config.json").write_text(json.dumps(config))


def _classifier(folder: Path) -> None:

    from tests.models.adapters.tiny import TEXT, transformers

    hf = transformers()

    hf.BertForSequenceClassification(hf.BertConfig(**TEXT, vocab_size=40)).save_pretrained(folder)


def _no_processor(folder: Path) -> None:
    for name in ("preprocessor_config.json", "processor_config.json", "tokenizer_config.json", "tokenizer.json"):
        (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            _pickled,
            r"clip has its weights as pickle only \(pytorch_model.bin\), which can run code: convert them to safetensors",
        ),
        (_empty, "clip holds no weights"),
        (_remote_code, "clip needs Python code from its repository, which mmbench never runs"),
        (_unknown, "The configuration of clip cannot be read: .*strange"),
        (
            _without_a_weight,
            r"clip lacks 1 of the weights .* \(the first: visual_projection.weight\): they would be random",
        ),
        (_wider, r"clip lacks 2 of the weights .* \(the first: text_projection.weight\)"),
        (_classifier, "clip is a BertForSequenceClassification: this adapter takes dual encoders"),
        (_no_processor, "The processor of clip cannot be loaded"),
    ],
)
def test_weights_that_cannot_be_trusted_are_refused(spoil: Callable[[Path], None], said: str, clip: Path) -> None:
    spoil(clip)
    with pytest.raises(UserError, match=said) as found:
        load_model(f"transformers:{clip}", device="cpu")
    assert "\n" not in str(found.value)
    assert str(clip.parent) not in str(found.value)


@pytest.mark.parametrize(
    ("spec", "config", "said"),
    [
        ("transformers:/no/such/folder", {}, "There is no folder /no/such/folder"),
        ("transformers:{}", {"revision": "main"}, "is a folder: leave the revision out"),
        ("transformers:{}", {"device": "cuda:9"}, "There is no device 'cuda:9' here: use one of cpu"),
        ("transformers:{}", {"dtype": "int7"}, "There is no dtype 'int7' for weights: use one of float32"),
        ("transformers:{}", {"prompt": "x"}, "cannot be made with these arguments"),
    ],
)
def test_a_wrong_argument_is_one_sentence(spec: str, config: dict[str, Any], said: str, clip: Path) -> None:
    with pytest.raises(UserError, match=said):
        load_model(spec.format(clip), **config)


def test_devices_and_dtypes_by_name() -> None:
    import torch

    assert str(resolve_device("cpu")) == "cpu"
    assert resolve_device().type == (
        "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    )
    assert (resolve_dtype(), resolve_dtype("bfloat16")) == (None, torch.bfloat16)
    with pytest.raises(UserError, match="no device 'meta'"):
        resolve_device("meta")
