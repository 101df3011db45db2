"""What each version of each task and suite is, as a digest: ``python -m tests.tasks.protocols`` adds new ones and changes none."""

import json
import sys
from pathlib import Path
from typing import Any

from mmbench.files import digest
from mmbench.tasks import Suite, Task, all_suites, all_tasks

RECORD = Path(__file__).parent / "protocols.json"
LENGTH = 12


def facts_of(task: Task) -> dict[str, Any]:
    """Everything of a task that moves a score; its data's revision is part of a run's identity besides."""
    return {
        "dataset": [task.dataset, task.split, task.train_split, task.valid_split],
        "asks": list(task.asks),
        "protocol": dict(task.protocol),
        "metric": task.metric.signature,
        "primary": task.primary,
    }


def task_digest(task: Task) -> str:
    """A digest of the task's facts."""
    return digest(facts_of(task))[:LENGTH]


def suite_digest(suite: Suite) -> str:
    """A digest of what the suite's score is made of."""
    return digest([suite.name, dict(suite.tasks), list(suite.beside), suite.aggregation])[:LENGTH]


def recorded() -> dict[str, dict[str, Any]]:
    """The committed digests: of tasks by id and version, of suites by name."""
    found: dict[str, dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Add what is not recorded; name what has changed without a new version, and leave it."""
    known = recorded() if RECORD.exists() else {"tasks": {}, "suites": {}}
    changed = []
    for task in all_tasks():
        versions = known["tasks"].setdefault(task.id, {})
        if versions.setdefault(str(task.version), task_digest(task)) != task_digest(task):
            changed.append(task.id)
    changed += [
        suite.name
        for suite in all_suites()
        if known["suites"].setdefault(suite.name, suite_digest(suite)) != suite_digest(suite)
    ]
    RECORD.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    for name in changed:
        print(
            f"{name} has changed: bump its version (a suite needs another name) and say in its changelog what moved",
            file=sys.stderr,
        )
    return len(changed) > 0


if __name__ == "__main__":
    sys.exit(main())
