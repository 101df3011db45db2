"""Common Voice 15: sentences read by volunteers, test splits in English, French and Chinese."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _split(about: str) -> SplitFacts:
    return SplitFacts(
        count=Unknown(reason=f"the hub's viewer shows {about}, rounded"),
        protocol="the test split of the language",
    )


CARD = DatasetCard(
    key="common-voice-15",
    title="Common Voice 15 (English, French, Chinese)",
    summary="Sentences read aloud by volunteers, with the sentence as transcript; one split per language.",
    task_kinds=("speech-recognition",),
    modalities=(Modality.AUDIO,),
    languages=("en", "fr", "zh-CN"),
    splits={"en": _split("16.4k"), "fr": _split("16.1k"), "zh-CN": _split("10.6k")},
    columns={
        "audio": "audio",
        "sentence": "target: the transcript, with capitals and punctuation",
        "path": "meta.path",
    },
    source=HubSource(
        repo="lmms-lab-audio/common_voice_15",
        revision=Unknown(reason="the hub's page shows only the short id 7d3ddd7"),
        tables={
            "rows": Table(
                {"audio": Column("audio"), "sentence": Column("string"), "path": Column("string")},
                config="{split}",
                split="test",
            )
        },
        samples=records("audio", target="sentence", meta=("path",), language={"audio": "{split}"}),
    ),
    licence=Unknown(reason="no source that was read states it for version 15; copies of versions 17 and 21 are CC0"),
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Ardila et al.: Common Voice: A Massively-Multilingual Speech Corpus, LREC 2020",
    homepage="https://huggingface.co/datasets/lmms-lab-audio/common_voice_15",
    known_issues=(
        Issue(
            summary="sentences of one speaker are not known as such",
            count=Unknown(reason="no source that was read names a column for the speaker"),
            handling="none; intervals are narrower than they would be over speakers",
        ),
    ),
    evidence={
        "splits": "lmms-eval, tasks/common_voice_15/*.yaml: a configuration per language, split test",
        "columns": "lmms-eval, tasks/common_voice_15/utils.py",
    },
)
