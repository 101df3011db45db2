"""MMMU: multiple choice and open questions with pictures where they are named, read by MMMU's rules without its random guess."""

from mmbench.tasks.kinds.generation import generation_task
from mmbench.tasks.kinds.multiple_choice import Choice, Mixed
from mmbench.tasks.prompts import LETTER_OR_ANSWER

FORM = Mixed(Choice(tags=True))

TASKS = (
    generation_task("mmmu", "MMMU", "mcq", FORM, split="validation", prompt=LETTER_OR_ANSWER, max_new_tokens=1024),
    generation_task(
        "mmmu",
        "MMMU (test, hidden labels)",
        "mcq",
        FORM,
        split="test",
        subset="test",
        prompt=LETTER_OR_ANSWER,
        max_new_tokens=1024,
    ),
)
