"""OK-VQA: open questions that need knowledge, with the soft accuracy of VQA v2, whose script its authors use."""

from mmbench.metrics.functional.vqa import vqa_accuracy_metric
from mmbench.tasks.kinds.question_answering import open_questions

TASKS = open_questions("okvqa", "OK-VQA", vqa_accuracy_metric("vqav2"), split="validation")
