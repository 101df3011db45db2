"""Made-up sets with a known interplay of modalities: the class, by features; accuracy."""

from mmbench.samples import Modality
from mmbench.tasks.kinds.emotion import EmotionTask, class_task

FOUR = ("one", "two", "three", "four")


def _task(name: str, title: str, classes: tuple[str, ...] = FOUR) -> EmotionTask:
    return class_task(
        f"fusion-{name}",
        f"Fusion: {title} (made up)",
        "class",
        split="test",
        classes=classes,
        inputs=frozenset({Modality.FEATURES}),
        question="Which class is it?",
        primary="accuracy",
        training=("train", "validation"),
    )


TASKS = (
    _task("redundant", "redundant"),
    _task("unique", "unique"),
    _task("xor", "exclusive or"),
    _task("bilinear", "bilinear", FOUR[:2]),
    _task("gated", "gated"),
    _task("lagged", "lagged"),
)
