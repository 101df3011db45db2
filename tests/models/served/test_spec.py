"""Which server and model a spec means, what identifies it, and that nothing secret is in what is kept or said."""

import pickle
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.adapters.openai import ADAPTER
from mmbench.models.base import capabilities
from mmbench.models.served.endpoint import Endpoint
from mmbench.models.served.options import Options
from tests.openai_server import KEY


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("name", "url", "host", "model"),
    [
        ("http://localhost:8000/v1#org/name", "http://localhost:8000/v1", "localhost:8000", "org/name"),
        ("https://api.example.org/v1/#name", "https://api.example.org/v1", "api.example.org", "name"),
        ("http://[::1]:8000/v1#name", "http://[::1]:8000/v1", "[::1]:8000", "name"),
        ("#name", "https://api.openai.com/v1", "api.openai.com", "name"),
        ("org/name:latest", "https://api.openai.com/v1", "api.openai.com", "org/name:latest"),
    ],
)
def test_what_a_spec_means(name: str, url: str, host: str, model: str) -> None:
    found = Endpoint.of(name, "OPENAI_API_KEY")
    assert (found.url, found.host, found.model) == (url, host, model)
    assert found.is_openai == (host == "api.openai.com")


def test_the_default_server_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example.org/secret-path/v1")
    model = load_model("openai:name")
    assert model.card.revision == "name@gateway.example.org"
    assert "secret-path" not in repr((model.identity(), model.card, Endpoint.of("name", "OPENAI_API_KEY")))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "No model is named"),
        ("http://localhost:8000/v1", "No model is named"),
        ("http://localhost:8000/v1#", "No model is named"),
        ("https://user:hunter2@host/v1#name", "holds a user or password"),
        ("https://host/v1?api-key=hunter2#name", "has a query"),
        ("ftp://host/v1#name", "no http or https address"),
        ("http://#name", "no http or https address"),
        ("http://host:99999/v1#name", "is none"),
        ("localhost:8000/v1#name", "no http or https address"),
    ],
)
def test_a_spec_that_means_nothing_or_holds_a_secret(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        load_model(f"openai:{name}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"concurrency": 0}, "concurrency of a served model is wrong"),
        ({"concurrency": "many"}, "concurrency of a served model is wrong"),
        ({"colour": "red"}, "no argument 'colour'; it takes api, revision"),
        ({"api": "images"}, "api of a served model is wrong"),
        ({"input_price": 1.0}, "belong together"),
        ({"api_key": "hunter2"}, "api_key is not taken, since arguments are recorded"),
        ({"extra": {"api_key": "hunter2"}}, "api_key is not taken"),
        ({"extra": {"stream": True}}, "extra cannot hold stream"),
        ({"headers": {"x": "hunter2"}}, "headers is not taken"),
        ({"modalities": ["smell"]}, "modalities.* of a served model is wrong"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        load_model("openai:name", **arguments)
    assert "hunter2" not in str(caught.value)


def test_a_key_that_no_header_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-\N{BULLET}hunter2")
    with pytest.raises(UserError, match="characters that no key has") as caught:
        load_model("openai:name").model.generate([])  # type: ignore[attr-defined]
    assert "hunter2" not in str(caught.value)


def test_a_broken_proxy_in_the_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy")
    with pytest.raises(UserError, match="The proxy in the environment cannot be used"):
        load_model("openai:name").model.generate([])  # type: ignore[attr-defined]


def test_settings_are_no_part_of_the_identity() -> None:
    plain = load_model("openai:name")
    set_ = load_model("openai:name", concurrency=2, input_price=1, output_price=2, timeout=5, api_key_env="OTHER")
    other = load_model("openai:name", extra={"top_p": 0.9})
    assert set_.identity() == plain.identity() != other.identity()
    assert set_.place["concurrency"] == 2
    assert load_model("openai:http://localhost:1/v1#name").identity() != plain.identity()
    assert load_model("openai:name", revision="0123abc").card.revision == "0123abc@api.openai.com"


def test_every_setting_is_an_argument_and_the_others_move_answers() -> None:
    names = list(Options.model_fields)
    assert list(ADAPTER.settings) == names[names.index("modalities") :]
    assert load_model("openai:name", concurrency=2, modalities=["text"]).model.provenance()["settings"] == {  # type: ignore[attr-defined]
        "concurrency": 2,
        "modalities": ["text"],
    }


@pytest.mark.parametrize(
    ("api", "can"), [("chat", "generate"), ("transcriptions", "generate"), ("embeddings", "embed")]
)
def test_what_a_served_model_can(api: str, can: str) -> None:
    assert capabilities(load_model("openai:name", api=api).model) == (can,)


def test_a_model_holds_no_key_and_goes_to_other_processes() -> None:
    model = load_model("openai:http://localhost:8000/v1#name").model
    data = pickle.dumps(model)
    assert KEY.encode() not in data
    assert capabilities(pickle.loads(data)) == ("generate",)  # noqa: S301
