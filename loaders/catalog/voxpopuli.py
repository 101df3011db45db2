"""VoxPopuli: speeches in the European Parliament, transcribed, in sixteen languages and in accented English."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

LANGUAGES = ("en", "de", "fr", "es", "pl", "it", "ro", "hu", "cs", "nl", "fi", "hr", "sk", "sl", "et", "lt")
ACCENTED = "en-x-accented"  # a private tag of BCP 47, so that the split's name is the language of its speech


def _transcript(row: Row) -> str:
    """The normalized text; the raw one where there is no other."""
    return str(row["normalized_text"] or row["raw_text"] or "")


def _speaker(row: Row) -> str | None:
    """Unknown speakers are not one speaker."""
    return None if row["speaker_id"] in (None, "", "None") else str(row["speaker_id"])


CARD = DatasetCard(
    key="voxpopuli",
    title="VoxPopuli",
    summary="Speeches in the European Parliament with transcripts, cut into utterances: the test splits of 16 languages, and "
    "English spoken with other accents.",
    task_kinds=("speech-recognition",),
    modalities=(Modality.AUDIO,),
    languages=LANGUAGES,
    splits={
        **{
            language: SplitFacts(
                count=Unknown(reason="no source that was read states the number of rows at this commit"),
                protocol="the published test split of the language",
            )
            for language in LANGUAGES
        },
        ACCENTED: SplitFacts(count=8387, protocol="accented English, which has a test split only"),
    },
    columns={
        "audio": "audio",
        "normalized_text": "target: the transcript, in lower case; raw_text where it is empty",
        "audio_id": "id",
        "speaker_id": "group",
        "gender, accent, is_gold_transcript": "meta",
    },
    source=HubSource(
        repo="facebook/voxpopuli",
        revision="42f01879c780b4a2e90ec0b4f616c2ece526e4f1",
        tables={
            "rows": Table(
                {
                    "audio_id": Column("string"),
                    "audio": Column("audio"),
                    "normalized_text": Column(
                        "string", values=("poast genitalnog", "we have to act", ""), optional=True
                    ),
                    "raw_text": Column("string", values=("", "We have to act.", "Thank you."), optional=True),
                    "speaker_id": Column("string", values=("119431", "119431", "28115", "None"), optional=True),
                    "gender": Column("string", values=("male", "female", "na"), optional=True),
                    "accent": Column("string", values=("None", "en_ro"), optional=True),
                    "is_gold_transcript": Column("boolean"),
                },
                config="{split}",
                split="test",
            )
        },
        samples=records(
            "audio",
            id="audio_id",
            target=_transcript,
            group=_speaker,
            meta=("gender", "accent", "is_gold_transcript"),
            language={"audio": "{split}"},
        ),
        splits={ACCENTED: "en_accented"},
    ),
    licence="CC0-1.0, and other terms for the recordings",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Wang et al.: VoxPopuli: A Large-Scale Multilingual Speech Corpus for Representation Learning, ACL 2021",
    homepage="https://huggingface.co/datasets/facebook/voxpopuli",
    known_issues=(
        Issue(
            summary="splits whose old archives the upstream deleted (sl, in commit b177b89c) when it moved from a loading script to "
            "Parquet: what was not pinned changed under its users",
            count=1,
            handling="pinned to a commit that holds every language as Parquet",
        ),
        Issue(
            summary="recordings without any sound after the header, in accented English",
            count=13,
            handling="kept: each fails as a sample and is counted",
        ),
        Issue(
            summary="utterances with an empty normalized text",
            count=Unknown(reason="reported, not counted"),
            handling="the raw text is the target there",
        ),
    ),
    evidence={
        "splits": "code on GitHub that pins this commit counts 8,387 rows in en_accented, 13 of them without sound",
        "columns": "the repository's page; code on GitHub that pins this commit reads these columns",
        "source": "code on GitHub that pins this commit and reads <language>/test-*.parquet",
        "licence": "the repository's page: cc0-1.0 and other",
    },
)
