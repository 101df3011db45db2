"""The checks of what a model says of itself: its card, what it claims to take in, its speed and memory."""

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence

from mmbench.diagnosis.exams import MEDIA, Exam, Outcome, Tried, other_exams
from mmbench.diagnosis.report import Finding
from mmbench.models import LoadedModel
from mmbench.models.base import ALL_MODALITIES, CAPABILITIES, Fittable, capabilities
from mmbench.samples import Modality

UNKNOWN = ("parameters", "licence", "languages", "training_datasets")


def capability(model: LoadedModel) -> Iterator[Finding]:
    """Which of the four methods there are."""
    has = capabilities(model.model)
    lacks = [name for name in CAPABILITIES if name not in has]
    yield Finding("capabilities", "model", "pass", f"{', '.join(has)} (not {', '.join(lacks) or 'lacking any'})")


def card(model: LoadedModel) -> Iterator[Finding]:
    """What identifies the model, and what a board would show as unknown."""
    if model.revision is None:
        step = (
            "give the card a revision (a commit, a version, a digest of the weights): without one every run begins anew"
        )
        yield Finding("revision", "card", "warn", "nothing identifies the weights: runs are never resumed", step)
    else:
        yield Finding("revision", "card", "pass", f"{model.revision[:16]}: a run that was broken off goes on")
    unknown = [name for name in UNKNOWN if getattr(model.card, name) is None]
    if unknown:
        yield Finding(
            "facts",
            "card",
            "warn",
            f"unknown: {', '.join(unknown)}",
            "boards show what the card says; unknown is never called zero-shot",
        )
    else:
        yield Finding("facts", "card", "pass", "parameters, licence, languages and training data are said")


def works(model: LoadedModel, first: Mapping[str, Outcome], exams: Sequence[Exam]) -> Iterator[Finding]:
    """Whether what the card claims works. A model that fits is made for some tasks, and need not do all that its card claims at once."""
    declared = model.card.modalities != ALL_MODALITIES and not isinstance(model.model, Fittable)
    for exam in exams:
        found = first[exam.name]
        alone = not any(first[other.name].good for other in exams if other.ask == exam.ask)
        if found.good:
            yield Finding("works", exam.name, "pass", "one answer per item")
        elif exam.ask == "generate" and exam.modalities == (Modality.TEXT,) and not alone:
            yield Finding(
                "works",
                exam.name,
                "warn",
                f"it {found.why}",
                "without a picture or sound it has no blind twin (TASK+blind)",
            )
        elif declared or alone:
            yield Finding(
                "works",
                exam.name,
                "fail",
                f"it {found.why}",
                "mend it, or leave that kind of content out of card.modalities",
            )
        else:
            yield Finding(
                "works", exam.name, "warn", f"it {found.why}", "say in a card what it takes (mmbench.models.ModelCard)"
            )


def claims(model: LoadedModel) -> Iterator[Finding]:
    """What happens to content that the card does not claim."""
    for exam in other_exams(model):
        found = exam.call(exam.items[:2])
        if found.good:
            yield Finding(
                "claims",
                exam.name,
                "warn",
                "it answers, unclaimed by the card",
                "claim it in card.modalities, or refuse it",
            )
        else:
            yield Finding("claims", exam.name, "pass", f"not claimed, and it {found.why}")
    if not set(MEDIA) & model.card.modalities:
        yield Finding("claims", "card", "skip", "the card claims neither image, text nor audio: nothing could be asked")


def speed(tried: Tried) -> Iterator[Finding]:
    """Items per second of one warm call, and the memory of this process."""
    exam, first = tried.exam, tried.first
    n = len(first.texts) if first.values is None else len(first.values)
    rate = n / max(first.seconds, 1e-9)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    yield Finding(
        "speed", exam.name, "pass", f"{rate:,.0f} items/s in a batch of {n}; peak memory {peak:,.0f} MB{_on_gpu()}"
    )


def _on_gpu() -> str:
    torch = sys.modules.get("torch")  # a model that uses it has imported it
    if torch is None or not torch.cuda.is_available():
        return ""
    return f", {torch.cuda.max_memory_allocated() / 1e6:,.0f} MB on the GPU"


CHECKS = (speed,)
