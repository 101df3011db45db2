"""Multi30k: Flickr30k pictures with one English caption and its translations into German, French and Czech."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="multi30k",
    title="Multi30k",
    summary="Flickr30k pictures with one English caption and its translations into German, French and Czech.",
    task_kinds=("retrieval", "captioning"),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en", "de", "fr", "cs"),
    splits={
        "train": SplitFacts(count=29000, protocol="the repository's train split"),
        "validation": SplitFacts(count=1014, protocol="the repository's validation split"),
        "test": SplitFacts(
            count=1000, protocol="the repository's test split: one sample per picture, with a text in each language"
        ),
    },
    columns={
        "image": "image",
        "en": "first text, English",
        "de": "second text, German",
        "fr": "third text, French",
        "cs": "fourth text, Czech",
    },
    source=HubSource(
        repo="romrawinjp/multi30k",
        revision="54218e32a3eeb7a49a9205cac037bfe80048ae1e",
        tables={
            "rows": Table(
                {
                    "en": Column("string", values=("Two dogs run.", "A red boat.")),
                    "cs": Column("string", values=("Dva psi běží.", "Červená loď.")),
                    "de": Column("string", values=("Zwei Hunde laufen.", "Ein rotes Boot.")),
                    "fr": Column("string", values=("Deux chiens courent.", "Un bateau rouge.")),
                    "image": Column("image"),
                }
            )
        },
        samples=records("image", "en", "de", "fr", "cs", language={"en": "en", "de": "de", "fr": "fr", "cs": "cs"}),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Elliott et al.: Multi30K: Multilingual English-German Image Descriptions, VL 2016; French and Czech of WMT 2017 and 2018",
    homepage="https://github.com/multi30k/dataset",
    known_issues=(
        Issue(
            summary="the pictures are Flickr30k's, so a model trained on Flickr30k has seen the train split's",
            count=Unknown(reason="the pictures of the two sets were not compared"),
            handling="none; report the test split only",
        ),
        Issue(
            summary="published numbers are on test_2016_flickr, test_2017_flickr or test_2017_mscoco; the repository does not say "
            "which one its test split is (1,000 rows fit the first two)",
            count=1000,
            handling="used as the repository's test split; compare with papers only after a look at its texts",
        ),
    ),
    evidence={
        "splits": "the repository's README: train 29,000, validation 1,014, test 1,000",
        "columns": "the same README",
        "source": "the hub's list of commits: the last that touches data; later ones change the README",
        "licence": "the repository's page; it does not cover the pictures, which are Flickr30k's",
        "known_issues": "the page of AllenNella/multi30k: test2016 1,000, test2017 1,000, testcoco 461",
    },
)
