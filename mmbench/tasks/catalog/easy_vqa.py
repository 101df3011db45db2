"""easy-VQA: open questions, thirteen answers, exact match."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.samples import Modality
from mmbench.tasks.kinds.question_answering import OpenQuestionTask, Prompt

TASK = OpenQuestionTask(
    id="easy-vqa.open",
    title="easy-VQA, open answers",
    dataset="easy-vqa",
    split="test",
    train_split="train",
    valid_split="validation",
    version=1,
    metric=exact_match_metric(),
    primary="accuracy",
    context=frozenset({Modality.IMAGE}),
    prompt=Prompt("one-word-1", "Answer the question about the picture with one word, in lower case."),
)
