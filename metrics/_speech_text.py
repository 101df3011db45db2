"""Transcripts before they are compared: named normalisations, and the cut into words or characters."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from types import MappingProxyType

_SPACES = re.compile(r"\s\s+")
_BLOCK = 64  # transcripts that are looked through together
_ASCII_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f"
_TAGS = re.compile(r"[<\[][^>\]]*[>\]]")
_ASIDES = re.compile(r"\([^)]+\)")
# Letters that are no base letter with a mark, as Whisper spells them.
_SPELT_OUT = MappingProxyType(
    {"œ": "oe", "ø": "o", "æ": "ae", "ß": "ss", "ẞ": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l"}
)


def _none(text: str) -> str:
    return text


def _whitespace(text: str) -> str:
    return " ".join(text.split())


def _lower(text: str) -> str:
    return " ".join(text.lower().split())


def _basic(text: str) -> str:
    return _words_only(unicodedata.normalize("NFKC", _without_asides(text)), _sign_to_space)


def _basic_with_marks(text: str) -> str:
    return _words_only(unicodedata.normalize("NFKC", _without_asides(text)), _sign_without_mark_to_space)


def _basic_no_diacritics(text: str) -> str:
    return _words_only(unicodedata.normalize("NFKD", _without_asides(text)), _plain_letter)


SPEECH_NORMALIZERS: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "none": _none,
        "whitespace": _whitespace,
        "lower": _lower,
        "basic": _basic,
        "basic_with_marks": _basic_with_marks,
        "basic_no_diacritics": _basic_no_diacritics,
    }
)
"""The named normalisations, applied to both sides.

- ``none``: what jiwer does by default. Outer white space is off; runs of white space are one space; only a space
  separates words, so ``"a\\tb"`` is one word.
- ``whitespace``: any white space separates words (``str.split``, as in torchmetrics).
- ``lower``: that, in lower case.
- ``basic``: Whisper's ``BasicTextNormalizer``: lower case; without ``[...]``, ``<...>`` and ``(...)``; marks, symbols
  and punctuation are spaces; NFKC. For languages that write vowels as marks it cuts words apart.
- ``basic_with_marks``: the same, but marks stay: for those languages. Not Whisper's.
- ``basic_no_diacritics``: ``basic`` with ``remove_diacritics=True``: NFKD, accents dropped, œ ø æ ß đ ð þ ł spelt out.

Whisper's ``EnglishTextNormalizer`` (numbers, contractions, a table of 1700 spellings) is not here: its table isn't part
of any package that mmbench needs. Texts that it made can be compared with ``none``.
"""


def words(texts: Sequence[str]) -> Iterator[list[str]]:
    """The words of each normalised transcript, cut as jiwer 4 does: only a space separates."""
    return chain.from_iterable(_cut(texts[start : start + _BLOCK]) for start in range(0, len(texts), _BLOCK))


def normalized(texts: Sequence[str], normalizer: str) -> Sequence[str]:
    """Every text after the named normalisation; the very list where there is nothing to do."""
    return texts if normalizer == "none" else list(map(SPEECH_NORMALIZERS[normalizer], texts))


def _cut(texts: Sequence[str]) -> Iterable[list[str]]:
    if _only_spaces("".join(texts)):  # then any white space is a space, and the fast cut is the same
        return map(str.split, texts)
    return [[word for word in _SPACES.sub(" ", text).strip().split(" ") if word] for text in texts]


def _only_spaces(text: str) -> bool:
    """Whether there is no white space but the space; what is printable holds no other, too."""
    return not any(c in text for c in _ASCII_SPACES) if text.isascii() else text.isprintable()


def _without_asides(text: str) -> str:
    return _ASIDES.sub("", _TAGS.sub("", text.lower()))


def _words_only(text: str, replace: Callable[[str], str]) -> str:
    return " ".join("".join(map(replace, text)).lower().split())


def _sign_to_space(character: str) -> str:
    return " " if unicodedata.category(character)[0] in "MSP" else character


def _sign_without_mark_to_space(character: str) -> str:
    return " " if unicodedata.category(character)[0] in "SP" else character


def _plain_letter(character: str) -> str:
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    return "" if unicodedata.category(character) == "Mn" else _sign_to_space(character)
