"""MME: two yes-or-no questions per picture, one to be answered with yes and one with no, in fourteen subtasks."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

COGNITION = frozenset({"commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"})


def _pair(row: Row) -> str:
    """What the two questions on one picture share: acc+ counts a pair whose answers are both right."""
    return f"{row['category']}/{row['question_id']}"


def _ability(row: Row) -> str:
    return "cognition" if row["category"] in COGNITION else "perception"


CARD = DatasetCard(
    key="mme",
    title="MME",
    summary="Fourteen subtasks of perception and cognition. Every picture has two questions; acc counts questions, acc+ whole pairs.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=2374,
            protocol="the published test split: 1,187 pairs; per subtask acc + acc+ in per cent, summed over 10 + 4 subtasks",
        )
    },
    columns={
        "image": "image",
        "question": "text; it ends with the request to answer yes or no",
        "answer": "target: Yes or No",
        "question_id": "group and meta.pair, with the category: the two questions on a picture",
        "category": "meta; meta.ability says whether it is perception or cognition",
    },
    source=HubSource(
        repo="lmms-lab-encoder/MME",
        revision="d6c9023f017b564f7b3ccccf5348166bce8fdbcd",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "question": Column("string"),
                    "answer": Column("string", values=("Yes", "No")),
                    "question_id": Column("string", values=tuple(f"{number // 2:04d}.png" for number in range(8))),
                    "category": Column("string", values=("code_reasoning", "code_reasoning", "OCR", "OCR")),
                }
            )
        },
        samples=records(
            "image",
            "question",
            target="answer",
            group=_pair,
            meta={"pair": _pair, "category": "category", "ability": _ability},
        ),
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    download_bytes=864018279,
    citation="Fu et al.: MME: A Comprehensive Evaluation Benchmark for Multimodal Large Language Models, arXiv:2306.13394",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/MME",
    known_issues=(
        Issue(
            summary="question_id is no id: the two questions on a picture share it",
            count=1187,
            handling="the id is the split's name and the row's number; the pair is the group and meta.pair",
        ),
        Issue(
            summary="lmms-eval reads an answer by its first four characters, and anything else as neither yes nor no",
            count=Unknown(reason="depends on the predictions"),
            handling="answers stay words; a score must say how it reads them and how many it could not read",
        ),
    ),
    evidence={
        "splits": "README of lmms-lab/MME (2,374 rows); lmms-eval, tasks/mme/utils.py (two questions per id, two groups)",
        "columns": "the same README (dataset_info); lmms-eval, tasks/mme/utils.py; HELM, mme_scenario.py",
        "source": "the commit was seen on the page of lmms-lab/MME; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "download_bytes": "the same README",
        "known_issues": "lmms-eval, tasks/mme/utils.py",
    },
)
