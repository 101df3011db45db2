"""FGVC-Aircraft, zero-shot, by the mean over variants as in Radford et al. 2021, whose prompts these are."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task
from mmbench.tasks.labels import Labels

TEMPLATES = Templates(
    "aircraft-1",
    (
        "a photo of a {}, a type of aircraft.",
        "a photo of the {}, a type of aircraft.",
    ),
)

TASK = zero_shot_task(
    "fgvc-aircraft",
    "FGVC-Aircraft",
    TEMPLATES,
    labels=Labels("fgvc-aircraft", per_class=True),
    primary="balanced_accuracy",
)
