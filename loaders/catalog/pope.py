"""POPE: is this object in the picture? Yes or no, with absent objects drawn at random, by frequency, or to mislead."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality


def _split(how: str) -> SplitFacts:
    return SplitFacts(
        count=3000, protocol=f"configuration Full, split {how}; the mean of the three F1 scores is reported"
    )


CARD = DatasetCard(
    key="pope",
    title="POPE",
    summary="Yes-or-no questions whether an object is in a COCO photograph; half of the objects are absent. It measures hallucination.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "random": _split("random (absent objects drawn at random)"),
        "popular": _split("popular (absent objects that are frequent)"),
        "adversarial": _split("adversarial (absent objects that often occur with those present)"),
    },
    columns={
        "image": "image",
        "question": "text",
        "answer": "target: yes or no",
        "image_source": "group: the photograph's name",
        "category": "meta: random, popular or adversarial; it equals the split's name",
        "question_id": "meta",
    },
    source=HubSource(
        repo="lmms-lab-encoder/POPE",
        revision="4db1276663dfa5eb8ad16a52d24c31a09e470896",
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "question": Column(
                        "string", values=("Is there a snowboard in the image?", "Is there a car in the image?")
                    ),
                    "answer": Column("string", values=("yes", "no")),
                    "image_source": Column(
                        "string", values=("COCO_val2014_000000310196",) * 6 + ("COCO_val2014_000000210789",)
                    ),
                    "category": Column("string", values=("random",)),
                    "question_id": Column("string", values=("1", "2", "3")),
                },
                config="Full",
            )
        },
        samples=records("image", "question", target="answer", group="image_source", meta=("category", "question_id")),
    ),
    licence=Unknown(reason="no source that was read states it; the pictures are COCO's"),
    access="open",
    labels_public=True,
    redistributable=False,
    download_bytes=255022914,
    citation="Li et al.: Evaluating Object Hallucination in Large Vision-Language Models, EMNLP 2023",
    homepage="https://huggingface.co/datasets/lmms-lab-encoder/POPE",
    known_issues=(
        Issue(
            summary="lmms-eval needs exactly the word yes or no: 42.33 % where the official script gives 77.77 % on 3,000 equal "
            "answers; its yes-ratio is computed from the gold answers and is always one half",
            count=Unknown(reason="depends on the predictions"),
            handling="answers stay the words yes and no; a score must name how it reads a prediction and how many it could not read",
        ),
        Issue(
            summary="an older random split has 2,910 questions, this one 3,000 (haotian-liu/LLaVA#626)",
            count=90,
            handling="the split of 3,000; scores on the other one are not comparable",
        ),
        Issue(
            summary="the three splits share photographs and their questions on present objects (VLMEvalKit keeps about 5,127 of the rows)",
            count=Unknown(reason="VLMEvalKit gives it as about 5,127 distinct of about 8,910"),
            handling="splits stay apart; the photograph is the group, so that intervals resample whole photographs",
        ),
    ),
    evidence={
        "splits": "the repository's README, as copied in MICV-yonsei/VisAttnSink (3,000 rows per split of Full)",
        "columns": "the same README (dataset_info); HELM, pope_scenario.py",
        "source": "the commit was seen on the page of lmms-lab/POPE; lmms-eval reads the renamed repository (its commit 4be7ee0e). "
        "Equality across the move was proven for ChartQA only",
        "download_bytes": "the same README",
        "known_issues": "lmms-eval, tasks/pope/utils.py; AoiDragon/POPE, evaluate.py, on equal answers; OpenCompass leaderboard",
    },
)
