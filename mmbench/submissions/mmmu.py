"""MMMU on EvalAI: one object from question id to the letter of an option, or to the answer of an open question."""

from collections.abc import Sequence
from string import ascii_uppercase

from mmbench.metrics.functional.choices import parse_choice
from mmbench.submissions import Answer, Format


def _document(answers: Sequence[Answer]) -> dict[str, str]:
    return {one.id: _letter(one) for one in answers}


def _letter(answer: Answer) -> str:
    """The letter that the answer names; an answer that names none goes as it is, and the server counts it as wrong."""
    options = () if answer.sample is None else answer.sample.options
    if answer.text in options:
        return ascii_uppercase[options.index(answer.text)]
    return (parse_choice(answer.text, options) if options else None) or answer.text


MMMU = Format(
    "mmmu",
    "MMMU's object from id to answer",
    ("mmmu",),
    _document,
    source="lmms-eval, tasks/mmmu/utils.py (mmmu_test_aggregate_results_for_submission)",
    samples=True,
)
