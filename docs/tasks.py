"""Write docs/tasks.md from the tasks themselves: ``python docs/tasks.py``; a test keeps the two together."""

import inspect
import os
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from unittest.mock import patch

from mmbench.loaders.cache import open_splits
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.sources import Twinned
from mmbench.loaders.twins import twin_card
from mmbench.samples import MediaPart, Part, Request, Sample, SamplePair, TextPart
from mmbench.tasks import Task, all_suites, all_tasks
from mmbench.tasks.base import Ask, Stage

PAGE = Path(__file__).parent / "tasks.md"
EXAMPLES = {  # of a kind; the first task on data with a twin where none is named
    "retrieval": "flickr30k.t2i",
    "zero-shot-classification": "cifar10.zero-shot",
    "linear-probe": "esc50.probe",
    "compositional-choice": "sugarcrepe.choice",
}
BY_DATA = ("linear-probe",)  # the classes of the training rows say what is likely
SHOWN, LONG = 6, 300  # options of an example, characters of a text
RETURNS: dict[Ask, str] = {
    "embed": "`embed(samples, *, modalities, role, instruction)`: floats `(n, d)`, one vector per item",
    "generate": "`generate(requests)`: one `Response` per item, with the answer as text",
    "predict": "`predict(samples)`: floats `(n, k)`, one row per item; of items with options a column per option, in their order",
    "score_pairs": "`score_pairs(left, right)`: floats `(n,)`, higher for pairs that belong together",
}
HEAD = """# Tasks

Written from the tasks themselves by `python docs/tasks.py`. A task is a dataset, a split, a protocol and a metric; `mmbench show TASK`
says all of it, `mmbench list tasks --task KIND` lists a kind. Any change that moves a score bumps the version, and boards never mix
versions. *Chance* is what a model that says the same of everything gets; where it depends on the data, runs state it beside each score.

The worked samples are made of synthetic twins: the schema of the published set, none of its content. A model is shown views: only the
content that is named, never a target. A task that can be done in two ways is asked in the first one that a model has; the other is
another protocol and is not ranked with it.
"""


def page() -> str:
    """The page's text."""
    tasks = sorted(all_tasks(), key=lambda task: (task.kind, task.id))
    kinds = [(kind, list(found)) for kind, found in groupby(tasks, key=lambda task: task.kind)]
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"MMBENCH_CACHE": folder}):
        sections = [_section(kind, found, Path(folder)) for kind, found in kinds]
    return HEAD + "".join(sections) + _suites()


def _section(kind: str, tasks: list[Task], folder: Path) -> str:
    title = kind.replace("-", " ").capitalize()
    return f"\n## {title}\n\n{_about(tasks[0])}\n{_worked(kind, tasks, folder)}\n{_table(tasks)}"


def _about(task: Task) -> str:
    """What the kind's class says of itself, up to its attributes."""
    words = inspect.cleandoc(type(task).__doc__ or "").partition("\nAttributes:")[0]
    return words.strip().replace("``", "`") + "\n"


def _worked(kind: str, tasks: list[Task], folder: Path) -> str:
    twinned = [task for task in tasks if isinstance(task.card.source, Twinned)]
    task = next((task for task in tasks if task.id == EXAMPLES.get(kind)), next(iter(twinned), None))
    if task is None:
        return ""
    twin = twin_card(task.card, folder / task.dataset)
    built: dict[str, PairedDataset] = {}

    def load(split: str) -> PairedDataset:
        if split not in built:
            built.update(open_splits(twin, [split], progress=False))
        return built[split]

    lines = [f"**A worked sample: `{task.id}`**\n"]
    for ask in task.asks:
        plan = task.plan(load, privileged=True, ask=ask)
        lines += [f"- Asked by {RETURNS[ask]}."]
        lines += [f"  - {line}" for stage in plan.phases[0].stages for line in _stage(stage)]
    facts, best, chance = task.metric.keys[task.primary], plan.ceilings[task.primary], plan.floors[task.primary]
    lines += [
        f"- Scored by `{task.primary}`: {facts.definition} ({facts.source}). A failed item: {facts.error or 'wrong'}.",
        f"- Metric `{task.metric.signature}`. On this twin the best is {_number(best)}, chance {_number(chance)}.",
    ]
    return "\n".join(lines) + "\n"


def _stage(stage: Stage) -> Iterator[str]:
    """The first item of a stage, and what is right for it, which only the oracle sees."""
    item = stage.items[0]
    role = f", role {stage.role}" if stage.role else ""
    yield f"stage `{stage.name}`, {len(stage.ids)} items{role}; the first, `{stage.ids[0]}`: {_item(item)}"


def _item(item: Sample | Request | SamplePair) -> str:
    if isinstance(item, tuple):
        return " with ".join(map(_item, item))
    if isinstance(item, Request):
        turns = [f"{message.role}: {_parts(message.content)}" for message in item.messages]
        return f"{'; '.join(turns)}{_options(item.options)}; at most {item.max_new_tokens} tokens{_right(item.target)}"
    return f"{_parts(item.content)}{_options(item.options)}{_right(item.target)}"


def _parts(parts: tuple[Part, ...]) -> str:
    return " + ".join(map(_part, parts)) or "nothing"


def _part(part: Part) -> str:
    if isinstance(part, TextPart):
        text = part.text if len(part.text) <= LONG else f"{part.text[:LONG]}…"
        return f"text “{' ⏎ '.join(text.split(chr(10)))}”"
    return f"{part.modality} ({part.media_type})" if isinstance(part, MediaPart) else f"features `{part.name}`"


def _options(options: tuple[str, ...]) -> str:
    if not options:
        return ""
    more = f", … {len(options)} in all" if len(options) > SHOWN else ""
    return f"; options {', '.join(options[:SHOWN])}{more}"


def _right(target: object) -> str:
    if target is None:
        return ""
    known = ", ".join(map(str, target)) if isinstance(target, list | tuple) else str(target)
    return f" (only the oracle sees: {known})"


def _table(tasks: list[Task]) -> str:
    head = "| task | data | split | version | asked by | primary | chance |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(map(_row, tasks))


def _row(task: Task) -> str:
    facts = task.metric.keys[task.primary]
    chance = "by the data" if facts.chance is None or task.kind in BY_DATA else _number(facts.chance)
    asks, state = " or ".join(task.asks), f" ({task.state})" if task.state else ""
    return f"| `{task.id}`{state} | {task.dataset} | {task.split} | {task.version} | {asks} | {task.primary} | {chance} |\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _suites() -> str:
    lines = [
        "\n## Suites\n",
        "Frozen lists of task versions. The score of a suite, `mean-gain`, is the mean over its tasks of (value - chance) / (1 - chance);",
        "it is given only where every task has a value. A suite of your own is a YAML file: `mmbench run -m MODEL -s my-suite.yaml`.\n",
        "```yaml\nname: my-suite-1\ntitle: My suite\ntasks: {flickr30k.t2i: 1, esc50.probe: 1}\n```\n",
        "| suite | title | tasks | score |\n|---|---|---|---|",
    ]
    lines += [
        f"| `{suite.name}` | {suite.title} | {', '.join(f'`{key}`' for key in suite.tasks)} | {suite.aggregation} |"
        for suite in all_suites()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
