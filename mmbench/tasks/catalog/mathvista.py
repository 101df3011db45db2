"""MathVista: options, numbers and lists, read by rules or taken out of prose by a judge."""

from functools import partial

from mmbench.tasks.judges.extraction import VALUE
from mmbench.tasks.kinds.generation import generation_task
from mmbench.tasks.kinds.multiple_choice import Mixed
from mmbench.tasks.prompts import LETTER_OR_ANSWER

make = partial(generation_task, "mathvista", prompt=LETTER_OR_ANSWER, max_new_tokens=1024)
RULES, STRICT = Mixed(numbers=True), Mixed(numbers=True, strict=True)

TASKS = (
    make("MathVista (testmini)", "open", RULES, split="testmini"),
    make("MathVista (test, hidden labels)", "open", RULES, split="test", subset="test"),
    make("MathVista (testmini), with a judge", "judged", STRICT, split="testmini", judge=VALUE),
)
