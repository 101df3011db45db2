"""ARO's Visual Genome Attribution: two things with an attribute each, and the same with the attributes swapped."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="aro-vg-attribution",
    title="ARO Visual Genome Attribution",
    summary="Visual Genome pictures with two attributes (the crouched cat and the open door) and their swap.",
    task_kinds=("compositional-choice",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=28748, protocol="all pairs, each weighing the same")},
    columns={"image": "image, group", "true_caption": "first option, target", "false_caption": "second option"},
    source=HubSource(
        repo="mteb/ARO-Visual-Attribution",
        revision="25fe9b460426ff67cdb0608a737c94f8f49a901e",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "true_caption": Column("string", values=("the crouched cat and the open door",)),
                    "false_caption": Column("string", values=("the open cat and the crouched door",)),
                }
            )
        },
        samples=records(
            "image", options=lettered("true_caption", "false_caption"), target="true_caption", group="image"
        ),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Yuksekgonul et al.: When and why vision-language models behave like bags-of-words, and what to do about it?, ICLR 2023",
    homepage="https://openreview.net/forum?id=KRLUvxh8uaX",
    known_issues=(
        Issue(
            summary="the right caption always comes first, so that a scorer whose ties go to the first option gives 100 % to a model that "
            "scores everything alike",
            count=28748,
            handling="ties count their expected value: such a model gets exactly chance",
        ),
        Issue(
            summary="captions repeat: 52,146 distinct texts among 57,496",
            count=5350,
            handling="kept; intervals resample whole pictures where two samples hold the same picture",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats AROVisualAttribution: 28,748",
        "columns": "mteb, tasks/image_text_pair_classification/eng/aro_visual_attribution.py",
        "source": "that task pins this commit",
        "licence": "the metadata of that task; it does not cover the pictures, which are Visual Genome's",
        "known_issues": "the same statistics; CLIP_benchmark's and mteb's scoring rules run on constant scores",
    },
)
