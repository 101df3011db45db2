"""Tux Paint stamps: pictures, descriptions in many languages, and descriptions spoken by people."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.generate.emoji import unite
from mmbench.loaders.sources import Roots, SystemSource, file_part
from mmbench.loaders.splits import split_of
from mmbench.samples import Modality, Part, Sample, TextPart

SHARES = (("train", 0.65), ("validation", 0.1), ("test", 0.25))
FACTS = {
    "train": (525, "1a21c55e7981901c5654c5655af50b9191769aee7185ef89061473d151659735"),
    "validation": (73, "f2c6407671c33b49e4f1e5075547f6201b0bbe7eb90cd019c313ac6df9aa8775"),
    "test": (187, "c58f46ee18b965f0e002a166fbf9d5b4eb54cc078547af82125f317132c2fe96"),
}
SPOKEN = ("be", "bg", "ca", "el", "es", "fr", "ro", "ru")
TRANSLATION = re.compile(r"^([A-Za-z_@]+)\.utf8=(.+)$")


def _build(roots: Roots) -> Iterator[tuple[str, Sample]]:
    folder = roots["tuxstamps"]
    stamps = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.png"))}
    texts = {key: _texts(path.with_suffix(".txt")) for key, path in stamps.items() if path.with_suffix(".txt").exists()}
    pictures = {
        key: file_part(roots, "tuxstamps", f"{key}.png", Modality.IMAGE, "image/png") for key in texts if texts[key]
    }
    relations: defaultdict[str, list[str]] = defaultdict(list)
    for key, picture in pictures.items():
        relations[f"picture {picture.fingerprint}"].append(key)
        relations[f"text {texts[key]['en']}"].append(key)
    groups = unite(list(pictures), relations.values())
    for key, picture in pictures.items():
        words = tuple(TextPart(text, language) for language, text in sorted(texts[key].items()))
        sample = Sample(
            key, (picture, *words, *_speech(roots, key)), group=groups[key], meta={"topic": key.split("/")[0]}
        )
        yield split_of(groups[key], SHARES, "tuxstamps"), sample


def _texts(path: Path) -> dict[str, str]:
    """English from the first line, then ``xx.utf8=`` lines; tags in BCP 47 (``pt_BR`` to ``pt-BR``)."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    if not lines or not lines[0]:
        return {}
    found = {"en": lines[0]}
    for line in lines[1:]:
        match = TRANSLATION.match(line)
        if match and match[2].strip():
            found[match[1].replace("_", "-").replace("@latin", "-Latn").replace("@", "-")] = match[2].strip()
    return found


def _speech(roots: Roots, key: str) -> Iterator[Part]:
    for language in SPOKEN:
        relative = f"{key}_desc_{language}.ogg"
        if (roots["tuxstamps"] / relative).exists():
            yield file_part(roots, "tuxstamps", relative, Modality.AUDIO, "audio/ogg", language=language)


CARD = DatasetCard(
    key="tuxstamps",
    title="Tux Paint stamps",
    summary="Pictures and drawings for children with a sentence about each, translated into many languages, and spoken by people in eight.",
    task_kinds=("retrieval", "classification"),
    modalities=(Modality.IMAGE, Modality.TEXT, Modality.AUDIO),
    languages=("en", *SPOKEN),
    splits={
        name: SplitFacts(
            count=FACTS[name][0],
            fingerprint=FACTS[name][1],
            protocol=f"{share:.0%} of the groups, by a stable hash of the group (equal pictures or equal English text)",
        )
        for name, share in SHARES
    },
    columns={"*.png": "image", "*.txt": "text, one per language", "*_desc_xx.ogg": "audio, one per language"},
    source=SystemSource(
        root="tuxstamps",
        folder=Path("/usr/share/tuxpaint/stamps"),
        package="tuxpaint-stamps-default",
        files=("**/*.txt",),
        build=_build,
    ),
    licence="GPL-2.0-only",
    access="open",
    labels_public=True,
    redistributable=True,
    download_bytes=0,
    citation="Tux Paint stamps 2022.06.04, Bill Kendrick and contributors. https://tuxpaint.org",
    homepage="https://tuxpaint.org/stamps/",
    attribution="Tux Paint stamps by Bill Kendrick and contributors (GPL 2).",
    known_issues=(
        Issue(summary="stamps drawn as SVG only", count=165, handling="left out: no SVG renderer is needed then"),
        Issue(
            summary="stamps whose text has damaged characters in some language (of 785)",
            count=49,
            handling="kept as published; `mmbench check tuxstamps` names them",
            check="text-encoding",
        ),
        Issue(
            summary="spoken descriptions that are clipped (747 recordings)",
            count=741,
            handling="kept as published",
            check="audio-signal",
        ),
        Issue(
            summary="stamps with a recording that is not 44.1 kHz stereo, as 4,334 are: 1,387 are mono, 5 are at 8 kHz",
            count=757,
            handling="every reader resamples and keeps the channels",
            check="audio-format",
        ),
        Issue(
            summary="stamps without any spoken description (18), and one whose picture is of one colour",
            count=19,
            handling="without speech they take no part in tasks with speech",
            check="modality-drop-out",
        ),
        Issue(
            summary="stamps of validation and test with a near copy in train: dreidels, l and I (3 pictures), and letters of which the "
            "same recording stands beside several stamps (12 sounds)",
            count=15,
            handling="kept as published",
            check="near-copies-across-splits",
        ),
        Issue(
            summary="the like within one split (2 pictures, 10 sounds)",
            count=11,
            handling="kept as published",
            check="near-copies",
        ),
        Issue(
            summary="stamps with a text that was left in English or in another script than its language's",
            count=71,
            handling="kept as published",
            check="text-script",
        ),
        Issue(
            summary="stamps whose recording names the thing while the text explains it at length (chess men, planets)",
            count=144,
            handling="kept as published: a low ceiling for tasks between speech and text in these languages",
            check="speech-rate",
        ),
        Issue(
            summary="stamps that share a text with another one, in some language",
            count=423,
            handling="galleries hold each text once, with every picture that belongs to it as a positive",
            check="repeated-text",
        ),
    ),
    evidence={
        "splits": "counted by this file on Debian's tuxpaint-stamps-default 2022.06.04-1",
        "licence": "the package's copyright file",
        "known_issues": "mmbench check tuxstamps, on the same package",
    },
    toy=True,
)
