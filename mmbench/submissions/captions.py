"""COCO captions and nocaps: a list of picture ids with a caption each."""

from collections.abc import Sequence
from typing import Any

from mmbench.submissions import Answer, Format, number


def _document(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"image_id": _picture(one), "caption": one.text} for one in answers]


def _picture(answer: Answer) -> int:
    """The picture's number: in the sample's meta where its id is the name of a file (COCO), else the id (nocaps)."""
    known = None if answer.sample is None else answer.sample.meta.get("image_id")
    return known if isinstance(known, int) else number(answer.id)


CAPTIONS = Format(
    "captions",
    "COCO's list of image_id and caption",
    ("coco-captions-2017", "nocaps"),
    _document,
    source="nocaps-org/updown-baseline, updown/utils/evalai.py (nocaps); lmms-eval, tasks/coco_cap/utils.py (COCO)",
    samples=True,
)
