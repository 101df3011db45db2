"""A-OKVQA: questions on photographs that need common sense or knowledge, with four options and ten free answers."""

import ast

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import chosen, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

MAX_LITERAL = 1 << 14  # characters


def _direct_answers(row: Row) -> list[str]:
    """The free answers, which upstream stores as the text of a Python list."""
    text = row["direct_answers"]
    if not text:
        return []
    try:
        found = ast.literal_eval(text) if len(text) <= MAX_LITERAL else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, list):
        raise UserError(f"question {row['question_id']!r}: direct_answers is no list, but {text[:40]!r}: damaged rows.")
    return [str(one) for one in found]


CARD = DatasetCard(
    key="a-okvqa",
    title="A-OKVQA",
    summary="Questions on COCO photographs that need common sense or world knowledge, as multiple choice; the free answers are in meta.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "train": SplitFacts(
            count=Unknown(reason="no source that was read states the number of rows"),
            protocol="the published train split",
        ),
        "validation": SplitFacts(count=1145, protocol="the published validation split: the one that is reported"),
    },
    columns={
        "question_id": "id",
        "image": "image",
        "question": "text",
        "choices": "options",
        "correct_choice_idx": "target: the choice at this position, as text",
        "direct_answers": "meta: the free answers",
        "difficult_direct_answer": "meta: left out of the free-answer protocol",
    },
    source=HubSource(
        repo="HuggingFaceM4/A-OKVQA",
        revision=Unknown(reason="no source that was read names one; the hub's page shows only the short id d1b0efa"),
        tables={
            "rows": Table(
                {
                    "question_id": Column("string"),
                    "image": Column("image"),
                    "question": Column("string"),
                    "choices": Column(
                        "strings", values=(["skateboarder", "train", "delivery", "cab"], ["1", "2", "3", "4"])
                    ),
                    "correct_choice_idx": Column("integer", values=(3, 0, 1)),
                    "direct_answers": Column(
                        "string", values=("['ride', 'bus', \"his ride\"]", "['two', '2']"), optional=True
                    ),
                    "difficult_direct_answer": Column("boolean", optional=True),
                }
            )
        },
        samples=records(
            "image",
            "question",
            id="question_id",
            target=chosen("choices", "correct_choice_idx"),
            options="choices",
            group="image",
            meta={"direct_answers": _direct_answers, "difficult_direct_answer": "difficult_direct_answer"},
        ),
    ),
    licence=Unknown(reason="no source that was read states it; the pictures are COCO's"),
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Schwenk et al.: A-OKVQA: A Benchmark for Visual Question Answering using World Knowledge, ECCV 2022",
    homepage="https://huggingface.co/datasets/HuggingFaceM4/A-OKVQA",
    known_issues=(
        Issue(
            summary="the test split has no answers",
            count=Unknown(reason="no source that was read states its size"),
            handling="test is not offered; train and validation are",
        ),
    ),
    evidence={
        "splits": "evalscope, documentation of a_okvqa (1,145 validation questions); HELM, a_okvqa_scenario.py (which splits have answers)",
        "columns": "HELM, a_okvqa_scenario.py; mugato, its A-OKVQA loader (a printed row, direct_answers a string that it parses)",
        "labels_public": "HELM, a_okvqa_scenario.py: the test split does not have answers",
    },
)
