"""TED-LIUM: English talks, cut into segments or whole."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNCOUNTED = Unknown(reason="no source that was read states the number of rows")

CARD = DatasetCard(
    key="tedlium",
    title="TED-LIUM",
    summary="English TED talks with transcripts in lower case: segments, and long recordings.",
    task_kinds=("speech-recognition",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "dev-test": SplitFacts(count=UNCOUNTED, protocol="what the copy calls tedlium_dev_test"),
        "long-form": SplitFacts(count=UNCOUNTED, protocol="what the copy calls tedlium_long_form"),
    },
    columns={"audio": "audio", "gt": "target: the transcript", "source": "meta.source"},
    source=HubSource(
        repo="lmms-lab-audio/tedlium",
        revision=Unknown(reason="no source that was read states a commit"),
        tables={
            "rows": Table(
                {"audio": Column("audio"), "gt": Column("string"), "source": Column("string")},
                config="{split}",
                split="val",
            )
        },
        samples=records("audio", target="gt", meta=("source",), language={"audio": "en"}),
        splits={"dev-test": "tedlium_dev_test", "long-form": "tedlium_long_form"},
    ),
    licence="CC-BY-NC-ND-3.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Rousseau, Deléglise and Estève: Enhancing the TED-LIUM Corpus with Selected Data for Language Modeling, LREC 2014",
    homepage="https://huggingface.co/datasets/lmms-lab-audio/tedlium",
    known_issues=(
        Issue(
            summary="whether dev-test holds the published validation talks, the test talks or both",
            count=Unknown(reason="the copy calls the split val and the configuration dev_test"),
            handling="named as the copy names it; compare a score only with scores on this copy",
        ),
        Issue(
            summary="segments of one talk are not known as such",
            count=Unknown(reason="no source that was read names a column for the talk"),
            handling="none; intervals are narrower than they would be over talks",
        ),
    ),
    evidence={
        "splits": "lmms-eval, tasks/tedlium/*.yaml: each configuration with the split val",
        "columns": "lmms-eval, tasks/tedlium/utils.py",
        "licence": "the page of LIUM/tedlium, the original",
    },
)
