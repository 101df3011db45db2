"""SentenceTransformer models: the library's own vectors, prompts by role, and text that is never taken for an address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.media import decode_image
from mmbench.models import load_model
from mmbench.samples import MediaPart, Modality, Sample, TextPart
from tests.models.adapters.conftest import one

IMAGE, TEXT = frozenset({Modality.IMAGE}), frozenset({Modality.TEXT})
TEXTS = ["a cat", "x", "a longer sentence about nothing"]
PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="module")
def text_folder(tmp_path_factory: pytest.TempPathFactory, folder: Callable[..., Path]) -> Path:
    """Mean-pooled BERT with prompts, saved by the library."""
    st = pytest.importorskip("sentence_transformers")

    from tests.models.adapters.tiny import TEXT as SIZES
    from tests.models.adapters.tiny import seeded, transformers

    hf = transformers()

    base, saved = tmp_path_factory.mktemp("bert"), tmp_path_factory.mktemp("st") / "prompted"
    letters = "abcdefghijklmnopqrstuvwxyz:/."
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    hf.BertTokenizer(vocab={word: index for index, word in enumerate(words)}, model_max_length=64).save_pretrained(base)
    seeded(
        lambda: hf.BertModel(hf.BertConfig(**SIZES, vocab_size=len(words), max_position_embeddings=64))
    ).save_pretrained(base)
    st.SentenceTransformer(str(base), device="cpu", prompts=PROMPTS).save(str(saved))
    return saved


def library(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


def test_texts_are_embedded_by_their_role(text_folder: Path) -> None:
    loaded = load_model(f"sentence_transformers:{text_folder}", device="cpu")
    model: Any = loaded.model
    assert (loaded.card.name, loaded.card.modalities, model.symmetric) == ("prompted", TEXT, False)
    samples, reference = [one(text) for text in TEXTS], library(text_folder)
    for role, prompt in (("query", "query: "), ("document", "passage: "), (None, "")):
        found = model.embed(samples, modalities=TEXT, role=role)
        for row, text in zip(found, TEXTS, strict=True):
            np.testing.assert_allclose(row, reference.encode([text], prompt=prompt)[0], atol=1e-5)
    assert str(text_folder.parent) not in str(loaded.identity())


def test_an_instruction_is_said_to_queries_where_a_template_says_how(text_folder: Path) -> None:
    said = "Instruct: {instruction} Query: "
    model: Any = load_model(f"sentence_transformers:{text_folder}", device="cpu", instruction_template=said).model
    plain: Any = load_model(f"sentence_transformers:{text_folder}", device="cpu").model
    samples, reference = [one("a cat")], library(text_folder)
    call = {"modalities": TEXT, "instruction": "find {it}"}
    found = model.embed(samples, role="query", **call)
    np.testing.assert_allclose(found, reference.encode(["a cat"], prompt="Instruct: find {it} Query: "), atol=1e-5)
    assert np.array_equal(
        model.embed(samples, role="document", **call), plain.embed(samples, role="document", modalities=TEXT)
    )
    assert np.array_equal(
        plain.embed(samples, role="query", **call), plain.embed(samples, role="query", modalities=TEXT)
    )
    with pytest.raises(UserError, match="has to hold {instruction}"):
        load_model(f"sentence_transformers:{text_folder}", instruction_template="Query:")


def test_a_clip_of_sentence_transformers(folder: Callable[..., Path], picture: Callable[..., MediaPart]) -> None:
    pytest.importorskip("sentence_transformers")
    loaded = load_model(f"sentence_transformers:{folder('clip')}", device="cpu", truncate_dim=8)
    model: Any = loaded.model
    assert (loaded.card.modalities, model.symmetric) == (IMAGE | TEXT, True)
    assert "no modules.json" in loaded.card.summary
    reference, parts = library(folder("clip")), [picture(1), picture(2, 60)]
    found = model.embed([one(part) for part in parts], modalities=IMAGE)
    for row, part in zip(found, parts, strict=True):
        np.testing.assert_allclose(row, reference.encode([decode_image(part, "a")], truncate_dim=8)[0], atol=1e-5)
    for text in (
        "http://127.0.0.1:9/cat.jpg",
        str(Path(__file__).parent / "nothing.png"),
        "data:image/png;base64,AAAA",
    ):
        vector = model.embed([one(text)], modalities=TEXT)  # a bare string would be fetched, opened or decoded
        assert vector.shape == (1, 8)
    with pytest.raises(UserError, match=r"clip embeds text, image; it was asked for image \+ text"):
        model.embed([Sample("a", (parts[0], TextPart("a cat")))], modalities=IMAGE | TEXT)


def test_a_joint_embedder_takes_pictures_and_texts_at_once(
    folder: Callable[..., Path], picture: Callable[..., MediaPart]
) -> None:
    pytest.importorskip("sentence_transformers")
    model: Any = load_model(f"sentence_transformers:{folder('llava')}", device="cpu").model
    samples = [
        Sample(key, (picture(index), TextPart(text)))
        for index, (key, text) in enumerate(zip("abc", TEXTS, strict=True))
    ]
    found, reference = model.embed(samples, modalities=IMAGE | TEXT), library(folder("llava"))
    for row, sample in zip(found, samples, strict=True):
        shown = {"image": decode_image(sample.image, sample.id), "text": sample.text}
        np.testing.assert_allclose(row, reference.encode([shown])[0], atol=1e-5)


def test_weights_that_would_be_random_are_refused(text_folder: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(text_folder, tmp_path / "st")
    weights = load_file(tmp_path / "st" / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, tmp_path / "st" / "model.safetensors", {"format": "pt"})
    with pytest.raises(
        UserError, match=r"st lacks 1 of the weights .* \(the first: encoder.layer.1.output.dense.weight\)"
    ):
        load_model(f"sentence_transformers:{tmp_path / 'st'}")


def test_weights_as_pickle_and_code_of_its_own_are_refused(text_folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(text_folder, tmp_path / "st")
    modules = tmp_path / "st" / "modules.json"
    modules.write_text(
        modules.read_text().replace("sentence_transformers.base.modules.transformer.Transformer", "code.Model")
    )
    (tmp_path / "st" / "code.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(UserError, match="st cannot be loaded: "):
        load_model(f"sentence_transformers:{tmp_path / 'st'}")
    (tmp_path / "st" / "model.safetensors").rename(tmp_path / "st" / "pytorch_model.bin")
    with pytest.raises(UserError, match="pickle only"):
        load_model(f"sentence_transformers:{tmp_path / 'st'}")
