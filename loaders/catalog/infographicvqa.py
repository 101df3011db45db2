"""InfographicVQA: questions on infographics from the web."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="infographicvqa",
    title="InfographicVQA",
    summary="Questions on infographics that ask for text, counts or arithmetic; scored with ANLS.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=2801, protocol="the published validation split: the one with answers"),
        "test": SplitFacts(count=3288, protocol="the published test split; its answers are withheld"),
    },
    columns={
        "questionId": "id",
        "image": "image",
        "question": "text",
        "answers": "target: the accepted answers",
        "answer_type": "meta",
        "operation/reasoning": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/DocVQA",
        revision=Unknown(reason="the hub's page was seen with only the short id 539088e"),
        tables={
            "rows": Table(
                {
                    "questionId": Column("string", values=tuple(str(number) for number in range(98313, 98321))),
                    "image": Column("image"),
                    "question": Column("string"),
                    "answers": Column("strings", values=(["4", "four"], ["Canada"], ["42%"]), optional=True),
                    "answer_type": Column("strings", values=(["single span"], ["non-extractive"]), optional=True),
                    "operation/reasoning": Column("strings", values=([], ["arithmetic"], ["counting"]), optional=True),
                },
                config="InfographicVQA",
            )
        },
        samples=records(
            "image",
            "question",
            id="questionId",
            target=lambda row: row["answers"] or None,
            group="image",
            meta=("answer_type", "operation/reasoning"),
        ),
    ),
    licence="Apache-2.0",
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Mathew et al.: InfographicVQA, WACV 2022",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/DocVQA",
    known_issues=(
        Issue(
            summary="the README declares no train split any more, though its files remain (23,946 rows)",
            count=23946,
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
        "licence": "the same README; it is the licence of the repository, not of the infographics",
        "labels_public": "the test answers are null",
        "known_issues": "the same README; lmms-eval#363",
    },
)
