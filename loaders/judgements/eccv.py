"""ECCV Caption: matches in Karpathy's COCO test split that machines found and people confirmed, for 1,261 pictures and 1,332 captions."""

from functools import partial

from mmbench.loaders.judgements import _eccv_caption
from mmbench.loaders.judgements.base import JudgementSet

TITLE = "ECCV Caption"
SET = JudgementSet(
    "eccv",
    TITLE,
    partial(
        _eccv_caption.read,
        "eccv",
        name="eccv",
        title=TITLE,
        licence="MIT",
        citation="Chun et al.: ECCV Caption: Correcting False Negatives by Collecting Machine-and-Human-verified Image-Caption "
        "Associations for MS-COCO, ECCV 2022",
    ),
)
