"""MMAU: multiple-choice questions on speech, sounds and music that need knowledge and reasoning; which version is not established."""

import json

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _choices(row: Row) -> list[str]:
    """The options, which upstream stores as the text of a JSON list."""
    try:
        found = json.loads(row["choices"])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise UserError(f"question {row['id']!r}: choices is no JSON list, but {row['choices'][:40]!r}: damaged rows.")
    return [str(choice) for choice in found]


CARD = DatasetCard(
    key="mmau",
    title="MMAU",
    summary="Expert-level multiple-choice questions on speech, environmental sounds and music, 27 skills.",
    task_kinds=("question-answering",),
    modalities=(Modality.AUDIO, Modality.TEXT),
    languages=("en",),
    splits={
        "test-mini": SplitFacts(count=1000, protocol="the published test_mini split: the one with answers"),
        "test": SplitFacts(count=9000, protocol="the published test split; lmms-eval writes a submission for it"),
    },
    columns={
        "id": "id",
        "audio": "audio, and the group",
        "question": "text",
        "choices": "options (parsed from JSON)",
        "answer": "target: a choice as text",
        "task": "meta: sound, music or speech",
        "category": "meta",
        "sub-category": "meta",
        "difficulty": "meta",
        "dataset": "meta: where the recording is from",
    },
    source=HubSource(
        repo="lmms-lab-audio/mmau",
        revision=Unknown(reason="the hub's page was seen with only the short id bd09999"),
        tables={
            "rows": Table(
                {
                    "id": Column("string"),
                    "audio": Column("audio"),
                    "question": Column("string"),
                    "choices": Column("string", values=('["Man", "Woman"]', '["Rain", "Wind", "Sea", "Fire"]')),
                    "answer": Column("string", values=("Man", "Sea"), optional=True),
                    "task": Column("string", values=("speech", "sound", "music")),
                    "category": Column("string", values=("Reasoning", "Information Extraction")),
                    "sub-category": Column("string", values=("Event-Based Sound Reasoning",), optional=True),
                    "difficulty": Column("string", values=("easy", "medium", "hard")),
                    "dataset": Column("string", values=("audioset", "MUSDB18"), optional=True),
                }
            )
        },
        samples=records(
            "audio",
            "question",
            id="id",
            target=lambda row: row["answer"] or None,
            options=_choices,
            group="audio",
            meta=("task", "category", "sub-category", "difficulty", "dataset"),
            language={"question": "en"},
        ),
        splits={"test-mini": "test_mini"},
    ),
    licence=Unknown(reason="no source that was read states it; the recordings come from other sets"),
    access="open",
    labels_public=False,
    redistributable=False,
    download_bytes=14540107176,
    citation="Sakshi et al.: MMAU: A Massive Multi-Task Audio Understanding and Reasoning Benchmark, ICLR 2025",
    homepage="https://huggingface.co/datasets/lmms-lab-audio/mmau",
    known_issues=(
        Issue(
            summary="MMAU was revised (version v05.15.25): about 25 % of the questions and 5 % of the recordings changed. Which version "
            "this copy holds is not established; other old copies warn against their use",
            count=Unknown(reason="upstream gives shares, no numbers"),
            handling="the commit is locked at first use and stands in every result; a score must not be compared across versions. "
            "TwinkStart/MMAU has the split v05.15.25",
        ),
        Issue(
            summary="lmms-eval reads a letter from A to D and picks one at random where it finds none, also where there are fewer options",
            count=Unknown(reason="depends on the predictions"),
            handling="the target is the text of the choice; nothing in the card invites a guess",
        ),
    ),
    evidence={
        "splits": "README of lmms-lab/mmau at bd09999 (9,000 and 1,000 rows)",
        "columns": "the same README (dataset_info); lmms-eval, tasks/mmau/utils.py (choices is JSON, answer a text)",
        "source": "lmms-eval, tasks/mmau; it read lmms-lab/mmau before (commit 4be7ee0e). Equality across the move was proven for ChartQA "
        "only",
        "labels_public": "lmms-eval writes a submission for test",
        "download_bytes": "the same README",
        "known_issues": "README of Sakshi113/MMAU (v05.15.25); AudioLLMs/MMAU-mini-do-not-use; lmms-eval, tasks/mmau/utils.py",
    },
)
