"""OK-VQA: questions on photographs that need knowledge from outside the picture, ten answers each."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="okvqa",
    title="OK-VQA",
    summary="Questions on COCO photographs whose answer needs outside knowledge; every question has the answers of the annotators.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=5046, protocol="the published val2014 split; the target is the list of answers")
    },
    columns={
        "question_id": "id",
        "image": "image",
        "question": "text",
        "answers": "target: the answers of the annotators",
        "question_type": "meta",
        "answer_type": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/OK-VQA",
        revision="c9f858961f4095a9aeef615057b0822cce967096",
        tables={
            "rows": Table(
                {
                    "question_id": Column("string"),
                    "image": Column("image"),
                    "question": Column("string"),
                    "answers": Column("strings", values=(["surf"] * 6 + ["wave"] * 4, ["the bus"] * 10)),
                    "question_type": Column("string", values=("one", "two", "other")),
                    "answer_type": Column("string", values=("other",)),
                }
            )
        },
        samples=records(
            "image",
            "question",
            id="question_id",
            target="answers",
            group="image",
            meta=("question_type", "answer_type"),
        ),
        splits={"validation": "val2014"},
    ),
    licence=Unknown(reason="no source that was read states it; the pictures are COCO's"),
    access="open",
    labels_public=True,
    redistributable=False,
    download_bytes=831514064,
    citation="Marino et al.: OK-VQA: A Visual Question Answering Benchmark Requiring External Knowledge, CVPR 2019",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/OK-VQA",
    known_issues=(
        Issue(
            summary="the retrieval form of the set (mteb, OKVQAIT2TRetrieval) repeats questions that have a single judgement each",
            count=Unknown(reason="the source names the defect without a number"),
            handling="this card is the question-answering form: every question keeps its id, its picture and all its answers",
        ),
        Issue(
            summary="some pictures have more than one question (5,046 questions on 5,033 pictures)",
            count=13,
            handling="the picture's content is the group, so that intervals resample whole pictures",
        ),
        Issue(
            summary="three protocols are called VQA accuracy and differ by up to 17 points on the same answers",
            count=Unknown(reason="depends on the predictions"),
            handling="all answers stand in the target as they were written; a score must name its protocol",
        ),
    ),
    evidence={
        "splits": "the repository's README (5,046 rows); HuggingFaceM4/OK-VQA, README (5,046 questions, 5,033 pictures)",
        "columns": "the repository's README (dataset_info); lmms-eval, tasks/ok_vqa/utils.py",
        "source": "the commit was seen on the page of lmms-lab/OK-VQA; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "download_bytes": "the repository's README",
        "known_issues": "mteb, descriptive statistics; the VQA, VizWiz and TextVQA evaluation scripts on equal synthetic answers",
    },
)
