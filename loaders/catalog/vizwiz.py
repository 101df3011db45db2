"""VizWiz-VQA: questions that blind people asked about their own photographs, ten answers each."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="vizwiz",
    title="VizWiz-VQA",
    summary="Photographs and spoken questions of blind people, the questions transcribed; ten answers per question, many unanswerable.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=4319, protocol="the published val split: the one that is reported"),
        "test": SplitFacts(count=8000, protocol="the published test split; its answers are withheld"),
    },
    columns={
        "question_id": "id",
        "image": "image",
        "question": "text",
        "answers": "target: the answers of the annotators",
        "category": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/VizWiz-VQA",
        revision="d428a2dae984f79cf1b9d99467dfa883e0c30686",
        tables={
            "rows": Table(
                {
                    "question_id": Column("string"),
                    "image": Column("image"),
                    "question": Column("string"),
                    "answers": Column(
                        "strings", values=(["unanswerable"] * 10, ["basil"] * 6 + ["basil leaves"] * 4), optional=True
                    ),
                    "category": Column("string", values=("unanswerable", "other", "yes/no", "number"), optional=True),
                }
            )
        },
        samples=records(
            "image",
            "question",
            id="question_id",
            target=lambda row: row["answers"] or None,
            group="image",
            meta=("category",),
        ),
        splits={"validation": "val"},
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=False,
    redistributable=False,
    download_bytes=6050372614,
    citation="Gurari et al.: VizWiz Grand Challenge: Answering Visual Questions from Blind People, CVPR 2018",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/VizWiz-VQA",
    known_issues=(
        Issue(
            summary="the retrieval form of the set (mteb, VizWizIT2TRetrieval: 4,319 queries, 2,091 answers) repeats questions that "
            "have a single judgement each",
            count=Unknown(reason="the source names the defect without a number"),
            handling="this card is the question-answering form: every question keeps its id, its picture and all its answers",
        ),
        Issue(
            summary="the official script normalises the prediction only, lmms-eval both sides: 55.94 against 73.23 on equal answers",
            count=Unknown(reason="depends on the predictions"),
            handling="all answers stand in the target as they were written; a score must name its protocol",
        ),
        Issue(
            summary="lmms-eval lower-cases the question but for its first letter before it asks",
            count=Unknown(reason="nobody counted the questions that change"),
            handling="the question is asked as it was written",
        ),
    ),
    evidence={
        "source": "a page of the former name lmms-lab/VizWiz-VQA shows this commit, and the short form d428a2d heads the renamed "
        "repository; equality across the move was proven for ChartQA only",
        "splits": "README of lmms-lab/VizWiz-VQA (4,319 and 8,000 rows); mteb, VizWizIT2TRetrieval (4,319 queries)",
        "columns": "README of lmms-lab/VizWiz-VQA (dataset_info); lmms-eval, tasks/vizwiz_vqa/utils.py",
        "download_bytes": "README of lmms-lab/VizWiz-VQA",
        "known_issues": "mteb, descriptive statistics; lmms-eval, tasks/vizwiz_vqa/utils.py; both scripts on synthetic answers",
    },
)
