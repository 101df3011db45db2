"""COCO, Karpathy's test: captions of pictures."""

from mmbench.tasks.kinds.captioning import caption_task

TASK = caption_task("coco-karpathy", "COCO, Karpathy's test", split="test")
