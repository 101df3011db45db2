"""VoxPopuli: speeches in the European Parliament, in sixteen languages and in accented English."""

from mmbench.loaders.catalog.voxpopuli import ACCENTED, LANGUAGES
from mmbench.tasks.kinds.captioning import speech_task

TASKS = (
    *(speech_task("voxpopuli", f"VoxPopuli, {tag}", split=tag, subset=tag, language=tag) for tag in LANGUAGES),
    speech_task("voxpopuli", "VoxPopuli, accented English", split=ACCENTED, subset="en-accented"),
)
