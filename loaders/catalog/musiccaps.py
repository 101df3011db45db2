"""MusicCaps: ten-second pieces of music with descriptions by musicians."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import media_with_texts
from mmbench.samples import Modality

CARD = DatasetCard(
    key="musiccaps",
    title="MusicCaps",
    summary="Ten-second pieces of music of AudioSet, each with one long description by a musician.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.AUDIO, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=4281, protocol="all pieces that the repository holds, each with its description")},
    columns={
        "queries.id": "id",
        "queries.audio": "audio",
        "corpus.text": "text",
        "qrels": "which description belongs to which piece",
    },
    source=media_with_texts("mteb/MusicCaps_a2t", "fb2fffc9a93f729d1844dfac3f8c16386fbe226b", "audio"),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Agostinelli et al.: MusicLM: Generating Music From Text, 2023",
    homepage="https://huggingface.co/datasets/google/MusicCaps",
    known_issues=(
        Issue(
            summary="4,281 of the 5,521 published pieces are in the repository",
            count=1240,
            handling="this repository at this commit; numbers of papers on other copies are not comparable",
        ),
        Issue(
            summary="one piece stands under two ids (4,280 distinct sounds of 4,281)",
            count=1,
            handling="galleries hold distinct content; both descriptions are right for it",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats MusicCapsA2TRetrieval: 4,281 queries, documents and judgements",
        "source": "mteb, tasks/retrieval/zxx/music_caps.py pins this commit",
        "licence": "the metadata of that task, of the descriptions; the music belongs to its authors",
        "known_issues": "the same statistics; the page of google/MusicCaps (5,521)",
    },
)
