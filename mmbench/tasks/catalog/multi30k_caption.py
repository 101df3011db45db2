"""Multi30k: captions of pictures in four languages, one reference each."""

from mmbench.tasks.kinds.captioning import caption_task
from mmbench.tasks.prompts import caption_in

NAMES = {"en": "English", "de": "German", "fr": "French", "cs": "Czech"}

TASKS = tuple(
    caption_task(
        "multi30k", f"Multi30k, {name}", split="test", subset=language, language=language, prompt=caption_in(name)
    )
    for language, name in NAMES.items()
)
