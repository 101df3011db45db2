"""RAVDESS: actors speak two sentences in eight emotions, the sound."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import class_name, from_path, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

speaker = from_path("audio", r"-(\d{2})\.wav$")  # 03-01-06-01-02-01-12.wav: the last number is the actor
CLASSES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")

CARD = DatasetCard(
    key="ravdess",
    title="RAVDESS, speech",
    summary="1,440 acted clips of speech: 24 actors, two sentences, eight emotions.",
    task_kinds=("emotion-classification", "zero-shot-classification"),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={"all": SplitFacts(count=1440, protocol="one set without a published split")},
    columns={
        "audio": "audio; its file's name ends with the actor, which is the group (else the sound itself)",
        "labels": "target: the emotion",
    },
    source=HubSource(
        repo="mteb/RavdessZeroshot",
        revision="9ab83d763c01b2dec59d79a6dcb44691d2fb80ee",
        tables={"rows": Table({"audio": Column("audio"), "labels": Column("label", values=tuple(range(8)))})},
        samples=records(
            "audio",
            target=class_name("labels", CLASSES),
            group=lambda row: speaker(row) or row["audio"],
            meta={"speaker": speaker},
            language={"audio": "en"},
        ),
        splits={"all": "train"},
    ),
    licence="CC-BY-NC-SA-3.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Livingstone and Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song, PLOS ONE 13(5), 2018",
    homepage="https://huggingface.co/datasets/mteb/RavdessZeroshot",
    known_issues=(
        Issue(
            summary="clips that repeat another one (1,439 distinct of 1,440)",
            count=1,
            handling="none; both copies stay, in the group of their actor",
        ),
        Issue(
            summary="clips whose actor is known only by the name of the sound file, where upstream kept it",
            count=1440,
            handling="the actor is the group and stands in meta.speaker; where it is null, folds are not independent of the speaker",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats RavdessZeroshot: 1,440 samples in 8 classes, 96 of them in class 0, neutral",
        "columns": "mteb, tasks/zeroshot_classification/eng/ravdess.py, with the emotions in the order of their numbers",
        "source": "the same file pins this commit",
        "licence": "the metadata of that task; that of mteb's audio-visual form of the set says CC-BY-4.0",
        "known_issues": "those statistics: 1,439 distinct sounds",
    },
)
