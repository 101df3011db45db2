"""FLEURS: sentences read aloud in 102 languages."""

from mmbench.loaders.catalog.fleurs import SPLITS
from mmbench.tasks.kinds.captioning import speech_task

TASKS = tuple(
    speech_task("fleurs", f"FLEURS, {tag}", split=tag, subset=tag.partition("-")[0], language=tag) for tag in SPLITS
)
