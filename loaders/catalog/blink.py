"""BLINK: fourteen perception tasks that people solve at a glance, with one to four pictures per question."""

from collections.abc import Iterator

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality, Sample

TASKS = (
    "Art_Style", "Counting", "Forensic_Detection", "Functional_Correspondence", "IQ_Test", "Jigsaw", "Multi-view_Reasoning",
    "Object_Localization", "Relative_Depth", "Relative_Reflectance", "Semantic_Correspondence", "Spatial_Relation",
    "Visual_Correspondence", "Visual_Similarity",
)  # fmt: skip


def _answer(row: Row) -> str:
    """The right choice as text; upstream gives its letter in parentheses."""
    choices, letter = row["choices"], row["answer"].strip("() ")
    position = ord(letter) - ord("A") if len(letter) == 1 else -1
    if not 0 <= position < len(choices):
        raise UserError(f"{row['idx']}: the answer {row['answer']!r} is none of {len(choices)} choices: damaged rows.")
    return str(choices[position])


def _samples(tables: Rows, split: str) -> Iterator[Sample]:
    """Every task's rows, task by task."""
    for task in TASKS:
        yield from records(
            "image_1",
            "image_2",
            "image_3",
            "image_4",
            "prompt",
            table=task,
            id="idx",
            target=_answer,
            options="choices",
            group="image_1",
            meta={"task": "sub_task"},
        )(tables, split)


def _table(task: str) -> Table:
    return Table(
        {
            "idx": Column("string", values=tuple(f"val_{task}_{number}" for number in range(1, 9))),
            "sub_task": Column("string", values=(task,)),
            "image_1": Column("image"),
            "image_2": Column("image", optional=True),
            "image_3": Column("image", optional=True),
            "image_4": Column("image", optional=True),
            "prompt": Column(
                "string",
                values=("Which is closer?\nSelect from the following choices.\n(A) the first\n(B) the second",),
            ),
            "choices": Column("strings", values=(["the first", "the second"],)),
            "answer": Column("string", values=("(A)", "(B)")),
        },
        config=task,
    )


CARD = DatasetCard(
    key="blink",
    title="BLINK",
    summary="Multiple-choice questions of fourteen perception tasks (depth, correspondence, …); pictures are referred to by number.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(
            count=Unknown(
                reason="read for Art_Style only (117 of val); the hub's viewer gives the other tasks with val and test together"
            ),
            protocol="the val splits of the fourteen configurations, one after the other (meta.task)",
        )
    },
    columns={
        "idx": "id",
        "image_1 … image_4": "images, in this order; a question has one to four",
        "prompt": "text; it lists its choices",
        "choices": "options",
        "answer": "target: the choice with this letter, as text",
        "sub_task": "meta.task",
    },
    source=HubSource(
        repo="BLINK-Benchmark/BLINK",
        revision=Unknown(reason="no source that was read names one"),
        tables={task: _table(task) for task in TASKS},
        samples=_samples,
        splits={"validation": "val"},
    ),
    licence="Apache-2.0",
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Fu et al.: BLINK: Multimodal Large Language Models Can See but Not Perceive, ECCV 2024",
    homepage="https://huggingface.co/datasets/BLINK-Benchmark/BLINK",
    known_issues=(
        Issue(
            summary="the prompt lists its choices, so that a task that lists the options itself would show them twice",
            count=Unknown(reason="the number of questions is not established"),
            handling="the prompt is left as it is; the options serve to read the answer",
        ),
        Issue(
            summary="the test splits have no answers",
            count=Unknown(reason="read for Art_Style only (117)"),
            handling="test is not offered",
        ),
        Issue(
            summary="harnesses differ in whether pictures are announced (HELM writes 'First image:'), and prompts refer to them by "
            "number",
            count=Unknown(reason="depends on the harness"),
            handling="pictures come first and in order, without announcements",
        ),
    ),
    evidence={
        "splits": "HELM, blink_scenario.py (the fourteen configurations); the repository's commit 3185f31 (117 rows of Art_Style/val)",
        "columns": "lmms-eval, tasks/blink/utils.py (choices, prompt, idx, sub_task, answer); HELM, blink_scenario.py (pictures); "
        "README of VLM-LAB/JaBLINK, a translation in the same schema (types)",
        "licence": "the hub's page",
        "labels_public": "lmms-eval and HELM read val only",
        "known_issues": "HELM, blink_scenario.py",
    },
)
