"""Judges that take the answer out of a long text; rules score what they took."""

from mmbench.tasks.extractors.final_answer import final_answer
from mmbench.tasks.judging import Judge, Question

NOTHING = "none"
KINDS = {
    "integer": "a whole number, in digits",
    "float": "a decimal number, in digits",
    "list": "a list of numbers in square brackets",
    "text": "a word or a short phrase",
}


def _ask_value(question: Question) -> str:
    wanted = f"the letter of one option ({', '.join(question.options)})" if question.options else None
    kind = wanted or KINDS.get(str(question.meta.get("answer_type")), KINDS["text"])
    return (
        "Somebody was asked a question about a picture. Take the answer out of what they wrote; do not solve the question yourself.\n"
        f"The answer is {kind}. Reply with it alone, or with {NOTHING!r} where they gave no answer.\n\n"
        f"Question:\n{question.text}\n\nWhat they wrote:\n{question.answer}"
    )


def _taken(reply: str, question: Question) -> str | None:
    found = (final_answer(reply, question.options) or "").strip().strip("'\"`")
    return None if found.strip(".").lower() in ("", NOTHING) else found


VALUE = Judge(
    id="take-answer",
    version=1,
    ask=_ask_value,
    resolve=_taken,
    everything=False,
    about="Takes the answer (a letter, a number, a phrase) out of a text in which rules find none.",
    source="the answer extraction of MathVista (Lu et al. 2024) and of MMBench (Liu et al. 2024), in mmbench's own words",
)
