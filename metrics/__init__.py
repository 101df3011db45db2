"""Metrics as pure functions (``mmbench.metrics.functional``) and as thin ``torchmetrics.Metric`` classes.

``import mmbench.metrics`` loads numpy only; a class brings in torch when it is first asked for. A metric is one file in
``functional/`` and, where it has a class, one in ``classes/``: nothing is listed here.
"""

if __name__ != "mmbench.metrics":
    raise ImportError("the folder metrics/ is imported as mmbench.metrics")

import ast
from collections.abc import Callable
from importlib import import_module
from typing import Any

from mmbench.discovery import modules_in
from mmbench.metrics.spec import Key, Metric

__all__ = ["Key", "Metric", "from_signature", "specs"]


def specs() -> dict[str, Callable[..., Metric]]:
    """The factories of every metric by name: ``specs()["retrieval"](k=(1, 5))`` is ``retrieval_metric(k=(1, 5))``.

    A factory is any public function named ``<name>_metric`` in a module of ``mmbench.metrics.functional``.
    """
    suffix = "_metric"
    return {
        name.removesuffix(suffix): getattr(module, name)
        for module in modules_in("mmbench.metrics.functional")
        for name in module.__all__
        if name.endswith(suffix)
    }


def from_signature(signature: str) -> Metric:
    """The metric that a signature names: ``from_signature(m.signature)`` computes what ``m`` does.

    Args:
        signature: as in ``Metric.signature`` and in the scores of a run: ``"exact_match(normalize='squad')@1"``.

    Raises:
        ValueError: text of another form, an unknown metric, arguments that it doesn't take, or a version whose values
            this mmbench no longer computes.
    """
    call, at, version = signature.rpartition("@")
    try:
        node = ast.parse(call, mode="eval").body
        if not (at and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args):
            raise ValueError
        name = node.func.id
        params = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    except (SyntaxError, ValueError):
        raise ValueError(f"{signature!r} is not of the form name(param=value,...)@version.") from None
    known = specs()
    if name not in known:
        raise ValueError(f"{signature!r}: there is no metric {name!r}; there are {', '.join(sorted(known))}.")
    try:
        metric = known[name](**params)
    except TypeError as error:
        raise ValueError(f"{signature!r}: {error}.") from None
    if metric.version != version:
        raise ValueError(f"{signature!r}: this mmbench computes version {metric.version} of it, with other values.")
    return metric


def _classes() -> dict[str, Any]:
    """Every torchmetrics class by name; imports torch."""
    return {name: getattr(module, name) for module in modules_in("mmbench.metrics.classes") for name in module.__all__}


def __getattr__(name: str) -> Any:
    """``functional``, or a torchmetrics class by its CamelCase name; nothing else may cost an import of torch."""
    if name == "functional":
        return import_module("mmbench.metrics.functional")
    if name[:1].isupper() and name in (found := _classes()):
        return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What can be imported, the classes included."""
    return sorted({*globals(), "functional", *_classes()})
