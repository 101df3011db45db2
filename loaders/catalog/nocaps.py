"""nocaps: captions of pictures with objects that COCO does not show."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="nocaps",
    title="nocaps",
    summary="Pictures from Open Images with ten captions each, many of objects that captioners trained on COCO have not seen.",
    task_kinds=("captioning",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=4500, protocol="the published validation split, with its captions"),
        "test": SplitFacts(
            count=10600, protocol="the published test split: pictures only, scored by the authors' server"
        ),
    },
    columns={
        "image_id": "id",
        "image": "image",
        "annotations_captions": "text, one part per caption; none in the test split",
        "image_open_images_id": "meta: open_images_id",
    },
    source=HubSource(
        repo="lmms-lab-encoder/NoCaps",
        revision=Unknown(reason="no source that was read pins a commit; lmms-eval reads whatever the branch holds"),
        tables={
            "rows": Table(
                {
                    "image_id": Column("integer"),
                    "image": Column("image"),
                    "annotations_captions": Column(
                        "strings",
                        values=(("A baby is standing by a wall.", "A child in a room."), ("A car.", "A red car.")),
                        optional=True,
                    ),
                    "image_open_images_id": Column("string"),
                }
            )
        },
        samples=records(
            "image", "annotations_captions", id="image_id", meta={"open_images_id": "image_open_images_id"}
        ),
    ),
    licence=Unknown(reason="the repository's page states none (another copy, HuggingFaceM4/NoCaps, says CC-BY-2.0)"),
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Agrawal et al.: nocaps: novel object captioning at scale, ICCV 2019",
    homepage="https://nocaps.org/",
    known_issues=(
        Issue(
            summary="the repository does not say which pictures are in-domain, near-domain or out-of-domain, which papers report apart",
            count=15100,
            handling="one number over all pictures",
        ),
    ),
    evidence={
        "splits": "the README of lmms-lab/NoCaps, the repository's former name: validation 4,500, test 10,600",
        "columns": "the same README; lmms-eval, tasks/nocaps/utils.py",
        "source": "lmms-eval, tasks/nocaps/nocaps_val.yaml",
        "labels_public": "lmms-eval writes a submission file for the test split",
        "known_issues": "the columns in the same README",
    },
)
