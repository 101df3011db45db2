"""AIR-Bench (foundation): multiple-choice questions on speech, sounds and music, nineteen tasks."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _split(what: str) -> SplitFacts:
    return SplitFacts(
        count=Unknown(reason="no source that was read states it; upstream speaks of about 19,000 questions in all"),
        protocol=f"configuration Foundation, split {what}",
    )


CARD = DatasetCard(
    key="air-bench-foundation",
    title="AIR-Bench (foundation)",
    summary="Single-choice questions that test single abilities on recordings: nineteen tasks of speech, sound and music.",
    task_kinds=("question-answering",),
    modalities=(Modality.AUDIO, Modality.TEXT),
    languages=("en",),
    splits={what: _split(what) for what in ("speech", "sound", "music")},
    columns={
        "uniq_id": "id",
        "audio": "audio, and the group",
        "question": "text",
        "choice_a … choice_d": "options; the last two may be missing",
        "answer_gt": "target: a choice as text",
        "task_name": "meta",
        "dataset_name": "meta: where the recording is from",
    },
    source=HubSource(
        repo="lmms-lab/AIR_bench",
        revision=Unknown(reason="the hub's page was seen with only the short id 6666216, of the other configuration"),
        tables={
            "rows": Table(
                {
                    "uniq_id": Column(
                        "label", values=tuple(range(8))
                    ),  # a number in a sample of the set; read as either
                    "audio": Column("audio"),
                    "question": Column("string"),
                    "choice_a": Column("string", values=("yes", "piano")),
                    "choice_b": Column("string", values=("no", "guitar")),
                    "choice_c": Column("string", values=("", "drums"), optional=True),
                    "choice_d": Column("string", values=("", "bass"), optional=True),
                    "answer_gt": Column("string", values=("no", "guitar")),
                    "task_name": Column(
                        "string", values=("Speaker_Gender_Recognition", "Music_Instruments_Classfication")
                    ),
                    "dataset_name": Column("string", values=("meld", "nsynth"), optional=True),
                },
                config="Foundation",
            )
        },
        samples=records(
            "audio",
            "question",
            id="uniq_id",
            target="answer_gt",
            options=lettered("choice_a", "choice_b", "choice_c", "choice_d"),
            group="audio",
            meta=("task_name", "dataset_name"),
            language={"question": "en"},
        ),
    ),
    licence="CC-BY-NC-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Yang et al.: AIR-Bench: Benchmarking Large Audio-Language Models via Generative Comprehension, ACL 2024",
    homepage="https://huggingface.co/datasets/lmms-lab/AIR_bench",
    known_issues=(
        Issue(
            summary="lmms-eval shows 'C. None' and 'D. None' for questions with two options",
            count=Unknown(reason="nobody counted the questions with fewer than four options"),
            handling="missing options do not exist",
        ),
        Issue(
            summary="lmms-eval picks a random letter where it can read none, and the first of two equal options as the right one",
            count=Unknown(reason="depends on the predictions"),
            handling="the target is the text of the choice; nothing in the card invites a guess",
        ),
        Issue(
            summary="lmms-eval spells the repository AIR_Bench, the hub's page AIR_bench",
            count=1,
            handling="the page's spelling",
        ),
    ),
    evidence={
        "splits": "lmms-eval, tasks/air_bench (configuration and splits); OFA-Sys/AIR-Bench, README (19 tasks, about 19k questions)",
        "columns": "lmms-eval, tasks/air_bench/utils.py; README of pbcong/AIR-bench-test, a sample by the same uploader (types)",
        "licence": "qyang1021/AIR-Bench-Dataset, README on the hub; the recordings keep the licences of their sets",
        "known_issues": "lmms-eval, tasks/air_bench/utils.py",
    },
)
