"""Every method on every made-up task: who must pass passes, and the others fail, on the mean over five seeds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench.fusion.crew import Crew
from mmbench.fusion.data.reading import fusion_data, value
from mmbench.fusion.entries import method
from mmbench.fusion.jobs import Bench, Job, Place, read_record, run, trained
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.synthetic import Known, all_known, must_pass
from mmbench.tasks import get_task

RULES = Protocol(budget=20_000, trials=2, seeds=5, updates=400)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(2) as found:
        yield found


def accuracies(known: Known, folder: Path, crew: Crew) -> dict[str, list[float]]:
    """By method the accuracy on test of each seed, as a study gets it but without its analyses."""
    data = fusion_data(get_task(known.task), folder=folder / "features", progress=False)
    bench = Bench(Place(data.folder, folder / known.task, RULES), data)
    names = [method(fusion.name, data.names).name for fusion in all_fusions()]
    records: dict[Job, Any] = {}
    for trial in range(RULES.trials):
        jobs = [Job(name, trial, 0) for name in names]
        records |= dict(crew.put(run, bench, jobs, known=read_record, title="search", progress=False))
    best = {name: max(range(RULES.trials), key=lambda trial: records[Job(name, trial, 0)]["valid"]) for name in names}
    finals = [Job(name, best[name], seed) for name in names for seed in range(RULES.seeds)]
    dict(crew.put(run, bench, finals, known=read_record, title="seeds", progress=False))
    test = data.block("all", "test")
    inputs, masks = [one.values for one in test.inputs], [one.mask for one in test.inputs]
    found: dict[str, list[float]] = {name: [] for name in names}
    for job in finals:
        found[job.entry].append(value(data.problem, trained(bench, job, "all")(inputs, masks), test.targets))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("known", all_known(), ids=lambda known: known.task)
def test_those_pass_that_must_and_the_others_fail(known: Known, tmp_path: Path, crew: Crew) -> None:
    fusions = {fusion.name: fusion for fusion in all_fusions()}
    means = {name: float(np.mean(each)) for name, each in accuracies(known, tmp_path, crew).items()}
    right = {name: known.passes if must_pass(fusions[name], known) else known.fails for name in means}
    assert not {name: mean for name, mean in means.items() if not right[name](mean)}, means
