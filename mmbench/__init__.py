"""mmbench: from any model to a leaderboard row that can be trusted. Not OpenCompass' MMBench.

``import mmbench`` loads nothing heavy; each name below is imported when it is first used.
"""

from pathlib import Path

if not (Path(__file__).parent / "loaders").is_dir():  # a checkout without symbolic links
    __path__.append(str(Path(__file__).parent.parent))

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmbench.api import (
        as_model,
        check,
        compare,
        compare_fusion,
        doctor,
        download,
        evaluate,
        export_requests,
        export_submission,
        import_logs,
        list_datasets,
        list_fusions,
        list_models,
        list_modifiers,
        list_suites,
        list_tasks,
        load_dataset,
        load_model,
        peek,
        score,
        verify,
    )
    from mmbench.leaderboards import Leaderboard

__version__ = "0.1.0"
__all__ = [
    "Leaderboard",
    "as_model",
    "check",
    "compare",
    "compare_fusion",
    "doctor",
    "download",
    "evaluate",
    "export_requests",
    "export_submission",
    "import_logs",
    "list_datasets",
    "list_fusions",
    "list_models",
    "list_modifiers",
    "list_suites",
    "list_tasks",
    "load_dataset",
    "load_model",
    "peek",
    "score",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mmbench' has no attribute {name!r}")
    module = "mmbench.leaderboards" if name == "Leaderboard" else "mmbench.api"
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
