"""One stage of questions or texts, executed on a store without a task around it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmbench.engines.budget import Budget, Failures
from mmbench.engines.local import Settings, execute
from mmbench.engines.measures import Tally
from mmbench.models import LoadedModel
from mmbench.models.base import ALL_MODALITIES, ModelCard
from mmbench.runs.store import Store
from mmbench.samples import Message, Modality, Request, Response, Sample, TextPart, Usage
from mmbench.tasks.base import Phase, Plan, Stage

N = 40


def texts(n: int = N, name: str = "texts") -> Stage:
    items = [Sample(f"s{i}", (TextPart(f"text {i}"),)) for i in range(n)]
    return Stage(name, "embed", [one.id for one in items], items, frozenset({Modality.TEXT}))


def questions(n: int = N, name: str = "answers") -> Stage:
    items = [Request(f"s{i}", (Message("user", (TextPart(f"question {i}"),)),)) for i in range(n)]
    return Stage(name, "generate", [one.sample_id for one in items], items, frozenset({Modality.TEXT}))


def loaded(model: object, revision: str | None = "1", **card: Any) -> LoadedModel:
    return LoadedModel(model, ModelCard("fake", revision, ALL_MODALITIES, **card), None, {}, revision)


def run(
    folder: Path,
    model: object,
    *stages: Stage,
    max_errors: float = 1.0,
    max_cost: float | None = None,
    batch_size: int = 8,
    tally: Tally | None = None,
    **settings: Any,
) -> Store:
    """Execute the stages as one phase; what is stored can be read from the store that comes back."""
    store = Store(folder)
    wrapped = model if isinstance(model, LoadedModel) else loaded(model)
    failures = Failures("fake.task", folder, max_errors, sum(len(stage.ids) for stage in stages))
    plan = Plan((Phase("all", stages, lambda: ([], [])),), lambda outputs: outputs, 0, {}, {})  # type: ignore[arg-type, return-value]
    how = Settings(batch_size, False, budget=Budget(max_cost), failures=failures, **settings)
    execute(wrapped, plan, store, how, "fake", tally)
    return store


def answered(store: Store, stage: Stage) -> dict[str, str | None]:
    return dict(zip(stage.ids, store.read(stage).values, strict=True))


def missing(store: Store, stage: Stage) -> list[str]:
    return [stage.ids[place] for place in store.missing(stage)]


def answer(request: Request, **usage: Any) -> Response:
    return Response(request.sample_id, request.text.upper(), usage=Usage(**usage) if usage else None)


def ids(items: Sequence[Request] | Sequence[Sample]) -> list[str]:
    return [item.sample_id if isinstance(item, Request) else item.id for item in items]
