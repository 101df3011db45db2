"""What makes two runs the same run: everything that can move a score, and nothing else."""

import re
from collections.abc import Mapping
from typing import Any

from mmbench.files import digest
from mmbench.tasks.base import Ask, Task

ID_LENGTH = 12


def identity(
    model: Mapping[str, Any],
    task: Task,
    data: Mapping[str, Any],
    *,
    batch_size: int,
    seed: int,
    limit: int | None,
    ask: Ask | None = None,
    decoding: Mapping[str, Any] | None = None,
    judge: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The facts that a run's id hashes. Times, machine and library versions are provenance and are not here.

    ``ask`` stands there where a task was done by another method than its usual one: that is another protocol. So do ``decoding``, where
    other parameters than the task's were chosen, and the ``judge`` of a task that has one.
    """
    other = {
        **({} if ask in (None, task.ask) else {"ask": ask}),
        **({"decoding": dict(decoding)} if decoding else {}),
        **({"judge": dict(judge)} if judge is not None else {}),
    }
    changes = [[change.name, change.modifier.version] for change in task.changes]
    return {
        **other,
        **({"modifiers": changes} if changes else {}),
        "model": dict(model),
        "task": task.id,
        "task_version": task.version,
        "protocol": dict(task.protocol),
        "dataset": {name: data[name] for name in ("key", "split", "revision", "fingerprint")},
        "batch_size": batch_size,
        "seed": seed
        if limit is not None or seed
        else None,  # of the limit's samples, and of models that draw at random
        "limit": limit,
    }


def run_id(facts: dict[str, Any]) -> str:
    """The first 12 hex digits of the identity's sha256."""
    return digest(facts)[:ID_LENGTH]


def folder_name(name: str) -> str:
    """A name as one safe folder: letters, digits, ``.``, ``_`` and ``-``; anything else becomes ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip(".") or "_"
