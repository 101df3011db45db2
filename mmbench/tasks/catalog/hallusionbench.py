"""HallusionBench: accuracy of answers (aAcc), figures (fAcc) and questions (qAcc), by rule and by a judge, as published."""

from functools import partial

from mmbench.tasks.judges.verdict import VERDICT
from mmbench.tasks.kinds.generation import generation_task
from mmbench.tasks.kinds.question_answering import YesNo
from mmbench.tasks.prompts import YES_NO

FORM = YesNo(groups=(("figure", "figure"), ("question", "question")))
make = partial(generation_task, "hallusionbench", form=FORM, prompt=YES_NO)

TASKS = (
    make("HallusionBench, questions with a figure", "yes-no", split="image"),
    make("HallusionBench, questions without a figure", "yes-no", split="non_image", subset="non-image"),
    make("HallusionBench, questions with a figure, judged", "judged", split="image", judge=VERDICT, max_new_tokens=256),
)
