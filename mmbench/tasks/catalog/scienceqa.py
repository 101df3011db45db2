"""ScienceQA: multiple choice on all questions of the test split, and on those with a picture."""

from mmbench.tasks.kinds.multiple_choice import multiple_choice

TASKS = (
    *multiple_choice("scienceqa", "ScienceQA", split="test"),
    *multiple_choice("scienceqa", "ScienceQA, questions with a picture", split="test-img", subset="img"),
)
