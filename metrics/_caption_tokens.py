"""Captions to tokens: like the Penn Treebank tokenizer of the COCO scorers but without Java, or cut at white space."""

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType

References = Sequence[str | Sequence[str]]
_SPELLINGS = (
    ("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
    ("\N{LEFT SINGLE QUOTATION MARK}", "'"),
    ("\N{LEFT DOUBLE QUOTATION MARK}", '"'),
    ("\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
    ("\N{EN DASH}", "--"),
    ("\N{EM DASH}", "--"),
    ("\N{HORIZONTAL ELLIPSIS}", "..."),
    ("\N{SOFT HYPHEN}", ""),
    ("\N{VULGAR FRACTION ONE HALF}", "1/2"),
    ("\N{VULGAR FRACTION ONE QUARTER}", "1/4"),
    ("\N{VULGAR FRACTION THREE QUARTERS}", "3/4"),
    ("\N{POUND SIGN}", "#"),
    ("\N{EURO SIGN}", "$"),
    ("&amp;", "&"),
)
# What keeps its full stop, also at the end of a sentence.
_SHORT = (
    r"mr|mrs|ms|dr|st|ave|blvd|rd|ct|jr|sr|co|inc|corp|ltd|vs|etc|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|"
    r"nov|dec|mon|tue|wed|thu|fri|prof|rev|gen|col|lt|sgt|capt|maj|gov|sen|rep|pres|hon|mt|ft|al|cf|dept|est|"
    r"bldg|bros|univ|assn|messrs|mme|mlle|ph\.d|sq|tel|ext|calif|fla|va|mich|minn|ind|wis|colo|conn|ariz|ala|"
    r"ga|kan|ky|md|mo|mont|neb|nev|okla|tenn|vt"
)
_ENDING = r"'(?:s|re|ve|ll|d|m)\b"
_TOKEN = re.compile(
    rf"""
      https?://\S+ | www\.\S+
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                             # mail
    | <[a-z/][^<>\s]*>                                         # a tag
    | (?<!\w)(?:[@\#][a-z]\w*)
    | (?<![\w'])(?:{_SHORT})\.(?!\w)
    | (?<!\w)no\.(?=\s*\d)
    | (?<!\w)[a-z](?:\.[a-z])+\.?(?!\w)                        # p.m.
    | (?<![\w'])[a-z]\.(?![a-z.])                              # an initial
    | [^\W\d_]+(?:\.[^\W\d_]+)+                                # words without a space after the full stop
    | (?<!\w)[-+]?\d+(?:[.,:]\d+)+ | (?<!\w)[-+]\d+ | (?:(?<!\w)-)?\.\d+
    | (?-i:[A-Z]+&[A-Z]+)
    | [^\W_]+?(?=n't\b) | n't\b | {_ENDING}                    # is n't, he 's
    | (?:[cdjlmos]|ma|n?e)'(?!(?:s|re|ve|ll|d|m)\b)[^\W\d_]{{2,}} | y'(?=all\b)
    | '\d0s\b | '(?:em|til|cause|n'?)(?!\w) | '(?=tis\b|twas\b)t
    | c\+\+
    | [^\W_](?:[^\W_]|[-/_](?=[^\W_])(?!\w+n't\b))*            # a word, also with inner hyphens and slashes
    | [:;]-?[()] | \*+ | _+ | [!?]+ | \.+ | -+
    | [^\w\s\u200b-\u200f\ufeff]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETS = MappingProxyType({"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"})
_IN_TWO = MappingProxyType(
    {
        "cannot": ("can", "not"),
        "gonna": ("gon", "na"),
        "wanna": ("wan", "na"),
        "gotta": ("got", "ta"),
        "gimme": ("gim", "me"),
        "lemme": ("lem", "me"),
    }
)
_DROPPED = frozenset("'`\".?!,:;-")  # of a run of ! and ? a single one only


def ptb(text: str) -> list[str]:
    """The tokens that scores are computed on: lower case, without 17 punctuation tokens, as COCO's scorers have them."""
    for old, new in _SPELLINGS:
        if old in text:
            text = text.replace(old, new)
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        found = token.lower()
        if found in _DROPPED or not found.strip(".") or not found.strip("-") or found > "\uffff":
            continue
        if found[-1] in _BRACKETS:  # "(", and the mouths of smileys
            found = found[:-1] + _BRACKETS[found[-1]]
        tokens.extend(_IN_TWO.get(found, (found,)))
    return tokens


CAPTION_TOKENIZERS: MappingProxyType[str, Callable[[str], list[str]]] = MappingProxyType(
    {"ptb": ptb, "split": str.split}
)
"""The named ways to cut a caption into tokens.

- ``ptb``: Python, after what ``PTBTokenizer`` of pycocoevalcap does through Java (CoreNLP 3.4.1, lower case, 17
  punctuation tokens dropped). As there, brackets stay as ``-lrb-`` and ``-rrb-``, and runs such as ``!!`` stay.
- ``split``: at white space and nothing else, for captions that a tokenizer has been at already.
"""


def checked(preds: Sequence[str | None], target: References) -> tuple[list[str | None], list[list[str]]]:
    """Captions and the list of references of each.

    Raises:
        ValueError: lists of different length, an item without references, or something that is not text.
    """
    if isinstance(preds, str) or isinstance(target, str) or len(preds) != len(target):
        raise ValueError("preds and target must be two lists of the same length.")
    references = []
    for i, (pred, texts) in enumerate(zip(preds, target, strict=True)):
        if not (pred is None or isinstance(pred, str)):
            raise ValueError(f"preds[{i}] must be text, got {pred!r}.")
        found = [texts] if isinstance(texts, str) else list(texts) if isinstance(texts, list | tuple) else []
        if not (found and all(isinstance(text, str) for text in found)):
            raise ValueError(f"target[{i}] must be one or more reference captions, got {texts!r}.")
        references.append(found)
    return list(preds), references
