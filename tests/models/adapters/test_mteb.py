"""Encoders of MTEB's registry, by MTEB itself: they run where it is installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.samples import MediaPart, Modality
from tests.models.adapters.conftest import one
from tests.models.adapters.test_sentence_transformers import TEXTS, library, text_folder

__all__ = ["text_folder"]
mteb: Any = pytest.importorskip("mteb")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
IMAGE, TEXT = frozenset({Modality.IMAGE}), frozenset({Modality.TEXT})


def test_a_registered_encoder_embeds_texts_and_pictures(picture: Callable[..., MediaPart]) -> None:
    loaded = load_model("mteb:mteb/baseline-random-encoder")
    model: Any = loaded.model
    assert (loaded.card.name, loaded.card.licence) == ("mteb/baseline-random-encoder", "mit")
    assert loaded.card.modalities >= IMAGE | TEXT
    texts = model.embed([one(text) for text in TEXTS], modalities=TEXT)
    assert (texts.dtype, len(texts)) == (np.float32, 3)
    assert np.array_equal(model.embed([one(TEXTS[1])], modalities=TEXT)[0], texts[1])
    pictures = model.embed([one(picture(1)), one(picture(2)), one(picture(1))], modalities=IMAGE)
    assert np.array_equal(pictures[0], pictures[2])
    assert not np.array_equal(pictures[0], pictures[1])


def test_an_encoders_prompts_are_chosen_by_the_role(text_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mteb.models import get_model_meta as registry
    from mteb.models.sentence_transformer_wrapper import SentenceTransformerEncoderWrapper

    def load(name: str, revision: str | None, **options: Any) -> Any:
        return SentenceTransformerEncoderWrapper(str(text_folder), device="cpu")

    meta = mteb.get_model_meta("mteb/baseline-random-encoder")
    facts = {"name": "some/prompted", "loader": load, "revision": "abc", "modalities": ["text"], "loader_kwargs": {}}
    monkeypatch.setitem(registry.MODEL_REGISTRY, "some/prompted", meta.model_copy(update=facts))
    loaded = load_model("mteb:some/prompted", device="cpu")
    assert (loaded.revision, loaded.card.modalities) == ("abc", TEXT)
    model: Any = loaded.model
    reference = library(text_folder)
    for role, prompt in (("query", "query: "), ("document", "passage: ")):
        found = model.embed([one(text) for text in TEXTS], modalities=TEXT, role=role)
        np.testing.assert_allclose(found, reference.encode(TEXTS, prompt=prompt), atol=1e-5)


def test_what_mteb_does_not_have_or_would_run_is_refused() -> None:
    from mteb.models.get_model_meta import MODEL_REGISTRY

    with pytest.raises(UserError, match="mteb has no such model: .*no/such"):
        load_model("mteb:no/such")
    remote = next(name for name, meta in MODEL_REGISTRY.items() if (meta.loader_kwargs or {}).get("trust_remote_code"))
    with pytest.raises(UserError, match="runs Python code from its repository, which mmbench never does"):
        load_model(f"mteb:{remote}")
