"""A judge that says whether an answer agrees with a reference."""

from mmbench.tasks.extractors.final_answer import final_answer
from mmbench.tasks.judging import Judge, Question

OTHER = {"yes": "no", "no": "yes"}


def _ask(question: Question) -> str:
    reference = question.meta.get("gt_answer_details") or question.accepted[0]
    return (
        "Compare an answer with the reference. Reply with one word: correct, where the answer agrees with the reference; incorrect, where "
        "it contradicts it; unclear, where it says neither.\n\n"
        f"Question:\n{question.text}\n\nReference:\n{reference}\n\nAnswer:\n{question.answer}"
    )


def _resolve(reply: str, question: Question) -> str | None:
    """The accepted answer for correct, the other one for incorrect, nothing for anything else."""
    word = (final_answer(reply, ()) or "").strip(" .*\n").lower()
    right = question.accepted[0]
    return {"correct": right, "incorrect": OTHER.get(right.lower())}.get(word)


VERDICT = Judge(
    id="agrees-with-reference",
    version=1,
    ask=_ask,
    resolve=_resolve,
    everything=True,
    about="Says of every answer whether it agrees with the reference, contradicts it, or says neither.",
    source="the evaluation of HallusionBench (Guan et al. 2024), in mmbench's own words",
)
