"""GTZAN: pieces of music in ten genres."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="gtzan",
    title="GTZAN genres",
    summary="1,000 excerpts of 30 seconds of music, 100 for each of ten genres.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={"all": SplitFacts(count=1000, protocol="one set without a published split: cross-validate over groups")},
    columns={
        "audio": "audio, and group: excerpts with the same bytes",
        "label": "target: the genre, by name where the file names it",
    },
    source=HubSource(
        repo="mteb/gtzan-genre",
        revision="53efa094d18619a4e2bf36123192ec7a01a7d1bf",
        tables={"rows": Table({"audio": Column("audio"), "label": Column("label")})},
        samples=records("audio", target="label", group="audio", language=None),
        splits={"all": "train"},
    ),
    licence=Unknown(reason="mteb's metadata says: not specified"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Tzanetakis and Cook: Musical genre classification of audio signals, IEEE TSAP 10(5), 2002",
    homepage="https://huggingface.co/datasets/mteb/gtzan-genre",
    known_issues=(
        Issue(
            summary="excerpts that repeat another one (986 distinct of 1,000)",
            count=14,
            handling="copies share a group, so that no fold tests on what it trained on",
        ),
        Issue(
            summary="artists with several excerpts: random folds test on artists that were trained on",
            count=Unknown(reason="the copy has no column for the artist"),
            handling="none; the columns do not allow a split by artist",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats GTZANGenre: 1,000 samples, 100 per class",
        "source": "mteb, tasks/classification/zxx/gtzan_genre.py pins this commit",
        "known_issues": "mteb, descriptive_stats GTZANGenre: 986 distinct sounds",
    },
)
