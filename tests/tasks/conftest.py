"""Answering a plan with a model of the catalog, without an engine."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmbench.models import load_model
from mmbench.models.base import Fittable
from mmbench.tasks.base import Output, Plan


@pytest.fixture
def answered() -> Callable[..., dict[str, Output]]:
    """The outputs of a named model for each stage of a plan, fitted phase by phase."""

    def answer(plan: Plan, name: str, **config: Any) -> dict[str, Output]:
        model: Any = load_model(name, **config).model
        outputs = {}
        for phase in plan.phases:
            if isinstance(model, Fittable):
                model.fit(*phase.training())
            for stage in phase.stages:
                items = list(stage.items)
                if stage.ask == "generate":
                    values: Any = [response.text for response in model.generate(items)]
                elif stage.ask == "embed":
                    values = model.embed(items, modalities=stage.modalities, role=stage.role)
                elif stage.ask == "score_pairs":
                    left, right = zip(*items, strict=True)
                    values = np.asarray(model.score_pairs(left, right))[:, None]
                else:
                    values = np.asarray(model.predict(items))
                outputs[stage.name] = Output(values, {})
        return outputs

    return answer
