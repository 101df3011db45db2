"""Models of lmms-eval's registry, by lmms-eval itself: they run where it is installed."""

from collections.abc import Callable
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.models.adapters.lmms import LmmsModel
from mmbench.samples import MediaError, MediaPart, Modality, media_part
from tests.models.adapters.conftest import asked

pytest.importorskip("lmms_eval")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
SEEN = frozenset({Modality.TEXT, Modality.IMAGE, Modality.AUDIO})


def echo(simple: bool) -> Any:
    """A model of lmms-eval that answers with what it was shown, by the ways that its models read their requests."""
    from lmms_eval.api.instance import GenerationResult, TokenCounts
    from lmms_eval.api.model import lmms
    from lmms_eval.protocol import ChatMessages

    class Echo(lmms):  # type: ignore[misc]
        is_simple = simple

        def loglikelihood(self, requests: Any) -> Any: ...
        def generate_until_multi_round(self, requests: Any) -> Any: ...
        def generate_until(self, requests: Any) -> Any:
            return [self.as_simple(*one.args) if simple else self.as_chat(*one.args) for one in requests]

        def as_simple(self, context: str, decoding: Any, to_visual: Any, doc_id: int, task: str, split: str) -> str:
            media = to_visual(self.task_dict[task][split][doc_id])
            shown = [f"{item.size}" if hasattr(item, "size") else f"{item['sampling_rate']}" for item in media]
            return f" {context} {shown} {decoding['max_new_tokens']} {decoding.get('until')}"

        def as_chat(self, context: str, to_messages: Any, decoding: Any, doc_id: int, task: str, split: str) -> Any:
            messages = ChatMessages(messages=to_messages(self.task_dict[task][split][doc_id]))
            parts = [(turn["role"], [part["type"] for part in turn["content"]]) for turn in messages.to_hf_messages()]
            return GenerationResult(f"{parts} {len(messages.extract_media()[0])}", TokenCounts(7, 8 if doc_id else 3))

    return Echo()


def test_a_registered_model_answers() -> None:
    loaded = load_model("lmms:dummy", response="B", pretrained="/home/somebody/models/qwen")
    model: Any = loaded.model
    assert [one.text for one in model.generate([asked("Which?"), asked("Why?", key="b")])] == ["B", "B"]
    assert loaded.card.name == "dummy:qwen"
    assert loaded.card.modalities == {Modality.TEXT, Modality.IMAGE}
    assert str(loaded.revision).startswith("lmms_eval-")
    assert "somebody" not in str(loaded.identity())


def test_a_simple_model_gets_text_and_beside_it_the_media(
    picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]
) -> None:
    model = LmmsModel(echo(simple=True), "echo", SEEN)
    request = asked(picture(1, 20), "Compare ", picture(2, 30), tone(300), stop=("\n",))
    assert model.generate([request])[0].text == "Compare  ['(20, 20)', '(30, 30)', '16000'] 8 ['\\n']"


def test_a_chat_model_gets_the_conversation(picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]) -> None:
    model = LmmsModel(echo(simple=False), "echo", SEEN)
    requests = [
        asked("Look: ", picture(1), " and ", picture(2), system="Be brief."),
        asked(tone(300), "What?", key="b"),
    ]
    first, second = model.generate(requests)
    assert first.text == "[('system', ['text']), ('user', ['text', 'image', 'text', 'image'])] 2"
    assert second.text == "[('user', ['audio', 'text'])] 0"
    assert (first.usage and first.usage.input_tokens, first.finish_reason, second.finish_reason) == (
        7,
        "stop",
        "length",
    )
    with pytest.raises(MediaError, match="sample 'bad'"):
        model.generate([requests[0], asked(media_part(Modality.IMAGE, "image/png", b"no"), key="bad")])


@pytest.mark.parametrize(
    ("spec", "arguments", "said"),
    [
        ("lmms:no_such", {}, "lmms-eval has no model 'no_such'"),
        ("lmms:dummy", {"takes": "smell"}, "takes='smell': choose among image, text, audio"),
        ("lmms:dummy", {"trust_remote_code": True}, "never runs code from a model's repository"),
    ],
)
def test_a_mistake_is_one_sentence(spec: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_model(spec, **arguments)
