"""Made-up sets for fusion methods, each with one known interplay of two or three modalities: which methods can learn it is known too."""

from functools import partial

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.generate import fusion
from mmbench.loaders.sources import GeneratedSource
from mmbench.samples import Modality

PRINTS = {
    "fusion-redundant": (
        "c08afb7c7e0e5a053616abc695566b1583aaa4cf6a3cd173cda659301e06a09a",
        "14ff0dbd61ca76d86572be77ad6f420781566c87af2d5ccabd8717225cfe12fa",
        "734a560527a8dda18684ae4ae32f8f63d30d7cbc07161e877c551919982416e6",
    ),
    "fusion-unique": (
        "4c292bf0d8bccb7d972255a37776b2a2c6f6ba3c8660ddf46bb050ef1732c2ae",
        "a9e6abc0809ce7b61343cad3dfa959081adabd7f52636862f6beb036ea426b1e",
        "f50d1d4f691dea4576aebc3870ac47d81b64d7f62a1dbafab7b6598aef14e83b",
    ),
    "fusion-xor": (
        "5a125ae5412c99da01281e7a97a368939a5a42352e1deb38098f91bb6f231eed",
        "540057d5a0a610753e0fb8c794695491bff11e810ff12864e2ebf1dd095e49f0",
        "73a32ea3905f88d50c17b6f83c31aa1d9e4a13fd210034478d9bdd90e1285931",
    ),
    "fusion-bilinear": (
        "e0d9936c446e00bd7819b710a7f944f4307a86742894f9d65321498b33f18dcf",
        "61141b1e710afb175dd4dbad3971c13accc59b231d2f7f65d413c6e20a3e374b",
        "38c4423c0d6c1e7df49434f62d254154b3c5f6ff3421fdb30e8e2e7afccd4500",
    ),
    "fusion-gated": (
        "3a04323f63bb3311f83cdd0e80b42e07812c638fd5c008bab18abf0a37e085e0",
        "9a2fdbbb3f619880de9657d1e0cde17f16e0817f54eb273e29fd3f9464a99936",
        "82a34de229c8345a7d87b30bdacd92d320ded54184fd8965c8afbe3b5d5484b9",
    ),
    "fusion-lagged": (
        "ee44700180c8194cac91615dd9fb219090cbc31eb17bd1f1c44251fd1c0a7235",
        "3ea184dfbc5952a3b55b8283763992804f227522229653af5f8babb31edfd390",
        "f9f7532af356de26060463be899caaa542e9be1262ff69061efa7439a410ecc4",
    ),
}
VECTOR = "features '{}', one step of 16: patterns of 1 and -1 under normal noise"


def _card(
    key: str, seed: int, recipe: fusion.Recipe, title: str, summary: str, columns: dict[str, str] | None = None
) -> DatasetCard:
    return DatasetCard(
        key=key,
        title=f"Fusion: {title} (made up)",
        summary=summary,
        task_kinds=("classification",),
        modalities=(Modality.FEATURES,),
        languages=(),
        splits={
            split: SplitFacts(
                count=n, fingerprint=fingerprint, protocol="samples are independent; classes are balanced"
            )
            for (split, n), fingerprint in zip(fusion.SIZES.items(), PRINTS[key], strict=True)
        },
        columns={**(columns or {name: VECTOR.format(name) for name in "ab"}), "class": "target"},
        source=GeneratedSource(
            f"{key} seed {seed}", fusion.VERSION, partial(fusion.samples, recipe, seed), fusion.SIZES
        ),
        licence="Apache-2.0",
        access="open",
        labels_public=True,
        redistributable=True,
        download_bytes=0,
        citation="mmbench, loaders/generate/fusion.py; redundant, unique and synergistic information: Williams and Beer, arXiv:1004.2515",
        homepage="https://arxiv.org/abs/1004.2515",
        attribution="Made by mmbench (Apache 2.0).",
        evidence={
            "splits": "made and counted by this file; of integers alone, so that the content is the same on every machine",
            "licence": "the licence of mmbench",
        },
        toy=True,
    )


CARDS = (
    _card(
        "fusion-redundant",
        1,
        fusion.redundant,
        "redundant",
        "Either of two modalities tells the class, one of four: every method passes, and so does each modality alone.",
    ),
    _card(
        "fusion-unique",
        2,
        fusion.unique,
        "unique",
        "Each of two modalities tells a part of the class that the other lacks: a sum of what each says is enough; each alone gets half.",
    ),
    _card(
        "fusion-xor",
        3,
        fusion.xor,
        "exclusive or",
        "The class is the exclusive or of two bits in each of two modalities: each alone tells nothing, nor does a sum of what each says.",
    ),
    _card(
        "fusion-bilinear",
        4,
        fusion.bilinear,
        "bilinear",
        "The class is the sign of a bilinear form of rank 3 in two random vectors, never close to zero: each alone tells nothing, nor does "
        "any sum of what each says.",
        {name: f"features '{name}', one step of 16: normal numbers" for name in "ab"},
    ),
    _card(
        "fusion-gated",
        5,
        fusion.gated,
        "gated",
        "Two modalities each name one of four classes, never the same; a third one tells which of them is right. To believe one of them "
        "always gives half.",
        {name: VECTOR.format(name) for name in "abc"},
    ),
    _card(
        "fusion-lagged",
        6,
        fusion.lagged,
        "lagged",
        "Two sequences of their own lengths (8 to 12 steps, 16 to 24). One step of each is marked, in the second one some steps later, and "
        "what the two hold is the class; all steps together hold as much of everything, so that their mean tells nothing.",
        {
            "a": "features 'a', 8, 10 or 12 steps of 8: a pattern for the mark, one for the content, normal noise",
            "b": "features 'b', likewise, twice as many steps",
        },
    ),
)
