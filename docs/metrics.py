"""Write docs/metrics.md from the metrics' own facts: ``python docs/metrics.py``; a test keeps the two together."""

import inspect
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mmbench.metrics import Key, Metric, specs

PAGE = Path(__file__).parent / "metrics.md"
WIDTH = 512  # of embeddings, where a metric has to be told
TYPES = 3  # values per type of question that are shown
HEAD = """# Metrics

Written from the metrics' own facts by `python docs/metrics.py`. Every metric is a function in `mmbench.metrics.functional` on NumPy or
torch, a `torchmetrics` class in `mmbench.metrics`, and a `Metric` from `mmbench.metrics.specs()[NAME](...)`, whose `signature` stands in
every score of a run and reads back: `mmbench.metrics.from_signature(text)`.

`make vectors` prints how far each is from the official scorers. *Chance* is what a uniform guess is expected to get, where that does
not depend on the data. *Failed* is what a sample counts as that the model gave nothing for. An undefined value is NaN, with the reason.
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_section(name, factory) for name, factory in sorted(specs().items()))


def _section(name: str, factory: Callable[..., Metric]) -> str:
    found: dict[str, tuple[Key, str]] = {}
    for params in _variants(factory):
        metric = factory(**params)
        for key, facts in metric.keys.items():
            required = {p: value for p, value in params.items() if p in _required(factory)}
            stem = key.partition("/")[0]
            if stem != key and stem in found and sum(other.startswith(f"{stem}/") for other in found) >= TYPES:
                continue
            extra = params if key not in _keys(factory, required) else required
            found.setdefault(key, (facts, ", ".join(f"`{p}={value!r}`" for p, value in extra.items())))
    rows = "".join(_row(key, facts, only) for key, (facts, only) in found.items())
    head = "| key | better | range | chance | what | failed | source | only with |\n|---|---|---|---|---|---|---|---|\n"
    return f"\n## {name}\n\n`specs()[{name!r}]({_arguments(factory)})`\n\n{head}{rows}"


def _arguments(factory: Callable[..., Metric]) -> str:
    parameters = inspect.signature(factory).parameters.values()
    return ", ".join(p.name if p.default is inspect.Parameter.empty else f"{p.name}={p.default!r}" for p in parameters)


def _keys(factory: Callable[..., Metric], params: dict[str, Any]) -> set[str]:
    return set(factory(**params).keys)


def _required(factory: Callable[..., Metric]) -> list[str]:
    parameters = inspect.signature(factory).parameters.values()
    return [p.name for p in parameters if p.default is inspect.Parameter.empty]


def _variants(factory: Callable[..., Metric]) -> Iterator[dict[str, Any]]:
    """Every choice of what must be given, alone and with each choice of one option."""
    choices = {name: list(_literals(hint)) for name, hint in get_type_hints(factory).items() if name != "return"}
    choices |= {name: [WIDTH] for name in _required(factory) if not choices[name]}
    required = _required(factory)
    for values in product(*(choices[name] for name in required)):
        base = dict(zip(required, values, strict=True))
        yield base
        for name, options in choices.items():
            for option in options if name not in required else ():
                yield base | {name: option}


def _literals(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif hint is bool:
        yield True
    else:
        for part in get_args(hint):
            yield from _literals(part)


def _row(key: str, facts: Key, only: str) -> str:
    low, high = ("∞" if bound is None else f"{bound:g}" for bound in (facts.lower, facts.upper))
    span = f"{'-' if facts.lower is None else ''}{low} to {high}" + (f" {facts.unit}" if facts.unit else "")
    cells = (
        f"`{key}`",
        "tally" if facts.count else "higher" if facts.higher_is_better else "lower",
        span,
        "" if facts.chance is None else f"{facts.chance:.4g}",
        facts.definition,
        facts.error,
        facts.source,
        only,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
