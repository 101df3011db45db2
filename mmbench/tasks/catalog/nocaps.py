"""NoCaps: captions of objects that COCO does not name; the captions of the test pictures are hidden."""

from mmbench.tasks.kinds.captioning import caption_task

TASKS = (
    caption_task("nocaps", "NoCaps (validation)", split="validation"),
    caption_task("nocaps", "NoCaps (test, hidden labels)", split="test", subset="test"),
)
