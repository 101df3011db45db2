"""AI2D: multiple-choice questions on diagrams from school books."""

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _answer(row: Row) -> str:
    """The gold option as text; upstream gives its position as a string."""
    options, position = row["options"], row["answer"]
    if not position.isdecimal() or int(position) >= len(options):
        raise UserError(f"the answer {position!r} is none of {len(options)} options: the upstream's rows are damaged.")
    return str(options[int(position)])


CARD = DatasetCard(
    key="ai2d",
    title="AI2D",
    summary="Multiple-choice questions on diagrams from science books for schools.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(count=3088, protocol="the published test split; the target is the text of the right option")
    },
    columns={
        "image": "image",
        "question": "text",
        "options": "options",
        "answer": "target: the option at this position, as text",
    },
    source=HubSource(
        repo="lmms-lab-encoder/ai2d",
        revision="c83a9b9692933aff8349157c88a413df9d02c4e5",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "question": Column("string"),
                    "options": Column("strings", values=(["larva", "pupa", "egg", "adult"], ["a", "b", "c", "d"])),
                    "answer": Column("string", values=("0", "3", "1", "2")),
                }
            )
        },
        samples=records("image", "question", target=_answer, options="options", group="image"),
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=True,
    redistributable=False,
    download_bytes=139466424,
    citation="Kembhavi et al.: A Diagram Is Worth A Dozen Images, ECCV 2016",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/ai2d",
    known_issues=(
        Issue(
            summary="two variants of the pictures are in use, with the labels in the diagrams masked and not masked; both are called AI2D",
            count=Unknown(reason="nobody counted the pictures that differ"),
            handling="this card is the repository that lmms-eval's task ai2d reads; ai2d_no_mask is another set",
        ),
    ),
    evidence={
        "splits": "the repository's README at this commit, under its former name lmms-lab/ai2d (3,088 rows)",
        "columns": "the same README (options a list of strings, answer a string); lmms-eval, tasks/ai2d/utils.py (answer is a position)",
        "source": "the commit was seen on the page of lmms-lab/ai2d; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "download_bytes": "the same README",
        "known_issues": "lmms-eval, tasks ai2d and ai2d_no_mask; VLMEvalKit, AI2D_TEST and AI2D_TEST_NO_MASK",
    },
)
