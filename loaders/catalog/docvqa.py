"""DocVQA: questions on scanned pages of documents."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="docvqa",
    title="DocVQA",
    summary="Questions on scanned pages of industry documents, answered with a text of the page; scored with ANLS.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=5349, protocol="the published validation split: the one with answers"),
        "test": SplitFacts(count=5188, protocol="the published test split; its answers are withheld"),
    },
    columns={
        "questionId": "id",
        "image": "image",
        "question": "text",
        "answers": "target: the accepted answers",
        "ucsf_document_id": "group",
        "question_types": "meta",
        "ucsf_document_page_no": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/DocVQA",
        revision=Unknown(reason="the hub's page was seen with only the short id 539088e"),
        tables={
            "rows": Table(
                {
                    "questionId": Column("string", values=tuple(str(number) for number in range(49153, 49161))),
                    "image": Column("image"),
                    "question": Column("string"),
                    "answers": Column("strings", values=(["$975.00", "975.00"], ["Paul"]), optional=True),
                    "ucsf_document_id": Column("string", values=("pybv0228", "pybv0228", "ffbf0023")),
                    "question_types": Column("strings", values=(["table/list"], ["layout", "form"]), optional=True),
                    "ucsf_document_page_no": Column("string", values=("81", "1"), optional=True),
                },
                config="DocVQA",
            )
        },
        samples=records(
            "image",
            "question",
            id="questionId",
            target=lambda row: row["answers"] or None,
            group="ucsf_document_id",
            meta=("question_types", "ucsf_document_page_no"),
        ),
    ),
    licence="Apache-2.0",
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Mathew, Karatzas, Jawahar: DocVQA: A Dataset for VQA on Document Images, WACV 2021",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/DocVQA",
    known_issues=(
        Issue(
            summary="the README declares no train split any more, though its files remain (39,463 rows)",
            count=39463,
            handling="train is not offered",
        ),
        Issue(
            summary="ANLS differs between implementations: references passed one by one and cast to 0 or 1 (lmms-eval#363, 0.8 against "
            "0.764), lengths of raw strings, the threshold at exactly 0.5",
            count=Unknown(reason="depends on the predictions"),
            handling="all accepted answers stand together in the target; a score must name its rule",
        ),
    ),
    evidence={
        "splits": "the repository's README at 700643acd865ff3ede094825df884d69d4f7cc10 under its former name lmms-lab/DocVQA",
        "columns": "the same README (dataset_info)",
        "source": "lmms-eval reads the renamed repository (its commit 4be7ee0e); equality across the move from lmms-lab/* was proven "
        "for ChartQA only",
        "licence": "the same README; it is the licence of the repository, not of the scanned pages",
        "labels_public": "the test answers are null",
        "known_issues": "the same README; lmms-eval#363",
    },
)
