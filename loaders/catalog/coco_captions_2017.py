"""MS COCO captions, the validation and test pictures of the 2017 split."""

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def coco_id(row: Row) -> int:
    """The picture's number in COCO, which is the name of its file."""
    digits: str = row["question_id"].split("_")[-1].split(".")[0]
    if not (digits.isascii() and digits.isdigit()):
        raise UserError(f"question_id {row['question_id']!r} names no picture of COCO: the upstream changed its ids.")
    return int(digits)


CARD = DatasetCard(
    key="coco-captions-2017",
    title="MS COCO captions 2017",
    summary="Photographs of everyday scenes with five captions each or a few more, in the split of 2017.",
    task_kinds=("captioning",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "val": SplitFacts(count=5000, protocol="val2017, which is not Karpathy's test split"),
        "test": SplitFacts(count=40670, protocol="test2017: pictures only, scored by COCO's server"),
    },
    columns={
        "question_id": "id; its number is meta: image_id, the picture's COCO id",
        "image": "image",
        "answer": "text, one part per caption; none in the test split",
    },
    source=HubSource(
        repo="lmms-lab-encoder/COCO-Caption2017",
        revision="336b06165226abcbb51ea39c63f5726216b388b6",
        tables={
            "rows": Table(
                {
                    "question_id": Column("string", values=tuple(f"{number:012d}.jpg" for number in range(139, 147))),
                    "image": Column("image"),
                    "answer": Column(
                        "strings", values=(("A woman in a kitchen.", "A person in a room."),), optional=True
                    ),
                }
            )
        },
        samples=records("image", "answer", id="question_id", meta={"image_id": coco_id}),
    ),
    licence=Unknown(reason="the repository's page states none"),
    access="open",
    labels_public=False,
    redistributable=False,
    citation="Lin et al.: Microsoft COCO, ECCV 2014; Chen et al.: Microsoft COCO Captions, 2015",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/COCO-Caption2017",
    known_issues=(
        Issue(
            summary="SugarCrepe is made from the same pictures and captions (val2017)",
            count=Unknown(reason="the pictures of the two sets were not compared"),
            handling="none; do not train on one and report the other",
        ),
    ),
    evidence={
        "splits": "the README of lmms-lab/COCO-Caption2017, the repository's former name: val 5,000, test 40,670",
        "columns": "the same README; lmms-eval, tasks/coco_cap/utils.py (question_id is the name of the picture's file)",
        "source": "the commit was read on the page under the former name; a renamed repository keeps its commits",
        "labels_public": "lmms-eval writes a submission file for the test split",
    },
)
