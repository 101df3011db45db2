"""Country211, zero-shot: in which country a photograph was taken."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "country-1",
    (
        "a photo taken in {}.",
        "a photo I took while visiting {}.",
    ),
)

TASK = zero_shot_task("country211", "Country211", TEMPLATES)
