"""MMBench (English, dev): multiple-choice questions over twenty abilities, repeated with rotated options for CircularEval."""

from collections.abc import Iterator
from itertools import takewhile

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import by_letter, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality, Sample

LETTERS = ("A", "B", "C", "D")
ROTATION = 1_000_000  # the index of a repetition is the question's own plus a multiple of this
NOTHING = frozenset({None, "", "nan"})


def _options(row: Row) -> list[str]:
    """Those before the first missing one, so that letters keep their places."""
    return list(takewhile(lambda option: option not in NOTHING, (row[letter] for letter in LETTERS)))


def _question(row: Row) -> str:
    """What the repetitions of a question share: CircularEval counts it as right if all of them are."""
    return str(int(row["index"]) % ROTATION)


_RECORDS = records(
    "image",
    "hint",
    "question",
    id="index",
    target=by_letter(_options, "answer"),
    options=_options,
    group=_question,
    meta={"question": _question, "category": "category", "l2_category": "L2-category", "source": "source"},
)


def _samples(tables: Rows, split: str) -> Iterator[Sample]:
    """Without the hints that are no hints."""

    def rows() -> Iterator[Row]:
        for row in tables["rows"]():
            yield {**row, "hint": None if row["hint"] in NOTHING else row["hint"]}

    return _RECORDS({"rows": rows}, split)


CARD = DatasetCard(
    key="opencompass-mmbench",
    title="MMBench (English, dev)",
    summary="Multiple-choice questions on perception and reasoning. CircularEval asks each one with its options rotated and needs all "
    "of them right.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "dev": SplitFacts(
            count=Unknown(reason="no source that was read states the rows of en/dev at this commit; cn/dev has 4,329"),
            protocol="configuration en, dev: repetitions with rotated options share meta.question, which CircularEval groups by",
        )
    },
    columns={
        "index": "id; modulo 1,000,000 the question (group, meta.question)",
        "image": "image",
        "hint": "text before the question, where there is one",
        "question": "text",
        "A … D": "options; missing ones do not exist",
        "answer": "target: the option with this letter, as text",
        "category": "meta",
        "L2-category": "meta",
        "source": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/MMBench",
        revision="56ba1af8954932c4804bd3f522e05ed96e63b654",
        tables={
            "rows": Table(
                {
                    # A number or a text: the schema says text at one commit, lmms-eval computes with numbers.
                    "index": Column(
                        "label", values=("241", "1000241", "2000241", "252", "1000252", "270", "271", "3000241")
                    ),
                    "image": Column("image"),
                    "hint": Column("string", values=("nan", "The passage is about magnets.", ""), optional=True),
                    "question": Column("string"),
                    "A": Column("string", values=("can", "north")),
                    "B": Column("string", values=("cannot", "south")),
                    "C": Column("string", values=("nan", "west"), optional=True),
                    "D": Column("string", values=("nan", "east"), optional=True),
                    "answer": Column("string", values=("A", "B")),
                    "category": Column("string", values=("identity_reasoning", "spatial_relationship")),
                    "L2-category": Column("string", values=("attribute_reasoning", "relation_reasoning")),
                    "source": Column("string", values=("scienceqa", "coco"), optional=True),
                },
                config="en",
            )
        },
        samples=_samples,
    ),
    licence=Unknown(reason="no source that was read states it"),
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Liu et al.: MMBench: Is Your Multi-modal Model an All-around Player?, ECCV 2024",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/MMBench",
    known_issues=(
        Issue(
            summary="rows are no questions: CircularEval repeats each question with rotated options",
            count=Unknown(reason="no source that was read states the number of questions"),
            handling="repetitions are one group, so that intervals resample whole questions; meta.question joins them",
        ),
        Issue(
            summary="empty hints and options are written as the word nan",
            count=Unknown(reason="lmms-eval tests for it; nobody counted it"),
            handling="read as missing",
        ),
        Issue(
            summary="the test split has no answers",
            count=Unknown(
                reason="no source that was read states the rows of en/test at this commit; cn/test has 6,666"
            ),
            handling="test is not offered",
        ),
        Issue(
            summary="lmms-eval lets a language model match answers to options, with a random letter where that fails three times",
            count=Unknown(reason="depends on the predictions"),
            handling="options and the right one are in the sample as texts, so that they can be compared without a judge",
        ),
    ),
    evidence={
        "columns": "README of lmms-lab/MMBench (dataset_info: A to D, no E); lmms-eval, tasks/mmbench/en_utils.py and mmbench_evals.py",
        "source": "the commit is the parent of an open pull request on lmms-lab/MMBench. lmms-eval reads the renamed repository (commit "
        "4be7ee0e); equality across the move was proven for ChartQA only",
        "splits": "lmms-eval, tasks/mmbench/mmbench_evals.py (the index of a repetition)",
        "labels_public": "the test answers are withheld",
        "known_issues": "lmms-eval, tasks/mmbench/mmbench_evals.py",
    },
)
