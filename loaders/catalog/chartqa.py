"""ChartQA: questions on charts, written by people or generated."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="chartqa",
    title="ChartQA",
    summary="Questions on charts, written by people or generated; scored with a tolerance of 5 % on numbers.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=Unknown(reason="no source that was read states the number of rows at this commit"),
            protocol="the published test split",
        )
    },
    columns={"image": "image", "question": "text", "answer": "target", "type": "meta: human or augmented"},
    source=HubSource(
        repo="lmms-lab-encoder/ChartQA",
        revision="9e63b7df1592a1c2158e735cc1725454aef0d6d9",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "question": Column("string"),
                    "answer": Column("string", values=("14", "Yes", "0.57", "2010")),
                    "type": Column("string", values=("human_test", "augmented_test")),
                }
            )
        },
        samples=records("image", "question", target="answer", group="image", meta=("type",)),
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Masry et al.: ChartQA: A Benchmark for Question Answering about Charts with Visual and Logical Reasoning, ACL Findings 2022",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/ChartQA",
    evidence={
        "columns": "lmms-eval, tasks/chartqa/utils.py",
        "source": "the repository's page; the commit is the same under its former name lmms-lab/ChartQA",
    },
)
