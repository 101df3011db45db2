"""HallusionBench: yes-or-no questions on figures and their edited versions, in sets that must be answered consistently."""

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

ANSWERS = {"1": "yes", "0": "no"}


def _answer(row: Row) -> str:
    try:
        return ANSWERS[row["gt_answer"]]
    except KeyError:
        raise UserError(
            f"a gold answer is {row['gt_answer']!r}, neither 1 nor 0: the upstream's rows are damaged."
        ) from None


def _key(*names: str) -> str:
    return "-".join(names)


def _set(row: Row) -> str:
    """What the questions and figures of one control set share."""
    return _key(row["category"], row["subcategory"], str(row["set_id"]))


def _figure(row: Row) -> str:
    """A figure counts as right for fAcc if every question on it is."""
    return _key(_set(row), str(row["figure_id"]))


def _question(row: Row) -> str:
    """A question counts as right for qAcc if it is on every figure of its set."""
    return _key(_set(row), str(row["question_id"]))


CARD = DatasetCard(
    key="hallusionbench",
    title="HallusionBench",
    summary="Yes-or-no questions on charts, maps, illusions, …, each asked of an original and of edited figures, or of none. Scores: aAcc "
    "per question, fAcc per figure, qAcc per question over its figures.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "image": SplitFacts(
            count=951, protocol="the published split of questions with a figure: what harnesses report"
        ),
        "non_image": SplitFacts(
            count=178, protocol="the published split of the same questions without a figure; qAcc needs both splits"
        ),
    },
    columns={
        "category, subcategory, set_id, figure_id, question_id": "id; the first three are the group",
        "image": "image, where there is one",
        "question": "text",
        "gt_answer": "target: yes for 1, no for 0",
        "gt_answer_details": "meta: the answer as a sentence",
        "visual_input": "meta: 0 none, 1 original, 2 edited figure",
        "figure_id": "meta.figure, with the set: the key of fAcc",
        "question_id": "meta.question, with the set: the key of qAcc",
    },
    source=HubSource(
        repo="lmms-lab-encoder/HallusionBench",
        revision="ea5fd49f1b711d12cc8b0ec75be0c0593e17befe",
        tables={
            "rows": Table(
                {
                    "image": Column("image", optional=True),
                    "question": Column("string"),
                    "gt_answer": Column("string", values=("1", "0")),
                    "gt_answer_details": Column("string", optional=True),
                    "category": Column("string", values=("VD", "VS")),
                    "subcategory": Column("string", values=("illusion", "chart")),
                    "visual_input": Column("label", values=("1", "1", "2", "2")),  # numbers or texts: read as either
                    "set_id": Column("label", values=("0", "0", "0", "0", "1", "1", "1", "1")),
                    "figure_id": Column("label", values=("0", "0", "1", "1")),
                    "question_id": Column("label", values=("0", "1", "1", "0")),
                },
                files=("data/{split}-*-of-*.parquet",),
            )
        },
        samples=records(
            "image",
            "question",
            id=("category", "subcategory", "set_id", "figure_id", "question_id"),
            target=_answer,
            group=_set,
            meta={
                "category": "category",
                "subcategory": "subcategory",
                "figure": _figure,
                "question": _question,
                "visual_input": "visual_input",
                "gt_answer_details": "gt_answer_details",
            },
        ),
    ),
    licence="BSD-3-Clause",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Guan et al.: HallusionBench: An Advanced Diagnostic Suite for Entangled Language Hallucination and Visual Illusion in "
    "Large Vision-Language Models, CVPR 2024",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/HallusionBench",
    known_issues=(
        Issue(
            summary="harnesses score the image split only, so that their qAcc leaves out the questions without a figure",
            count=178,
            handling="both splits are offered with the same keys; a score must say which it covers",
        ),
        Issue(
            summary="the published scores need a language model as judge; a rule looks for the word yes",
            count=Unknown(reason="depends on the predictions"),
            handling="the target is yes or no; the sentence for a judge is in meta",
        ),
    ),
    evidence={
        "splits": "the hub's viewer of lmms-lab/HallusionBench (951 and 178 rows)",
        "columns": "lmms-eval, tasks/hallusion_bench/evaluate_hb.py and utils.py (keys, asserted to be unique; gt_answer is a text)",
        "source": "the commit is the one that uploaded the data (main, cd41716, changed the README only), seen on the page of "
        "lmms-lab/HallusionBench. lmms-eval reads the renamed repository (its commit 4be7ee0e); equality across the move was proven for "
        "ChartQA only",
        "licence": "rayguan/HallusionBench, README on the hub",
        "known_issues": "lmms-eval, tasks/hallusion_bench/hallusion_bench_image.yaml and evaluate_hb.py",
    },
)
