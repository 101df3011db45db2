"""GigaSpeech: English from audiobooks, podcasts and videos, the test split."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="gigaspeech",
    title="GigaSpeech",
    summary="Segments of English audiobooks, podcasts and videos with transcripts; the test split.",
    task_kinds=("speech-recognition",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=Unknown(reason="nobody has counted the rows of this copy; one in ESB has 19,931"),
            protocol="the configuration test",
        )
    },
    columns={"audio": "audio", "gt": "target: the transcript"},
    source=HubSource(
        repo="lmms-lab-audio/gigaspeech",
        revision=Unknown(reason="no source that was read states a commit"),
        tables={"rows": Table({"audio": Column("audio"), "gt": Column("string")}, config="{split}")},
        samples=records("audio", target="gt", language={"audio": "en"}),
    ),
    licence=Unknown(
        reason="no source that was read states it for the copy; the original is gated, for non-commercial use"
    ),
    access="gated",
    labels_public=True,
    redistributable=False,
    citation="Chen et al.: GigaSpeech: An Evolving, Multi-domain ASR Corpus with 10,000 Hours of Transcribed Audio, Interspeech 2021",
    homepage="https://github.com/SpeechColab/GigaSpeech",
    known_issues=(
        Issue(
            summary="transcripts that repeat another one in the retrieval form that another benchmark made (5,601 distinct of 6,750)",
            count=1149,
            handling="the set is offered for recognition, not for retrieval",
        ),
        Issue(
            summary="segments of one recording are not known as such",
            count=Unknown(reason="no source that was read names a column for the recording in this copy"),
            handling="none; intervals are narrower than they would be over recordings",
        ),
    ),
    evidence={
        "splits": "lmms-eval, tasks/gigaspeech/gigaspeech_test.yaml: configuration test, split test",
        "columns": "lmms-eval, tasks/gigaspeech/utils.py",
        "access": "the page of speechcolab/gigaspeech; whether the copy has a gate of its own was not looked up",
        "known_issues": "mteb, descriptive_stats GigaSpeechA2TRetrieval",
    },
)
