"""SEED-Bench: multiple-choice questions on pictures and on frames of videos, in twelve dimensions."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import by_letter, lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import MediaPart, Modality

DIMENSIONS = (
    "scene-understanding", "instance-identity", "instance-attributes", "instance-location", "instances-counting", "spatial-relation",
    "instance-interaction", "visual-reasoning", "text-understanding",
)  # fmt: skip
CHOICES = lettered("choice_a", "choice_b", "choice_c", "choice_d")


def _first(row: Row) -> MediaPart | None:
    """The first picture stands for all: a video's frames belong together."""
    pictures: list[MediaPart] = row["image"]
    return pictures[0] if pictures else None


def _dimension(row: Row) -> str:
    """The name of a dimension of pictures; those of videos keep their number, which no source that was read names."""
    number: int = row["question_type_id"]
    return DIMENSIONS[number - 1] if 1 <= number <= len(DIMENSIONS) else f"video-{number}"


CARD = DatasetCard(
    key="seedbench",
    title="SEED-Bench",
    summary="Generated and human-filtered multiple-choice questions: nine dimensions on pictures, three on frames of videos.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=Unknown(reason="the hub's viewer rounds it to 18k rows"),
            protocol="the published test split; meta.data_type tells pictures from videos, whose scores are reported apart",
        )
    },
    columns={
        "image": "images: one, or the frames of a video in order",
        "question": "text",
        "choice_a … choice_d": "options",
        "answer": "target: the choice with this letter, as text",
        "data_type": "meta: image or video",
        "question_type_id": "meta, and meta.dimension",
        "question_id": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/SEED-Bench",
        revision=Unknown(reason="the hub's page was seen with only the short id 74c4ea0"),
        tables={
            "rows": Table(
                {
                    "image": Column("images"),
                    "question": Column("string"),
                    **{f"choice_{letter}": Column("string") for letter in "abcd"},
                    "answer": Column("string", values=("A", "C", "D", "B")),
                    "data_type": Column("string", values=("image", "image", "video")),
                    "question_type_id": Column("integer", values=(5, 9, 10)),
                    "question_id": Column("string", values=("101669", "101670", "v0")),
                }
            )
        },
        samples=records(
            "image",
            "question",
            target=by_letter(CHOICES, "answer"),
            options=CHOICES,
            group=_first,
            meta={
                "data_type": "data_type",
                "dimension": _dimension,
                "question_type_id": "question_type_id",
                "question_id": "question_id",
            },
        ),
    ),
    licence="CC-BY-NC-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Li et al.: SEED-Bench: Benchmarking Multimodal LLMs with Generative Comprehension, CVPR 2024",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/SEED-Bench",
    known_issues=(
        Issue(
            summary="the benchmark has 19,242 questions, this copy about 18,000: questions on videos are missing",
            count=Unknown(reason="the hub's viewer rounds the number of rows"),
            handling="the rows that are there are used; scores on all questions are not comparable with the paper's",
        ),
        Issue(
            summary="HELM shows the first picture only and leaves questions on videos out; lmms-eval shows all and averages over both",
            count=Unknown(reason="nobody counted the questions on videos in this copy"),
            handling="all frames are in the sample, in order; meta.data_type keeps the two apart",
        ),
    ),
    evidence={
        "columns": "HELM, seed_bench_scenario.py; lmms-eval, tasks/seedbench (a list of images); README of lmms-lab/SEED-Bench-2, the "
        "same schema (types)",
        "source": "lmms-eval reads the renamed repository (its commit 4be7ee0e); equality across the move from lmms-lab/* was proven "
        "for ChartQA only",
        "licence": "AILab-CVC/SEED-Bench, README on the hub; it is the licence of the questions",
        "known_issues": "SEED-Bench paper (19,242 questions); the hub's viewer (18k rows); HELM and lmms-eval as above",
    },
)
