"""POPE: whether an object is in the picture, by how the absent objects were drawn; boards rank by F1."""

from mmbench.tasks.kinds.generation import generation_task
from mmbench.tasks.kinds.question_answering import YesNo
from mmbench.tasks.prompts import YES_NO

TASKS = tuple(
    generation_task("pope", f"POPE, {how}", "yes-no", YesNo(), split=how, subset=how, primary="f1", prompt=YES_NO)
    for how in ("random", "popular", "adversarial")
)
