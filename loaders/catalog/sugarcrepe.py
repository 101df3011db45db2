"""SugarCrepe: a picture, its caption and a fluent negative that differs in one object, attribute or relation."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import lettered, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="sugarcrepe",
    title="SugarCrepe",
    summary="A COCO picture, its caption and a hard negative. Seven subsets: add_att 692, add_obj 2,062, replace_att 788, "
    "replace_obj 1,652, replace_rel 1,406, swap_att 666, swap_obj 245; 7,511 in all.",
    task_kinds=("compositional-choice",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=7511, protocol="all seven subsets; the upstream calls the split train")},
    columns={"images": "image, group", "caption": "first option, target", "negative_caption": "second option"},
    source=HubSource(
        repo="mteb/SUGARCREPE_fmt",
        revision="e9e0e3ce40c94023c819d3413edb5d090ec9f0d8",
        tables={
            "rows": Table(
                {
                    "images": Column("image"),
                    "caption": Column("string", values=("A man in a hat eats a hot dog.", "A cat on a bed.")),
                    "negative_caption": Column("string", values=("A hot dog in a hat eats a man.", "A dog on a bed.")),
                }
            )
        },
        samples=records("images", options=lettered("caption", "negative_caption"), target="caption", group="images"),
        splits={"test": "train"},
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Hsieh et al.: SugarCrepe: Fixing Hackable Benchmarks for Vision-Language Compositionality, NeurIPS 2023",
    homepage="https://github.com/RAIVNLab/sugar-crepe",
    known_issues=(
        Issue(
            summary="the right caption always comes first, so that a scorer whose ties go to the first option gives 100 % to a model that "
            "scores everything alike",
            count=7511,
            handling="ties count their expected value: such a model gets exactly chance",
        ),
        Issue(
            summary="caption and negative hold the same words in another order, which a model without word order cannot tell apart",
            count=572,
            handling="kept; such a model gets chance on them",
        ),
        Issue(
            summary="the repository does not name the subset of a row, although the paper reports the seven subsets apart",
            count=7511,
            handling="one number over all pairs, in which large subsets weigh more; not comparable with the paper's table",
        ),
    ),
    evidence={
        "summary": "the counts of RAIVNLab/sugar-crepe, data/*.json",
        "splits": "mteb, descriptive_stats SugarCrepe: 7,511; tasks/image_text_pair_classification/eng/sugar_crepe.py renames the split",
        "columns": "that task",
        "source": "that task pins this commit",
        "licence": "the metadata of that task; it does not cover the pictures, which are COCO's val2017",
        "known_issues": "the same task's description (572 pairs); CLIP_benchmark's and mteb's scoring rules run on constant scores",
    },
)
