"""Crisscrossed Captions: the pairs of Karpathy's COCO test split, mended and extended by people's ratings."""

from functools import partial

from mmbench.loaders.judgements import _eccv_caption
from mmbench.loaders.judgements.base import JudgementSet

TITLE = "Crisscrossed Captions (CxC) positives"
SET = JudgementSet(
    "cxc",
    TITLE,
    partial(
        _eccv_caption.read,
        "cxc",
        name="cxc",
        title=TITLE,
        licence="Apache-2.0",
        citation="Parekh et al.: Crisscrossed Captions, EACL 2021; as in eccv-caption 0.1.0",
    ),
)
