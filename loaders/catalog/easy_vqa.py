"""easy-VQA: questions on pictures of one coloured shape, with the published train and test splits."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.sources import PackageSource, Roots, file_part
from mmbench.loaders.splits import split_of
from mmbench.samples import MediaPart, Modality, Sample, TextPart

VALIDATION_SHARE = 0.1


def _build(roots: Roots) -> Iterator[tuple[str, Sample]]:
    for published in ("train", "test"):
        folder = f"data/{published}"
        pictures = cache(lambda number, folder=folder: _picture(roots, f"{folder}/images/{number}.png"))
        for number, (question, answer, image) in enumerate(_questions(roots["easy_vqa"] / folder / "questions.json")):
            group = f"{published}/{image}"
            split = split_of(group, (("validation", VALIDATION_SHARE), ("train", 1 - VALIDATION_SHARE)), "easy-vqa")
            sample = Sample(
                f"{published}-{number}",
                (pictures(image), TextPart(question, "en")),
                target=answer,
                group=group,
                meta={"image": image, "answer_type": "yes/no" if answer in {"yes", "no"} else "other"},
            )
            yield ("test" if published == "test" else split), sample


def _picture(roots: Roots, relative: str) -> MediaPart:
    return file_part(roots, "easy_vqa", relative, Modality.IMAGE, "image/png")


def _questions(path: Path) -> list[tuple[str, str, int]]:
    return [(question, answer, image) for question, answer, image in json.loads(path.read_bytes())]


CARD = DatasetCard(
    key="easy-vqa",
    title="easy-VQA",
    summary="Questions on 64 px pictures of one coloured shape, 13 answers. A diagnostic: a lookup of the question alone answers "
    "two thirds, so a score is never shown without its blind row.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "train": SplitFacts(
            count=34893,
            fingerprint="1e99e8850306b4c701af25a63a649a1c39bce06efeb8b59291afec47f931a4f8",
            protocol="the published train split without the validation pictures",
        ),
        "validation": SplitFacts(
            count=3682,
            fingerprint="f7cd1ee50615bfae06f0a3fa29861891a54b66a023a1e2b3e84d135041b16ad4",
            protocol="10 % of the published train pictures, by a stable hash of the picture",
        ),
        "test": SplitFacts(
            count=9673,
            fingerprint="9d6d728d63b0b549338e990667d4b9cd84a0695b21824c77f39d40f746dd76cd",
            protocol="the published test split",
        ),
    },
    columns={
        "data/*/images/*.png": "image",
        "questions.json [0]": "text",
        "questions.json [1]": "target",
        "questions.json [2]": "group",
    },
    source=PackageSource(
        packages={"easy_vqa": "easy-vqa"},
        files={"easy_vqa": ("data/*/questions.json",)},
        build=_build,
        extra="demo",
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=True,
    download_bytes=0,
    citation="Victor Zhou: easy-VQA, 2019. https://github.com/vzhou842/easy-VQA",
    homepage="https://github.com/vzhou842/easy-VQA",
    attribution="easy-VQA by Victor Zhou (MIT).",
    known_issues=(
        Issue(
            summary="test questions that a lookup of the question alone answers, without the picture (of 9,673)",
            count=6481,
            handling="a blind row and a majority row stand beside every score",
        ),
        Issue(
            summary="pictures of validation and test that are close to one of train: the same shape and colours a few pixels away",
            count=4,
            handling="kept as published",
            check="near-copies-across-splits",
        ),
        Issue(summary="the like within one split", count=8, handling="kept as published", check="near-copies"),
    ),
    evidence={
        "splits": "counted by this file on easy-vqa 1.0; the package's data/README.md says the same",
        "licence": "licence of the package",
    },
    toy=True,
)
