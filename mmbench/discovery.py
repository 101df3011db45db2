"""Finding what is registered: a card, task, model or metric is a file in a folder, and no list names it."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def modules_in(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules directly inside ``package``, sorted by name."""
    parent = importlib.import_module(package)
    for name in sorted(info.name for info in pkgutil.iter_modules(parent.__path__)):
        if not name.startswith("_"):
            yield importlib.import_module(f"{package}.{name}")


def collect(package: str, kind: type[T]) -> Iterator[T]:
    """Yield every module-level value of type ``kind``, and those inside module-level tuples, that ``package``'s modules define."""
    seen: set[int] = set()
    for module in modules_in(package):
        for value in vars(module).values():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, kind) and id(item) not in seen:
                    seen.add(id(item))
                    yield item


def named(path: str) -> Any:
    """What ``package.module:name`` names, imported; the current folder is searched too.

    Raises:
        ImportError: there is no such module, or it has no such name.
    """
    module, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for attribute in name.split("."):
            found = getattr(found, attribute)
    except (AttributeError, ValueError) as error:
        raise ImportError(str(error)) from error
    return found
