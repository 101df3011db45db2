"""Clotho-AQA: questions on sounds of everyday life with one-word answers, filtered by the repository that holds them."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="clotho-aqa",
    title="Clotho-AQA (filtered)",
    summary="Crowdsourced questions on recordings of 15 to 30 seconds from Clotho, answered with one word, often yes or no.",
    task_kinds=("question-answering",),
    modalities=(Modality.AUDIO, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(
            count=Unknown(reason="no source that was read states the number of rows"),
            protocol="clotho_aqa_val_filtered",
        ),
        "test": SplitFacts(
            count=Unknown(reason="a port of the task says about 1,442 rows"),
            protocol="clotho_aqa_test_filtered: the split that lmms-eval reports",
        ),
    },
    columns={"audio": "audio, and the group", "question": "text", "answer": "target: one word"},
    source=HubSource(
        repo="lmms-lab-audio/ClothoAQA",
        revision=Unknown(
            reason="no source that was read names one; the hub's page of lmms-lab/ClothoAQA shows only the short id 57b5155"
        ),
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "question": Column("string"),
                    "answer": Column("string", values=("yes", "no", "water", "two")),
                },
                config="clotho_aqa",
            )
        },
        samples=records("audio", "question", target="answer", group="audio", language={"question": "en"}),
        splits={"validation": "clotho_aqa_val_filtered", "test": "clotho_aqa_test_filtered"},
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Lipping et al.: Clotho-AQA: A Crowdsourced Dataset for Audio Question Answering, EUSIPCO 2022",
    homepage="https://huggingface.co/datasets/lmms-lab-audio/ClothoAQA",
    known_issues=(
        Issue(
            summary="the splits are filtered, and no source that was read says how; another copy (AudioLLMs/clotho_aqa_test) has 2,057 "
            "test questions",
            count=Unknown(reason="the number of rows is not established"),
            handling="the filtered splits are offered under their own protocol; scores on other copies are not comparable",
        ),
        Issue(
            summary="the configuration clotho_asqa_test_v2 is scored by a language model on a scale of 0 to 5",
            count=Unknown(reason="the number of rows is not established"),
            handling="it is another task and not offered",
        ),
    ),
    evidence={
        "columns": "lmms-eval, tasks/clotho_aqa/utils.py; a public loader lists audio, question and answer as all columns of both splits",
        "source": "lmms-eval, tasks/clotho_aqa; it read lmms-lab/ClothoAQA before (commit 4be7ee0e). Equality across the move was proven "
        "for ChartQA only",
        "known_issues": "README of AudioLLMs/clotho_aqa_test; lmms-eval, tasks/clotho_aqa/utils.py",
    },
)
