"""OpenCLIP models by OpenCLIP itself, where torch and torchvision of one build are installed; a sentence where they are not."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.media import decode_image
from mmbench.models import load_model
from mmbench.samples import MediaPart, Modality
from tests.models.adapters.conftest import one

INSTALLED = importlib.util.find_spec("open_clip") is not None
needed = pytest.mark.skipif(not INSTALLED, reason="needs the extra `open-clip` (open_clip is not installed)")
IMAGE, TEXT = frozenset({Modality.IMAGE}), frozenset({Modality.TEXT})
TEXTS = ["a cat", "x", "a very long caption that goes on and on beyond what a small encoder can take in, and then some"]
CONFIG = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised model of an architecture that is registered as ``tiny``, and as a folder in OpenCLIP's format."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("open_clip")
    (folder / "configs").mkdir()
    (folder / "configs" / "tiny.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(folder / "configs" / "tiny.json")
    torch.manual_seed(0)
    model = open_clip.create_model("tiny", pretrained=None)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / "weights.safetensors")
    (folder / "repository").mkdir()
    (folder / "repository" / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {}})
    )
    (folder / "repository" / "open_clip_model.safetensors").write_bytes((folder / "weights.safetensors").read_bytes())
    return folder / "weights.safetensors"


@pytest.mark.skipif(INSTALLED, reason="open_clip is installed")
def test_without_the_library_the_extra_is_named() -> None:
    with pytest.raises(
        UserError, match=r"OpenCLIP cannot be imported \(No module named 'open_clip'\): .*'mmbench\[open-clip\]'"
    ):
        load_model("open_clip:ViT-B-32/openai")


@needed
def test_pictures_and_texts_are_embedded_as_by_the_library(checkpoint: Path, picture: Callable[..., MediaPart]) -> None:
    import open_clip
    import torch

    loaded = load_model(f"open_clip:tiny/{checkpoint}", device="cpu")
    model: Any = loaded.model
    assert (loaded.card.name, loaded.identity()["spec"]) == ("tiny/weights", "open_clip:tiny/weights")
    assert str(loaded.revision).startswith("sha256:")
    assert str(checkpoint.parent) not in str(loaded.identity())
    network, _, transform = open_clip.create_model_and_transforms("tiny", str(checkpoint))
    tokenizer = open_clip.get_tokenizer("tiny")
    network.eval()
    parts = [picture(seed, side) for seed, side in [(0, 20), (1, 64), (2, 32)]]
    pictures = model.embed([one(part) for part in parts], modalities=IMAGE)
    texts = model.embed([one(text) for text in TEXTS], modalities=TEXT)
    with torch.no_grad():
        for row, part in zip(pictures, parts, strict=True):
            alone = network.encode_image(transform(decode_image(part, "a"))[None])
            np.testing.assert_allclose(row, alone[0].numpy(), atol=1e-5)
        for row, text in zip(texts, TEXTS, strict=True):
            np.testing.assert_allclose(row, network.encode_text(tokenizer([text]))[0].numpy(), atol=1e-5)
    assert (pictures.dtype, texts.shape) == (np.float32, (3, 24))


@needed
def test_a_repository_in_its_format_is_the_same_model(checkpoint: Path) -> None:
    repository = load_model(f"open_clip:{checkpoint.parent / 'repository'}", device="cpu")
    tagged: Any = load_model(f"open_clip:tiny/{checkpoint}", device="cpu").model
    model: Any = repository.model
    assert (repository.card.name, repository.identity()["spec"]) == ("repository", "open_clip:repository")
    samples = [one(text) for text in TEXTS]
    np.testing.assert_allclose(model.embed(samples, modalities=TEXT), tagged.embed(samples, modalities=TEXT), atol=1e-6)


@needed
@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("ViT-B-31/openai", {}, "OpenCLIP has no architecture 'ViT-B-31'"),
        ("ViT-B-32", {}, "OpenCLIP has no architecture 'ViT-B-32': a spec is open_clip:NAME/PRETRAINED"),
        ("ViT-B-32/no_such", {}, "'no_such' is neither a file nor weights of ViT-B-32; those are openai"),
        ("ViT-B-32/openai", {"revision": "main"}, "Only hf-hub:OWNER/NAME takes a revision"),
        ("ViT-B-32/openai", {"dtype": "float64"}, "OpenCLIP does not run in float64"),
    ],
)
def test_a_mistake_is_one_sentence(name: str, config: dict[str, Any], said: str, checkpoint: Path) -> None:
    with pytest.raises(UserError, match=said):
        load_model(f"open_clip:{name}", **config)


@needed
def test_pickle_and_other_weights_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"pickle")
    with pytest.raises(UserError, match=r"weights.pt is no safetensors file"):
        load_model(f"open_clip:tiny/{tmp_path / 'weights.pt'}")
    with pytest.raises(UserError, match="OpenCLIP cannot load ViT-B-32/weights: ") as found:
        load_model(f"open_clip:ViT-B-32/{checkpoint}", device="cpu")
    assert str(checkpoint.parent) not in str(found.value)
