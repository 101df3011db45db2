"""``mmbench.doctor``: whether a model keeps its contract, tried offline on toy samples that are made on the spot."""

from collections.abc import Iterator
from typing import Any

from tqdm.auto import tqdm

from mmbench.diagnosis import checks, facts, generation
from mmbench.diagnosis.exams import Exam, Outcome, Tried, exams, fit
from mmbench.diagnosis.report import DoctorReport, Finding
from mmbench.models import LoadedModel, load_model, wrap_model
from mmbench.models.base import capabilities

__all__ = ["DoctorReport", "Finding", "doctor"]

CHECKS = (*checks.CHECKS, *generation.CHECKS, *facts.CHECKS)
NEED_THE_SAME = (
    checks.in_order,
    checks.batches,
)  # of a model that gives other answers each time nothing follows from them


def doctor(model: object, *, progress: bool = True, **config: Any) -> DoctorReport:
    """Check a model's contract on toy samples: no data is loaded, and nothing is asked of the network by mmbench.

    Looked at: shapes, float dtypes, finite numbers; the same answers twice, in another order and in batches of 1, 2, 7 and 32; that
    samples are left as they were; empty, tiny and very long content; broken media; whether the modalities that the card claims work and
    are looked at; the length and the end of answers; the card; speed and memory. A model that fits is fitted on toy rows first. A
    generator is asked about 60 short questions per kind of content: of a paid one that costs money.

    Args:
        model: a spec string, what ``load_model`` or ``as_model`` returned, or any object with the methods of ``mmbench.models.base``.
        progress: show a bar (never where standard error is not a terminal).
        config: for a spec string, what ``load_model`` takes.

    Raises:
        UserError: the model cannot be loaded.
    """
    loaded = load_model(model, **config) if isinstance(model, str) else wrap_model(model)
    chosen = list(exams(loaded))
    bar = tqdm(
        total=len(chosen) * len(CHECKS),
        desc=f"doctor {loaded.card.name}",
        disable=None if progress else True,
        leave=False,
    )
    with bar:
        found = tuple(_findings(loaded, chosen, bar))
    return DoctorReport(loaded.card.name, capabilities(loaded.model), found)


def _findings(model: LoadedModel, chosen: list[Exam], bar: Any) -> Iterator[Finding]:
    yield from facts.capability(model)
    yield from facts.card(model)
    first: dict[str, Outcome] = {}
    for exam in chosen:
        why = fit(model, exam)
        if why is not None:
            yield Finding("fit", exam.name, "warn", f"on toys it {why}", "it is examined as it is, unfitted")
        exam.call(exam.items[:2])  # to warm up: what is loaded or compiled at first use is no measure of speed
        first[exam.name] = exam.call(exam.items)
        if first[exam.name].good:
            yield from _of_exam(Tried(exam, first[exam.name]), bar)
        else:
            bar.update(len(CHECKS))
    yield from facts.works(model, first, chosen)
    yield from facts.claims(model)


def _of_exam(tried: Tried, bar: Any) -> Iterator[Finding]:
    steady = True
    for check in CHECKS:
        if check in NEED_THE_SAME and not steady:
            yield Finding(
                check.__name__.replace("in_", ""), tried.exam.name, "skip", "it gives other answers each time"
            )
        else:
            for finding in check(tried):
                steady = steady and not (finding.check == "deterministic" and finding.status != "pass")
                yield finding
        bar.update()
