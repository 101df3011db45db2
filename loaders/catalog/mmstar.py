"""MMStar: multiple-choice questions that cannot be answered without their picture; the options are part of the question."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="mmstar",
    title="MMStar",
    summary="1,500 questions, selected so that the picture is needed and leakage is small; six abilities with eighteen axes.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(
            count=1500,
            protocol="the published val split; the target is the letter, as the options stand in the question",
        )
    },
    columns={
        "index": "id",
        "image": "image",
        "question": "text; it ends with its options",
        "answer": "target: a letter",
        "category": "meta",
        "l2_category": "meta",
    },
    source=HubSource(
        repo="Lin-Chen/MMStar",
        revision="bc98d668301da7b14f648724866e57302778ab27",
        tables={
            "rows": Table(
                {
                    "index": Column("integer"),
                    "image": Column("image"),
                    "question": Column(
                        "string", values=("What is it?\nOptions: A: a cup, B: a dog, C: a car, D: a hat",)
                    ),
                    "answer": Column("string", values=("A", "D", "B", "C")),
                    "category": Column("string", values=("coarse perception", "math", "science & technology")),
                    "l2_category": Column(
                        "string", values=("image emotion", "geometry", "geography & earth science & agriculture")
                    ),
                },
                files=("mmstar.parquet",),
            )
        },
        samples=records(
            "image", "question", id="index", target="answer", group="image", meta=("category", "l2_category")
        ),
        splits={"validation": "val"},
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Chen et al.: Are We on the Right Way for Evaluating Large Vision-Language Models?, NeurIPS 2024",
    homepage="https://huggingface.co/datasets/Lin-Chen/MMStar",
    known_issues=(
        Issue(
            summary="one model scores 58.3 and 44.7 under different prompts (lmms-eval#901); lmms-eval compares the first character only",
            count=Unknown(reason="depends on the predictions"),
            handling="the question is asked as it was written; a score must name its prompt and how it reads an answer",
        ),
        Issue(
            summary="the options are no column: they stand in the question in running text",
            count=1500,
            handling="the question is left as it is and the sample has no options; the answer is a letter",
        ),
    ),
    evidence={
        "splits": "HELM, mm_star_scenario.py (1,500 samples); the hub's viewer (1.5k rows)",
        "columns": "the repository's README (dataset_info); lmms-eval, tasks/mmstar/utils.py",
        "source": "the hub's page at this commit, which is main; it holds mmstar.parquet and a TSV of the same questions",
        "known_issues": "lmms-eval#901; lmms-eval, tasks/mmstar/utils.py",
    },
)
