"""What a judge is: a model that says what an answer means, where rules cannot tell. Its words are never a right answer by themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """What a judge can be told about an answer.

    Attributes:
        text: the question with its options, as it was asked, without media.
        options: what could be answered (letters, yes and no), if that is a closed list.
        accepted: the accepted answers, spelled as this question was asked.
        meta: of the sample.
        answer: what the model wrote, whole.
    """

    text: str
    options: Sequence[str]
    accepted: Sequence[str]
    meta: Mapping[str, Any]
    answer: str


@dataclass(frozen=True, slots=True)
class Judge:
    """How a judge is asked, and what its reply means. Which model is asked is the run's choice (``--judge``) and part of its identity.

    Attributes:
        id: of the prompt.
        version: bumped by any change of the words or of ``resolve``.
        ask: a question to the words that the judge is sent.
        resolve: the judge's reply to the answer that rules then score; ``None`` where the reply says nothing, which is never right.
        everything: whether it is asked about all answers; else only about those that rules cannot read.
        about: what it decides, in one sentence.
        source: the protocol that it follows.
        max_new_tokens: where its reply is cut.
    """

    id: str
    version: int
    ask: Callable[[Question], str]
    resolve: Callable[[str, Question], str | None]
    everything: bool
    about: str
    source: str
    max_new_tokens: int = 64

    @property
    def facts(self) -> dict[str, Any]:
        """What a run's identity hashes of the protocol."""
        return {
            "prompt": f"{self.id}@{self.version}",
            "asked_about": "all answers" if self.everything else "unread answers",
        }
