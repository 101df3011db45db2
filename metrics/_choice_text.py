"""Answers in prose to the option, or to the values, that they name: MMMU's rules without its random guess."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

Options = Mapping[str, str]
_EDGES = ",.!?;:'"
_LETTER = re.compile(r"^\W*([A-Za-z])\W*(?:\n|$)|^[^\w(]*([A-Z])[).:](?:\s|$)")
_BEFORE_ANSWER = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_COMMA_NUMBER = re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b")
_SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+")
_PLAIN_NUMBER = re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])")
_WORDS = 5  # the text of an option counts only in answers of more words


def mmmu_choice(text: str, options: Options) -> str | None:
    """The last option named as "(A)", else as "A ", else as "A."; else, in a longer answer, the one whose text is there."""
    for edge in _EDGES:
        text = text.strip(edge)
    text = f" {text} "
    for form, place in (("({})", "({})"), ("{} ", " {} "), ("{}.", " {} ")):
        named = [letter for letter in options if form.format(letter) in text]
        if named:  # MMMU looks for the last "A." as " A ", which is nowhere, so that the first option wins
            return max(named, key=lambda letter: (text.rfind(place.format(letter)), -ord(letter[0])))
    if len(text.split()) <= _WORDS:
        return None
    lower = text.lower()
    named = [letter for letter, option in options.items() if option and option.lower() in lower]
    return max(named, key=lambda letter: (lower.rfind(options[letter].lower()), -ord(letter[0])), default=None)


def lenient_choice(text: str, options: Options) -> str | None:
    """A letter alone on the first line ("b", "**B**"), or first with a bracket or colon ("D) x"); else as ``mmmu``."""
    found = _LETTER.match(text)
    letter = (found.group(1) or found.group(2)).upper() if found else None
    return letter if letter in options else mmmu_choice(text, options)


CHOICE_PARSERS: MappingProxyType[str, Callable[[str, Options], str | None]] = MappingProxyType(
    {"lenient": lenient_choice, "mmmu": mmmu_choice}
)
"""The named ways to find the chosen option.

- ``mmmu``: MMMU's ``parse_multi_choice_response``, but where that guesses at random the answer is unparsed.
- ``lenient``: also a letter alone, in any case or markup, or followed by a bracket; then as ``mmmu``.
"""


def open_values(text: str) -> set[str | float]:
    """What an open answer may be saying: what follows "is", "so", "answer"..., and the numbers in it (MMMU)."""
    found = _tails(text.strip().strip(".").lower())
    numbers = [x for tail in found for form in (_COMMA_NUMBER, _SCIENTIFIC, _PLAIN_NUMBER) for x in form.findall(tail)]
    return {value for said in (*found, *numbers) for value in comparable(said)}


def comparable(text: str) -> Sequence[str | float]:
    """A number rounded to two digits, or the text in lower case; a single letter only beside a space."""
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        text = text.lower()
        return [f" {text}", f"{text} "] if len(text) == 1 else [text]


def _tails(text: str) -> list[str]:
    """Per line what follows the last of the words that announce an answer, the shortest of them; else the whole."""
    lines, tails = text.split("\n"), []
    for i, line in enumerate(lines):
        shortest = ""
        for word in (*_BEFORE_ANSWER, "=") if i == len(lines) - 1 else _BEFORE_ANSWER:
            if word in line:
                tail = line.rsplit(word, maxsplit=1)[-1].strip()
                shortest = tail if not shortest or len(tail) < len(shortest) else shortest
        if shortest and shortest not in _EDGES:
            tails.append(shortest)
    return tails or [text]
