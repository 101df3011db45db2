"""ScienceQA: multiple-choice questions from school science, with a picture for about half of them."""

from collections.abc import Iterator

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import (
    chosen,
    records,
)
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.samples import Modality, Sample

_RECORDS = records(
    "image",
    "hint",
    "question",
    target=chosen("choices", "answer"),
    options="choices",
    group="image",
    meta=("subject", "topic", "grade"),
)


def _samples(tables: Rows, split: str) -> Iterator[Sample]:
    """Without the hints that are empty strings."""

    def rows() -> Iterator[Row]:
        for row in tables["rows"]():
            yield {**row, "hint": row["hint"] or None}

    return _RECORDS({"rows": rows}, split)


CARD = DatasetCard(
    key="scienceqa",
    title="ScienceQA",
    summary="Multiple-choice questions from primary and secondary school science, some with a hint, about half with a picture.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(count=4241, protocol="ScienceQA-FULL, test: a question may have no picture"),
        "test-img": SplitFacts(
            count=2017, protocol="ScienceQA-IMG, test: the questions of the test split that have a picture"
        ),
    },
    columns={
        "image": "image, where there is one",
        "hint": "text before the question, where there is one",
        "question": "text",
        "choices": "options",
        "answer": "target: the choice at this position, as text",
        "subject": "meta",
        "topic": "meta",
        "grade": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/ScienceQA",
        revision="69dd4d6b67373d38f96a5badd5d24d0eb5bcdc50",
        tables={
            "rows": Table(
                {
                    "image": Column("image", optional=True),
                    "hint": Column("string", values=("Below is a food web.", ""), optional=True),
                    "question": Column("string"),
                    "choices": Column(
                        "strings", values=(["yes", "no"], ["Ohio", "Maine", "Utah"], ["a", "b", "c", "d", "e"])
                    ),
                    "answer": Column("integer", values=(1, 2, 4)),
                    "subject": Column("string", values=("natural science", "social science", "language science")),
                    "topic": Column("string", values=("biology", "geography", "vocabulary")),
                    "grade": Column("string", values=("grade2", "grade8")),
                },
                config="ScienceQA-{split}",
                split="test",
            )
        },
        samples=_samples,
        splits={"test": "FULL", "test-img": "IMG"},
    ),
    licence="CC-BY-NC-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Lu et al.: Learn to Explain: Multimodal Reasoning via Thought Chains for Science Question Answering, NeurIPS 2022",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/ScienceQA",
    known_issues=(
        Issue(
            summary="questions of the full test split without a picture",
            count=2224,
            handling="they have text only; the split test-img holds the others",
        ),
    ),
    evidence={
        "splits": "README of lmms-lab/ScienceQA (4,241 and 2,017 rows)",
        "columns": "the same README (dataset_info); lmms-eval, tasks/scienceqa/utils.py (image may be null, answer is a position)",
        "source": "the commit was seen on the page of lmms-lab/ScienceQA; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "licence": "derek-thomas/ScienceQA, ScienceQA.py",
        "known_issues": "README of tasksource/ScienceQA_text_only (2,224 test rows); 4,241 minus 2,017",
    },
)
