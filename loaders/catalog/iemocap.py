"""IEMOCAP: two actors talk, each turn labelled with an emotion, the sound."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.samples import Modality

EMOTIONS = ("neutral", "frustrated", "angry", "sad", "happy", "excited", "surprise", "fear", "other", "disgust")


def _emotion(row: Row) -> str:
    return str(row["major_emotion"]).lower()


CARD = DatasetCard(
    key="iemocap",
    title="IEMOCAP, sound",
    summary="10,039 turns of acted and improvised talks between two people, each with the emotion that most annotators gave it.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={"all": SplitFacts(count=10039, protocol="one set without a published split")},
    columns={"audio": "audio", "major_emotion": "target: the emotion, in lower case", "gender": "meta.gender"},
    source=HubSource(
        repo="mteb/iemocap",
        revision="6d4225271da423e791e16770d335cfa351cdf88e",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "major_emotion": Column("string", values=EMOTIONS),
                    "gender": Column("string", values=("Female", "Male")),
                }
            )
        },
        samples=records("audio", target=_emotion, meta=("gender",), language={"audio": "en"}),
        splits={"all": "train"},
    ),
    licence="CC-BY-NC-SA-3.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Busso et al.: IEMOCAP: interactive emotional dyadic motion capture database, LRE 42(4), 2008",
    homepage="https://huggingface.co/datasets/mteb/iemocap",
    known_issues=(
        Issue(
            summary="turns that cannot be split by session: the usual protocol leaves one of five sessions out, and no column that was "
            "read names the session",
            count=10039,
            handling="none; a score on random folds trains on the speakers that it tests on and is not comparable with that protocol",
        ),
        Issue(
            summary="turns that have an emotion here and no agreed one in the original release",
            count=2507,
            handling="kept with the emotion of the copy; the four-class form of the literature cannot be made from it exactly",
        ),
        Issue(
            summary="turns of the classes disgust (2) and other (26), too few to learn or to score",
            count=28,
            handling="kept; report scores per class",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats IEMOCAPEmotion: 10,039 samples, all distinct, in the upstream's split train",
        "columns": "mteb, tasks/classification/eng/iemocap_emotion.py and iemocap_gender.py",
        "source": "the same files pin this commit",
        "licence": "the metadata of those tasks; the original asks for a signed agreement",
        "known_issues": "those statistics, per class; a count of the original release by tsagketas/demokritos-ml-project on GitHub",
    },
)
