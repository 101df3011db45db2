"""What a score owes to a modality: the question without its picture, with a wrong one, a modality dropped."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from mmbench.loaders.dataset import Change, PairedDataset
from mmbench.samples import Modality, Sample
from mmbench.tasks.alterations import Modifier

QUESTIONS = ("question-answering",)
SEVERAL = (*QUESTIONS, "sentiment-regression", "emotion-classification", "classification", "zero-shot-classification")
SEED = 20260101
MOST = 10_000  # how far a sample's donor is looked for


def _without(modality: Modality) -> Callable[[float | None], Change]:
    def of(sample: Sample, _row: int, _whole: PairedDataset) -> Sample:
        return replace(sample, content=tuple(part for part in sample.content if part.modality is not modality))

    return lambda _value: of


def _of_another(modality: Modality) -> Callable[[float | None], Change]:
    """Each sample gets the parts of the next one, in a fixed random order, that has as many and others; itself where there is none."""

    @lru_cache(maxsize=1)
    def donors(whole: PairedDataset) -> list[int]:
        held: list[list[str]] = [[] for _ in range(len(whole))]
        for row, _, fingerprint in whole.facets(modality):
            held[row].append(fingerprint)
        order = np.random.default_rng(SEED).permutation(len(whole)).tolist()
        found = [-1] * len(whole)
        for place, row in enumerate(order):
            following = (order[(place + step) % len(order)] for step in range(1, min(len(order), MOST)))
            differs = (one for one in following if held[one] != held[row] and len(held[one]) == len(held[row]))
            found[row] = next(differs, -1)
        return found

    def of(sample: Sample, row: int, whole: PairedDataset) -> Sample:
        donor = donors(whole)[row]
        if donor < 0 or not sample.parts(modality):
            return sample
        given = iter(whole[donor].parts(modality))
        return replace(
            sample, content=tuple(next(given) if part.modality is modality else part for part in sample.content)
        )

    return lambda _value: of


MODIFIERS = (
    Modifier(
        key="blind",
        title="without its picture",
        about="The question alone: what a model scores that never looks. A text-only model can be asked.",
        source="the question-only baseline (Goyal et al. 2017, arXiv 1612.00837)",
        modality=Modality.IMAGE,
        make=_without(Modality.IMAGE),
        kinds=QUESTIONS,
        drops=True,
    ),
    Modifier(
        key="shuffled",
        title="with a wrong picture",
        about="The picture of another question, one that differs, by a fixed permutation of the split.",
        source="the perceptual score (Gat et al. 2021, arXiv 2110.14375), permuted once",
        modality=Modality.IMAGE,
        make=_of_another(Modality.IMAGE),
        kinds=SEVERAL,
    ),
    Modifier(
        key="deaf",
        title="without its sound",
        about="The question alone, of sets on sounds.",
        source="as the question-only baseline",
        modality=Modality.AUDIO,
        make=_without(Modality.AUDIO),
        kinds=QUESTIONS,
        drops=True,
    ),
    Modifier(
        key="shuffled-audio",
        title="with a wrong sound",
        about="The sound of another sample, one that differs, by a fixed permutation of the split.",
        source="the perceptual score (Gat et al. 2021, arXiv 2110.14375), permuted once",
        modality=Modality.AUDIO,
        make=_of_another(Modality.AUDIO),
        kinds=SEVERAL,
    ),
    *(
        Modifier(
            key=f"drop-{modality}",
            title=f"without {modality}",
            about=f"All {modality} parts of the scored samples are left out; training samples keep them.",
            source="missing modalities as in MultiBench (Liang et al. 2021, arXiv 2107.07502)",
            modality=modality,
            make=_without(modality),
            kinds=SEVERAL,
            drops=True,
        )
        for modality in Modality
    ),
)
