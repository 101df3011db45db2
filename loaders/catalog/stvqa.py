"""ST-VQA: questions on photographs whose answer is text in the scene; the test split, whose answers are withheld."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="stvqa",
    title="ST-VQA (test)",
    summary="Questions on photographs that are answered by reading scene text. Only the test split is in the repository, without answers.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=Unknown(reason="the hub's viewer rounds it to 4.07k rows"),
            protocol="the published test split; predictions are scored by the challenge's server",
        )
    },
    columns={"question_id": "id", "image": "image", "question": "text"},
    source=HubSource(
        repo="lmms-lab-encoder/ST-VQA",
        revision="2e57a065723389f30ecfe0878a8ad7b4791399ae",
        tables={
            "rows": Table(
                {
                    "question_id": Column("label", values=tuple(range(8))),  # a number or a text: no source says which
                    "image": Column("image"),
                    "question": Column("string"),
                }
            )
        },
        samples=records("image", "question", id="question_id", group="image"),
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Biten et al.: Scene Text Visual Question Answering, ICCV 2019",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/ST-VQA",
    known_issues=(
        Issue(
            summary="the repository has no answers; sources disagree whether it has a column for them",
            count=Unknown(reason="the number of rows is not established"),
            handling="the column is not read and every target is empty: use the set to write a submission, not to score",
        ),
    ),
    evidence={
        "columns": "lmms-eval, tasks/stvqa/utils.py (question, question_id, image; nothing else is read)",
        "source": "the commit was seen on the page of lmms-lab/ST-VQA; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "labels_public": "lmms-eval writes a submission for this split and scores nothing",
    },
)
