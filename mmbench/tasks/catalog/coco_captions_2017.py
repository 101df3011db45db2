"""COCO captions 2017: the validation pictures, and the test pictures, whose captions are hidden."""

from mmbench.tasks.kinds.captioning import caption_task

TASKS = (
    caption_task("coco-captions-2017", "COCO 2017 (val)", split="val"),
    caption_task("coco-captions-2017", "COCO 2017 (test, hidden labels)", split="test", subset="test"),
)
