"""Asking each request several times, or with other decoding parameters than the task's: the same plan, with other requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmbench.samples import Request
from mmbench.tasks.base import Lazy, Output, Phase, Plan, Scored, Stage


@dataclass(frozen=True, slots=True)
class Decoding:
    """What a run changes about generation. Runs that differ in it are never ranked together.

    Attributes:
        repeats: how often each request is asked, each time with another seed.
        temperature, max_new_tokens: instead of the task's; ``None`` keeps them.
    """

    repeats: int = 1
    temperature: float | None = None
    max_new_tokens: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What a run's identity hashes: nothing where nothing is changed."""
        found = {"temperature": self.temperature, "max_new_tokens": self.max_new_tokens}
        changed = {name: value for name, value in found.items() if value is not None}
        return {**({"repeats": self.repeats} if self.repeats > 1 else {}), **changed}


def decoded_as(plan: Plan, decoding: Decoding) -> Plan:
    """The plan with each request asked ``repeats`` times: ``id``, ``id@2``, …; scored are all answers, n stays that of the samples.

    Raises:
        ValueError: the plan asks for something else than text, or the number is below 1.
    """
    if not decoding.facts:
        return plan
    if decoding.repeats < 1:
        raise ValueError("a request has to be asked at least once")
    if any(stage.ask != "generate" for stage in plan.stages):
        raise ValueError("only answers that are written can be repeated or decoded otherwise")
    phases = tuple(
        Phase(phase.name, tuple(_repeated(stage, decoding) for stage in phase.stages), phase.training)
        for phase in plan.phases
    )
    if decoding.repeats == 1:
        return replace(plan, phases=phases)
    again = _Again(plan, decoding.repeats)
    return replace(plan, phases=phases, score=again.score, judging=None if plan.judging is None else again.judging)


def together(scored: Sequence[Scored]) -> Scored:
    """Scores of the same samples, several times, below one another: ``id``, ``id@2``, …; n stays that of the samples."""
    first = scored[0]
    return Scored(
        ids=[_key(key, repeat) for repeat, one in enumerate(scored) for key in one.ids],
        arrays={name: np.concatenate([one.arrays[name] for one in scored]) for name in first.arrays},
        clusters=[cluster for one in scored for cluster in one.clusters],
        strata=None if first.strata is None else [stratum for one in scored for stratum in one.strata or ()],
        errors={_key(key, repeat): reason for repeat, one in enumerate(scored) for key, reason in one.errors.items()},
        shown=_below([one.shown for one in scored], len(first.ids)),
        notes={
            name: sum(one.notes.get(name, 0) for one in scored)
            for name in sorted({name for one in scored for name in one.notes})
        },
        repeats=len(scored),
    )


def _key(key: str, repeat: int) -> str:
    return key if repeat == 0 else f"{key}@{repeat + 1}"


def _repeated(stage: Stage, decoding: Decoding) -> Stage:
    n = len(stage.ids)
    keys = [_key(key, repeat) for repeat in range(decoding.repeats) for key in stage.ids]
    if len(set(keys)) < len(keys):
        raise ValueError("an id of the split looks like that of a repetition (it ends with @ and a number)")

    def item(index: int) -> Request:
        request = stage.items[index % n]
        if not isinstance(request, Request):
            raise TypeError(f"stage {stage.name} holds no requests")
        return replace(
            request,
            sample_id=keys[index],
            seed=request.seed + index // n,
            temperature=request.temperature if decoding.temperature is None else decoding.temperature,
            max_new_tokens=decoding.max_new_tokens or request.max_new_tokens,
        )

    return replace(stage, ids=keys, items=Lazy(len(keys), item))


@dataclass(frozen=True, slots=True)
class _Again:
    """A plan, several times."""

    plan: Plan
    repeats: int

    def judging(self, outputs: Mapping[str, Output]) -> Stage:
        """What the judge is asked about all repetitions, in one stage."""
        stages = self._judged(self._each(outputs))
        keys = [_key(key, repeat) for repeat, stage in enumerate(stages) for key in stage.ids]
        places = [(repeat, place) for repeat, stage in enumerate(stages) for place in range(len(stage.ids))]

        def item(index: int) -> Request:
            repeat, place = places[index]
            request = stages[repeat].items[place]
            if not isinstance(request, Request):
                raise TypeError("a judge is asked with requests")
            return replace(request, sample_id=keys[index])

        return replace(stages[0], ids=keys, items=Lazy(len(keys), item))

    def score(self, outputs: Mapping[str, Output]) -> Scored:
        """The rows of each repetition below one another."""
        each = self._each(outputs)
        if self.plan.judging is not None:
            stages = self._judged(each)
            if stages[0].name in outputs:
                verdicts = _cut(outputs[stages[0].name], [stage.ids for stage in stages])
                each = [{**one, stages[0].name: verdict} for one, verdict in zip(each, verdicts, strict=True)]
        return together([self.plan.score(one) for one in each])

    def _each(self, outputs: Mapping[str, Output]) -> list[dict[str, Output]]:
        cut = {stage.name: _cut(outputs[stage.name], [stage.ids] * self.repeats) for stage in self.plan.stages}
        return [{name: parts[repeat] for name, parts in cut.items()} for repeat in range(self.repeats)]

    def _judged(self, each: Sequence[Mapping[str, Output]]) -> list[Stage]:
        if self.plan.judging is None:
            raise ValueError("the plan has no judge")
        return [self.plan.judging(one) for one in each]


def _below(tables: Sequence[Mapping[str, Sequence[Any]]], n: int) -> dict[str, list[Any]]:
    """Columns of several tables; one that a table lacks is empty there."""
    names = list(dict.fromkeys(name for table in tables for name in table))
    return {name: [value for table in tables for value in table.get(name, [None] * n)] for name in names}


def _cut(output: Output, ids: Sequence[Sequence[str]]) -> list[Output]:
    """An output by repetition, under the ids of the first."""
    found, start = [], 0
    for repeat, keys in enumerate(ids):
        values = output.values[start : start + len(keys)]
        start += len(keys)
        errors = {key: output.errors[_key(key, repeat)] for key in keys if _key(key, repeat) in output.errors}
        found.append(Output(values, errors, frozenset(key for key in keys if _key(key, repeat) in output.truncated)))
    return found
