"""The pairs that COCO itself published for Karpathy's test split: five captions per picture, one picture per caption."""

from functools import partial

from mmbench.loaders.judgements import _eccv_caption
from mmbench.loaders.judgements.base import JudgementSet

TITLE = "COCO captions (Karpathy 5K test, published pairs)"
SET = JudgementSet(
    "coco",
    TITLE,
    partial(
        _eccv_caption.read,
        "original",
        name="coco",
        title=TITLE,
        licence="MIT",
        citation="Chen et al.: Microsoft COCO Captions, 2015; split of Karpathy and Fei-Fei, CVPR 2015; ids as in eccv-caption 0.1.0",
    ),
)
