"""ARO's Visual Genome Relation: a relation between two things, and the same with the two swapped."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="aro-vg-relation",
    title="ARO Visual Genome Relation",
    summary="Visual Genome pictures with a relation (the horse is eating the grass) and its swap (the grass is eating the horse).",
    task_kinds=("compositional-choice",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=23937,
            protocol="all pairs; meta holds the relation, since the paper reports the mean over relations",
        )
    },
    columns={
        "image": "image, group",
        "true_caption": "first option, target",
        "false_caption": "second option",
        "relation_name": "meta: relation",
    },
    source=HubSource(
        repo="mteb/ARO-Visual-Relation",
        revision="53c1115ab5871ab33b09d5bb8856236d46bdaf2d",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "true_caption": Column(
                        "string", values=("the horse is eating the grass", "the cup is on the table")
                    ),
                    "false_caption": Column(
                        "string", values=("the grass is eating the horse", "the table is on the cup")
                    ),
                    "relation_name": Column("string", values=("eating", "on")),
                }
            )
        },
        samples=records(
            "image",
            options=lettered("true_caption", "false_caption"),
            target="true_caption",
            group="image",
            meta={"relation": "relation_name"},
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
            count=23937,
            handling="ties count their expected value: such a model gets exactly chance",
        ),
        Issue(
            summary="captions repeat: 26,706 distinct texts among 47,874, since many pairs name the same two things",
            count=21168,
            handling="kept; intervals resample whole pictures where two samples hold the same picture",
        ),
        Issue(
            summary="the paper scores the crop around the two things; here each row has a box besides its picture, and 3.2 GB of rows in "
            "0.8 GB of files suggest whole pictures that repeat",
            count=Unknown(reason="the pictures were not looked at"),
            handling="pictures are used as they are stored; compare with the paper only after a look at them",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats AROVisualRelation: 23,937; the repository's README: the same",
        "columns": "the repository's README (relation_name among them); mteb, aro_visual_relation.py",
        "source": "that task pins this commit",
        "licence": "the metadata of that task; it does not cover the pictures, which are Visual Genome's",
        "known_issues": "the same statistics; the README's box and sizes; the scoring rules of CLIP_benchmark and mteb on constant scores",
    },
)
