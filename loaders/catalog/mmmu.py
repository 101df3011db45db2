"""MMMU: college-level questions of thirty subjects with up to seven pictures each, multiple-choice and open."""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import MediaPart, Modality, Sample, TextPart

PICTURES = tuple(f"image_{number}" for number in range(1, 8))
TAG = re.compile(r"<image (\d+)>")
WITHHELD = frozenset({"", "?"})
MAX_LITERAL = 1 << 16  # characters


def _samples(tables: Rows, _: str) -> Iterator[Sample]:
    for row in tables["rows"]():
        yield _sample(row)


def _sample(row: Row) -> Sample:
    """One question. ``<image N>`` in question and options is renumbered to the place of the picture in the content."""
    options = _options(row)
    order = list(dict.fromkeys(int(number) for text in (row["question"], *options) for number in TAG.findall(text)))
    pictures = [_picture(row, number) for number in order]
    places = {number: place for place, number in enumerate(order, start=1)}
    options = [_renumbered(option, places) for option in options]
    named = {f"image_{number}" for number in order}
    return Sample(
        row["id"],
        (*pictures, TextPart(_renumbered(row["question"], places), "en")),
        options=tuple(options),
        target=_target(row, options),
        group=pictures[0].sha256[:16] if pictures else None,
        meta={
            "subject": _subject(row["id"]),
            "question_type": row["question_type"],
            "topic_difficulty": row["topic_difficulty"],
            "subfield": row["subfield"],
            "pictures": order,
            "unused_pictures": [name for name in PICTURES if row[name] is not None and name not in named],
        },
    )


def _options(row: Row) -> list[str]:
    """The options, which upstream stores as the text of a Python list; none where the question is open."""
    found = _literal(row["options"])
    if not isinstance(found, list):
        raise UserError(f"question {row['id']!r}: options is no list, but {row['options'][:40]!r}: damaged rows.")
    return [str(option) for option in found]


def _literal(text: str) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a formula with a single backslash is read as it stands
            return ast.literal_eval(text) if len(text) <= MAX_LITERAL else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _picture(row: Row, number: int) -> MediaPart:
    found = row.get(f"image_{number}")
    if not isinstance(found, MediaPart):
        raise UserError(f"question {row['id']!r} names <image {number}>, which the row does not have: damaged rows.")
    return found


def _renumbered(text: str, places: Mapping[int, int]) -> str:
    return TAG.sub(lambda match: f"<image {places[int(match[1])]}>", text)


def _target(row: Row, options: list[str]) -> str | list[str] | None:
    """The right option as text; of an open question the answer, or all answers where upstream lists several."""
    answer = (row["answer"] or "").strip()
    if answer in WITHHELD:
        return None
    if row["question_type"] == "multiple-choice":
        position = ord(answer[0]) - ord("A")
        if len(answer) != 1 or not 0 <= position < len(options):
            raise UserError(f"question {row['id']!r}: the answer {answer!r} is none of {len(options)} options.")
        return options[position]
    several = _literal(answer)
    return several if isinstance(several, list) and all(isinstance(one, str) for one in several) else answer


def _subject(identifier: str) -> str:
    """``Art_Theory`` of ``validation_Art_Theory_12``."""
    match = re.fullmatch(r"[a-z]+_(.+)_\d+", identifier)
    if match is None:
        raise UserError(f"the id {identifier!r} names no subject: the upstream changed its ids, or the card is wrong.")
    return match[1]


COLUMNS = {
    "id": Column(
        "string",
        values=tuple(
            f"validation_{subject}_{number}"
            for number in (1, 12)
            for subject in ("Accounting", "Art_Theory", "Architecture_and_Engineering", "Math")
        ),
    ),
    "question": Column(
        "string",
        values=(
            "What does <image 1> show?",
            "How does <image 2> differ from <image 1>?",
            "Which one continues the row <image 1>?",
            "Give the smallest root in <image 1>.",
        ),
    ),
    "options": Column(
        "string",
        values=(
            "['6', \"the buyer's price\", '\\\\frac{1}{2}', '20']",
            "['size', 'colour']",
            "['<image 3>', '<image 2>']",
            "[]",
        ),
    ),
    "answer": Column("string", values=("B", "A", "A", "['2', 'two']", "B", "B", "B", "?"), optional=True),
    "question_type": Column("string", values=("multiple-choice", "multiple-choice", "multiple-choice", "open")),
    "topic_difficulty": Column("string", values=("Easy", "Medium", "Hard"), optional=True),
    "subfield": Column("string", values=("Managerial Accounting", "Art Theory"), optional=True),
    "image_1": Column("image"),
    "image_2": Column("image"),
    "image_3": Column("image"),
    **{name: Column("image", optional=True) for name in PICTURES[3:]},
}

CARD = DatasetCard(
    key="mmmu",
    title="MMMU",
    summary="Questions from college exams and text books in thirty subjects; up to seven pictures stand in question and options.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "dev": SplitFacts(count=150, protocol="the published dev split: five examples per subject"),
        "validation": SplitFacts(count=900, protocol="the published validation split: the one that is reported"),
        "test": SplitFacts(count=10500, protocol="the published test split; its answers are withheld"),
    },
    columns={
        "id": "id, and meta.subject",
        "image_1 … image_7": "images, in the order in which the tags <image N> name them; pictures that no tag names are left out",
        "question": "text; its tags are renumbered to the place of their picture",
        "options": "options (parsed); open questions have none",
        "answer": "target: the text of the right option, or the accepted answers of an open question",
        "question_type": "meta",
        "topic_difficulty": "meta",
        "subfield": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/MMMU",
        revision="364f2e2eb107b36e07ff4c5a15f5947a759cef47",
        tables={"rows": Table(COLUMNS)},
        samples=_samples,
    ),
    licence=Unknown(reason="no source that was read states the licence of this copy"),
    access="open",
    labels_public=False,
    redistributable=False,
    download_bytes=3377778136,
    citation="Yue et al.: MMMU: A Massive Multi-discipline Multimodal Understanding and Reasoning Benchmark for Expert AGI, CVPR 2024",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/MMMU",
    known_issues=(
        Issue(
            summary="the same answers score 50.67 in lmms-eval and 54.78 in VLMEvalKit: their parsers differ, and where none is found one "
            "guesses and the other asks a judge (19 of the 39 are wrong answers that VLMEvalKit counts as right)",
            count=39,
            handling="the card holds the text of the right option, not a letter, and open questions stay open (meta.question_type)",
        ),
        Issue(
            summary="the official parser and lmms-eval pick a random option where they find none: such a score is not reproducible and has "
            "a floor above zero",
            count=Unknown(reason="depends on the predictions"),
            handling="nothing in the card invites a guess; an answer that cannot be read has to be counted as such by the task",
        ),
        Issue(
            summary="VLMEvalKit turned open questions into a choice between the gold answer and 'Other' (#110, #1617)",
            count=Unknown(reason="no source that was read counts the open questions of this copy"),
            handling="open questions have no options",
        ),
        Issue(
            summary="lmms-eval passes the pictures in the order of their numbers, not of their tags",
            count=Unknown(reason="nobody counted the questions whose tags are not in order"),
            handling="pictures follow the order of the tags, and the tags are renumbered to match; meta.pictures has the original numbers",
        ),
        Issue(
            summary="some rows have a picture that neither question nor options name",
            count=Unknown(reason="HELM, mmmu_scenario.py, names the case without a number"),
            handling="it is not shown; meta.unused_pictures names it",
        ),
    ),
    evidence={
        "splits": "README of lmms-lab/MMMU (150, 900 and 10,500 rows)",
        "columns": "the same README (dataset_info); lmms-eval, tasks/mmmu/utils.py (options, tags); HELM, mmmu_scenario.py",
        "source": "the commit was seen on the page of lmms-lab/MMMU; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "labels_public": "HELM, mmmu_scenario.py: the test set does not have answers",
        "download_bytes": "the same README",
        "known_issues": "lmms-eval, docs/advanced/mmmu-eval-discrepancy.md (39 of 900 questions) and tasks/mmmu/utils.py",
    },
)
