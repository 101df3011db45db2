"""Worse texts: typing errors, by severity."""

from dataclasses import replace

import numpy as np

from mmbench.loaders.dataset import Change
from mmbench.samples import Modality, Part, TextPart
from mmbench.tasks.alterations import Modifier, each_part


def misspelt(text: str, share: float, draw: np.random.Generator) -> str:
    """``round(share * letters)`` typing errors, at least one: a letter swapped with the next, left out, doubled, or another of the text's.

    Letters are those of any script; other characters stay. The places at one severity are among those at a higher one.
    """
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    if not places:
        return text
    order, kinds, others = (
        draw.permutation(len(places)),
        draw.integers(0, 4, len(places)),
        draw.permutation(len(places)),
    )
    letters = list(text)
    for number in order[: max(1, round(share * len(places)))].tolist():
        place = places[number]
        kind = int(kinds[number])
        if kind == 0 and number + 1 < len(places) and places[number + 1] == place + 1:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        elif kind == 1:
            letters[place] = ""
        elif kind == 2:
            letters[place] *= 2
        else:
            letters[place] = text[places[others[number]]]
    return "".join(letters)


def _typos(value: float | None) -> Change:
    def of(part: Part, draw: np.random.Generator) -> Part:
        if not isinstance(part, TextPart) or value is None:
            return part
        return replace(part, text=misspelt(part.text, value, draw))

    return each_part("typos", Modality.TEXT, of)


TYPOS = Modifier(
    key="typos",
    title="typing errors",
    about="Letters swapped with the next, left out, doubled or replaced. Of a question, its text: neither the prompt nor the options.",
    source="character perturbations after Qiu et al. 2022 (arXiv 2212.08044); these shares are mmbench's own",
    modality=Modality.TEXT,
    make=_typos,
    strengths=(0.02, 0.05, 0.1, 0.15, 0.2),
    unit="share of the letters",
)
