"""GQA: compositional questions on photographs, the balanced test-dev split; questions and pictures are joined by the picture's id."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import joined
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="gqa",
    title="GQA (test-dev balanced)",
    summary="Questions that were generated from scene graphs of Visual Genome photographs, balanced over answers; one word each.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "testdev": SplitFacts(
            count=12578,
            protocol="testdev_balanced_instructions joined with testdev_balanced_images: the split that is reported",
        )
    },
    columns={
        "rows.id": "id",
        "rows.imageId = images.id": "the join, and the group",
        "images.image": "image",
        "rows.question": "text",
        "rows.answer": "target",
        "rows.fullAnswer": "meta: the answer as a sentence",
    },
    source=HubSource(
        repo="lmms-lab-encoder/GQA",
        revision="6ac3999af690e1f5631e2bf1efcf51e9a9afee4b",
        tables={
            "rows": Table(
                {
                    "id": Column("string"),
                    "imageId": Column("string", refers="images.id"),
                    "question": Column("string"),
                    "answer": Column("string", values=("yes", "no", "left", "tennis racket")),
                    "fullAnswer": Column("string", optional=True),
                },
                config="testdev_balanced_instructions",
            ),
            "images": Table({"id": Column("string"), "image": Column("image")}, config="testdev_balanced_images"),
        },
        samples=joined(
            "question",
            rows="rows",
            on="imageId",
            media="images",
            key="id",
            column="image",
            target="answer",
            meta=("fullAnswer",),
        ),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Hudson, Manning: GQA: A New Dataset for Real-World Visual Reasoning and Compositional Question Answering, CVPR 2019",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/GQA",
    known_issues=(
        Issue(
            summary="questions and pictures stand in two configurations; lmms-eval joins them in a dictionary and checks nothing",
            count=Unknown(reason="no question without its picture has been reported"),
            handling="a question that names a picture that is not there is an error",
        ),
        Issue(
            summary="398 pictures carry all questions: questions are far from independent",
            count=398,
            handling="the picture is the group, so that intervals resample whole pictures",
        ),
        Issue(
            summary="exact match differs between harnesses: VLMEvalKit counts a trailing full stop as wrong (VLMEvalKit#842)",
            count=Unknown(reason="depends on the predictions"),
            handling="the answer stands as it was written; a score must name its normaliser",
        ),
    ),
    evidence={
        "splits": "README of lance-format/gqa-testdev-balanced-lance, which joins lmms-lab/GQA (12,578 questions, 398 pictures)",
        "columns": "README of lmms-lab/GQA (dataset_info, commits af437ee and eab7d48); lmms-eval, tasks/gqa/utils.py",
        "source": "the commit is the one that last changed these questions, seen on the page of lmms-lab/GQA; a later one, "
        "9dab8a4bfd0113cceb50aa2a9d8fb94a91f1e118, was seen too and main is not confirmed. lmms-eval reads the renamed repository (commit "
        "4be7ee0e); equality across the move was proven for ChartQA only",
        "licence": "the hub's page; it is the licence of the repository, not of the Visual Genome photographs",
        "known_issues": "lmms-eval, tasks/gqa/utils.py; VLMEvalKit#842; the README above",
    },
)
