"""A-OKVQA: one object from question id to the text of the chosen option."""

from collections.abc import Sequence

from mmbench.metrics.functional.choices import parse_choice
from mmbench.submissions import Answer, Format


def _document(answers: Sequence[Answer]) -> dict[str, str]:
    return {one.id: _choice(one) for one in answers}


def _choice(answer: Answer) -> str:
    """The option's text, also where its letter was answered; an answer that names none goes as it is."""
    options = () if answer.sample is None else answer.sample.options
    if answer.text in options or not options:
        return answer.text
    letter = parse_choice(answer.text, options)
    return answer.text if letter is None else options[ord(letter) - ord("A")]


AOKVQA = Format(
    "aokvqa",
    "A-OKVQA's object from question_id to prediction (multiple choice)",
    ("a-okvqa",),
    _document,
    source="allenai/aokvqa, README.md (Evaluation); prepare_predictions.py there joins it with direct answers for the leaderboard",
    samples=True,
)
