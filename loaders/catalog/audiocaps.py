"""AudioCaps: ten-second sounds of YouTube videos with captions written by people."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.shapes import media_with_texts
from mmbench.samples import Modality

CARD = DatasetCard(
    key="audiocaps",
    title="AudioCaps",
    summary="Ten-second sounds of AudioSet with captions written by people: 883 sounds, 4,411 captions.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.AUDIO, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=883, protocol="the repository's test split: one sample per sound, with its one to five captions"
        )
    },
    columns={
        "queries.id": "id",
        "queries.audio": "audio",
        "corpus.text": "text, in the order of the judgements",
        "qrels": "which captions belong to which sound",
    },
    source=media_with_texts("mteb/audiocaps_a2t", "acfbf827c27f81787800129443780c072dc8ae62", "audio"),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Kim et al.: AudioCaps: Generating Captions for Audios in The Wild, NAACL 2019",
    homepage="https://huggingface.co/datasets/mteb/audiocaps_a2t",
    known_issues=(
        Issue(
            summary="captions repeat: 4,201 distinct texts of 4,411, yet each is judged right for one sound only",
            count=210,
            handling="galleries hold distinct content; every sound with that caption is right for it",
        ),
        Issue(
            summary="copies differ in which sounds they still have: 4,411 test captions here, 4,400 and 4,875 elsewhere",
            count=464,
            handling="this repository at this commit; numbers of papers on other copies are not comparable",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats AudioCapsA2TRetrieval: 883 queries, 4,411 documents, 4,411 judgements",
        "source": "mteb, tasks/retrieval/multilingual/audio_caps.py pins this commit",
        "licence": "the metadata of that task; it does not cover the sounds, which are YouTube's users'",
        "known_issues": "the same statistics; the pages of d0rj/audiocaps (4,875) and jp1924/AudioCaps (4,400)",
    },
)
