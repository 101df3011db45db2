"""LibriSpeech: read English audiobooks, the four parts for development and test."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNCOUNTED = Unknown(reason="nobody has counted the rows of this copy")
OFFICIAL = Unknown(reason="the official part has 2,620 utterances; nobody has counted the rows of this copy")

CARD = DatasetCard(
    key="librispeech",
    title="LibriSpeech",
    summary="Utterances of read English audiobooks with transcripts in capitals without punctuation; clean and harder speakers apart.",
    task_kinds=("speech-recognition",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "test-clean": SplitFacts(count=OFFICIAL, protocol="the published test-clean"),
        "test-other": SplitFacts(count=UNCOUNTED, protocol="the published test-other"),
        "dev-clean": SplitFacts(count=UNCOUNTED, protocol="the published dev-clean"),
        "dev-other": SplitFacts(count=UNCOUNTED, protocol="the published dev-other"),
    },
    columns={"audio": "audio", "gt": "target: the transcript", "source": "meta.source"},
    source=HubSource(
        repo="lmms-lab-audio/librispeech",
        revision=Unknown(reason="the hub's page shows only the short id 893618b"),
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "gt": Column("string", values=("MISTER QUILTER IS THE APOSTLE", "HE HOPED THERE WOULD BE STEW")),
                    "source": Column("string"),
                },
                config="{split}",
            )
        },
        samples=records("audio", target="gt", meta=("source",), language={"audio": "en"}),
        splits={
            "test-clean": "librispeech_test_clean",
            "test-other": "librispeech_test_other",
            "dev-clean": "librispeech_dev_clean",
            "dev-other": "librispeech_dev_other",
        },
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    citation="Panayotov et al.: LibriSpeech: an ASR corpus based on public domain audio books, ICASSP 2015",
    homepage="https://www.openslr.org/12",
    attribution="LibriSpeech by Panayotov et al., CC BY 4.0.",
    known_issues=(
        Issue(
            summary="utterances of one speaker are not known as such",
            count=Unknown(reason="the copy has no column for speaker or chapter"),
            handling="none; intervals are narrower than they would be over speakers",
        ),
    ),
    evidence={
        "splits": "lmms-eval, tasks/librispeech/*.yaml: each configuration has one split of the same name",
        "columns": "lmms-eval, tasks/librispeech/utils.py",
        "licence": "openslr.org, SLR12",
    },
)
