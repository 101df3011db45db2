"""Speech Commands v0.02: one spoken word out of ten per second of sound."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import class_name, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CLASSES = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")

CARD = DatasetCard(
    key="speech-commands",
    title="Speech Commands v0.02, ten commands",
    summary="4,074 clips of one second, each with one of ten spoken English commands.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=4074, protocol="the clips of the ten commands in the published test split of v0.02")
    },
    columns={"audio": "audio, and group: clips with the same bytes", "label": "target: the word"},
    source=HubSource(
        repo="mteb/SpeechCommandsZeroshotv0.02",
        revision="d5491b288ab76356a5f3cbc634f1dc38e23da2b8",
        tables={"rows": Table({"audio": Column("audio"), "label": Column("label", values=tuple(range(10)))})},
        samples=records("audio", target=class_name("label", CLASSES), group="audio", language={"audio": "en"}),
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    citation="Warden: Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, arXiv 1804.03209, 2018",
    homepage="https://huggingface.co/datasets/mteb/SpeechCommandsZeroshotv0.02",
    attribution="Speech Commands by Google (Pete Warden), CC BY 4.0.",
    known_issues=(
        Issue(
            summary="clips that repeat another one (3,953 distinct of 4,074)",
            count=121,
            handling="copies share a group, so that intervals count them once",
        ),
        Issue(
            summary="clips of one speaker are not known as such",
            count=Unknown(reason="the copy has no column for the speaker"),
            handling="none; intervals are narrower than they would be over speakers",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats SpeechCommandsZeroshotv0.02: 4,074 samples in 10 classes",
        "columns": "mteb, tasks/zeroshot_classification/eng/speech_commands.py, with the words in the order of their numbers",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task",
        "known_issues": "the same statistics: 3,953 distinct sounds",
    },
)
