"""easy-VQA: open questions, thirteen answers, exact match."""

from mmbench.metrics.functional.exact import exact_match_metric
from mmbench.samples import Modality
from mmbench.tasks.kinds.generation import GenerationTask
from mmbench.tasks.kinds.question_answering import Open
from mmbench.tasks.prompts import Prompt

METRIC = exact_match_metric()

TASK = GenerationTask(
    id="easy-vqa.open",
    title="easy-VQA, open answers",
    dataset="easy-vqa",
    split="test",
    train_split="train",
    valid_split="validation",
    version=1,
    metric=METRIC,
    primary="accuracy",
    context=frozenset({Modality.IMAGE}),
    form=Open(METRIC),
    prompt=Prompt("one-word-1", "Answer the question about the picture with one word, in lower case."),
)
