"""A-OKVQA: multiple choice on the validation split."""

from mmbench.tasks.kinds.multiple_choice import multiple_choice

TASKS = multiple_choice("a-okvqa", "A-OKVQA", split="validation")
