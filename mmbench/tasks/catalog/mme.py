"""MME: two questions per picture; accuracy, accuracy+ and the sums over subtasks."""

from mmbench.tasks.kinds.generation import generation_task
from mmbench.tasks.kinds.question_answering import YesNo
from mmbench.tasks.prompts import PLAIN

TASK = generation_task("mme", "MME", "yes-no", YesNo(mme=True), split="test", primary="accuracy_plus", prompt=PLAIN)
