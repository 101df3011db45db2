"""CREMA-D: actors speak twelve sentences in six emotions."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import class_name, from_path, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

speaker = from_path("audio", r"(?:^|/)(\d{4})_")  # 1001_IEO_ANG_HI.wav
CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad")

CARD = DatasetCard(
    key="crema-d",
    title="CREMA-D, sound",
    summary="7,442 acted clips of speech: 91 actors, twelve sentences, six emotions.",
    task_kinds=("emotion-classification", "zero-shot-classification"),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={"all": SplitFacts(count=7442, protocol="one set without a published split")},
    columns={
        "audio": "audio; its file's name begins with the actor, which is the group (else the sound itself)",
        "label": "target: the emotion",
    },
    source=HubSource(
        repo="mteb/crema-d",
        revision="a9d0821955c418752248b8310438854e56a1cf34",
        tables={"rows": Table({"audio": Column("audio"), "label": Column("label", values=tuple(range(6)))})},
        samples=records(
            "audio",
            target=class_name("label", CLASSES),
            group=lambda row: speaker(row) or row["audio"],
            meta={"speaker": speaker},
            language={"audio": "en"},
        ),
        splits={"all": "train"},
    ),
    licence="ODbL-1.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Cao et al.: CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, IEEE TAC 5(4), 2014",
    homepage="https://huggingface.co/datasets/mteb/crema-d",
    known_issues=(
        Issue(
            summary="clips that repeat another one (7,439 distinct of 7,442)",
            count=3,
            handling="none; both copies stay, in the group of their actor",
        ),
        Issue(
            summary="clips whose actor also stands in the other part of a random split, as in splits that papers use",
            count=7442,
            handling="the actor, read from the sound file's name, is the group and stands in meta.speaker; keep groups whole",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats CREMA_D: 7,442 samples",
        "columns": "mteb, tasks/classification/eng/cremad.py names the emotions; their order agrees with 1,087 clips of class 4, neutral",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task",
        "known_issues": "those statistics: 7,439 distinct sounds; lihongcs/AGM, issues 1 and 2, on splits that share actors",
    },
)
