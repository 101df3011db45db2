"""MathVista: mathematical questions on pictures, multiple-choice and free-form, from 31 sets."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="mathvista",
    title="MathVista",
    summary="Questions on geometry, plots, tables, puzzles and photographs that need mathematical reasoning; from 28 sets and 3 new ones.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en", "zh", "fa"),
    splits={
        "testmini": SplitFacts(count=1000, protocol="the published testmini split: the one with answers"),
        "test": SplitFacts(count=5141, protocol="the published test split; its answers are withheld"),
    },
    columns={
        "pid": "id",
        "decoded_image": "image (the column image is a path)",
        "question": "text, in English, Chinese or Persian",
        "choices": "options; none where the question is free-form",
        "answer": "target: the choice as text, or a number or list as text",
        "question_type": "meta",
        "answer_type": "meta",
        "unit": "meta",
        "precision": "meta: decimals that are compared",
    },
    source=HubSource(
        repo="AI4Math/MathVista",
        revision="2b6ad69445fbb5695c9b165475e8decdbeb97747",
        tables={
            "rows": Table(
                {
                    "pid": Column("string", values=tuple(str(number) for number in range(1, 9))),
                    "decoded_image": Column("image"),
                    "question": Column("string"),
                    "choices": Column("strings", values=(["145°", "135°"], [], ["Yes", "No"]), optional=True),
                    "answer": Column("string", values=("145°", "1.2", "No"), optional=True),
                    "question_type": Column("string", values=("multi_choice", "free_form", "multi_choice")),
                    "answer_type": Column("string", values=("text", "float", "text")),
                    "unit": Column("string", values=("g", "$"), optional=True),
                    "precision": Column("number", values=(1.0, 2.0), optional=True),
                }
            )
        },
        samples=records(
            "decoded_image",
            "question",
            id="pid",
            target=lambda row: row["answer"] or None,
            options="choices",
            group="decoded_image",
            meta=("question_type", "answer_type", "unit", "precision"),
            language=None,
        ),
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=False,
    redistributable=False,
    download_bytes=885819492,
    citation="Lu et al.: MathVista: Evaluating Mathematical Reasoning of Foundation Models in Visual Contexts, ICLR 2024",
    homepage="https://huggingface.co/datasets/AI4Math/MathVista",
    known_issues=(
        Issue(
            summary="the published score has a language model take the answer out of the response; harnesses use different models for it",
            count=Unknown(reason="depends on the predictions"),
            handling="target, options, answer type and precision are in the sample, so that answers can be compared without one",
        ),
        Issue(
            summary="the language of a question is in a column of named fields that is not read",
            count=Unknown(reason="no source that was read counts the questions by language"),
            handling="texts have no language tag",
        ),
        Issue(
            summary="the pictures come from other sets, whose licences the licence of this set does not change",
            count=28,
            handling="pages do not embed the pictures",
        ),
    ),
    evidence={
        "splits": "the repository's README (1,000 and 5,141 rows); the research table",
        "columns": "the repository's README (dataset_info at d32e834); lmms-eval, tasks/mathvista/utils.py; HELM, math_vista_scenario.py",
        "source": "the hub's page at this commit, which is main",
        "licence": "the hub's page at this commit",
        "labels_public": "the repository's README: the answer labels for test will NOT be publicly released",
        "languages": "the repository's README",
        "download_bytes": "the repository's README at d32e834",
        "known_issues": "lmms-eval, tasks/mathvista/mathvista_evals.py; the repository's README",
    },
)
