"""Captions of pictures and sounds; CIDEr-D has no upper end that means perfect, so that the suite ranks and has no score."""

from mmbench.tasks.suites import Suite

CAPTIONS = Suite(
    name="captions-2026.1",
    title="Captions",
    aggregation="none",
    tasks={
        "coco-karpathy.caption": 1,
        "nocaps.caption": 1,
        "flickr30k.caption": 1,
        "flickr8k.caption": 1,
        "multi30k.de.caption": 1,
        "multi30k.fr.caption": 1,
        "multi30k.cs.caption": 1,
        "audiocaps.caption": 1,
        "clotho.caption": 1,
        "musiccaps.caption": 1,
    },
    beside=("coco-captions-2017.caption",),
)
