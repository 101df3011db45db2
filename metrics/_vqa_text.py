"""Answers to questions as the official VQA scorers rewrite them before they compare, each quirk included."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmbench.metrics._vqa_words import ARTICLES, CONTRACTIONS, CURLY_CONTRACTIONS, NUMBERS

_SIGNS = ';/[]"{}()=+\\_-><@`,?!'
_ANY_SIGN = re.compile(f"[{re.escape(_SIGNS)}]")
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_PERIOD = re.compile(r"\.(?!\d)")
_PERIODS = 32  # the official code gives re.UNICODE, which is 32, where ``sub`` expects how many to replace


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one scorer rewrites.

    Attributes:
        source: whose code it is.
        contractions: words without their apostrophe to words with it.
        lower_first: lower case, no comma and question mark, ``'s`` a word, before all else.
        both: the annotators' answers are rewritten too, not just the prediction.
        unanimous_as_is: where all annotators say the same, nothing is rewritten on either side.
    """

    source: str
    contractions: Mapping[str, str]
    lower_first: bool = False
    both: bool = True
    unanimous_as_is: bool = False


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "vqav2": Protocol("GT-Vision-Lab/VQA vqaEval.py", CONTRACTIONS, unanimous_as_is=True),
        "textvqa": Protocol("mmf EvalAIAnswerProcessor", CONTRACTIONS, lower_first=True),
        "vizwiz": Protocol("VizWiz vqaEval.py", CURLY_CONTRACTIONS, both=False),
    }
)


class OneLine(dict[str, str]):
    """Texts to themselves with line ends and tabs as spaces and outer white space off, done on either side in any case."""

    def __missing__(self, text: str) -> str:
        if not isinstance(text, str):
            raise TypeError(text)
        self[text] = found = text.replace("\n", " ").replace("\t", " ").strip()
        return found


class Rewritten(dict[str, str]):
    """Texts to what a protocol makes of them; each is rewritten when it is first asked for."""

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self._lower_first = protocol.lower_first
        articles = dict.fromkeys(ARTICLES, "")
        self._words = {**protocol.contractions, **NUMBERS, **articles}
        self._special = frozenset(self._words)

    def __missing__(self, text: str) -> str:
        found = text
        if self._lower_first:
            found = found.lower().replace(",", "").replace("?", "").replace("'s", " 's")
        found = found.replace("\n", " ").replace("\t", " ").strip()
        if not found.replace(" ", "").isalnum():
            found = _without_signs(found)
        words = found.lower().split()  # numbers to ten become digits, articles go, apostrophes come back
        if not self._special.isdisjoint(words):
            words = [word for word in [self._words.get(word, word) for word in words] if word]
        self[text] = found = " ".join(words)
        return found


def _without_signs(text: str) -> str:
    """A sign beside a space goes, another becomes a space; a comma between digits anywhere makes every sign go.

    Of the full stops that no digit follows the first 32 go.
    """
    found = text
    if _ANY_SIGN.search(text):
        all_go = "," in text and _COMMA_IN_NUMBER.search(text) is not None
        for sign in _SIGNS:
            if sign in text:
                goes = all_go or f"{sign} " in text or f" {sign}" in text
                found = found.replace(sign, "" if goes else " ")
    return _PERIOD.sub("", found, count=_PERIODS) if "." in found else found
