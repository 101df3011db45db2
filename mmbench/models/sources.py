"""What identifies a model that nobody gave a revision: the source of its functions, unless something hides state from it."""

import inspect
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from mmbench.files import canonical_json, digest


def has_state(model: object) -> bool:
    """Whether two objects of this class can differ in more than their cards."""
    slots = any(getattr(base, "__slots__", ()) for base in type(model).__mro__)
    return slots or bool(set(getattr(model, "__dict__", {})) - {"card"})


def source_digest(things: Mapping[str, Any]) -> str | None:
    """A digest of qualified names, source, defaults and globals; ``None`` where there is no source or something hides state.

    State hides in a closure, in the object of a bound method, and in a default or a global variable that is no plain value: a network
    that a function finds by its name can be trained between two runs, and its source stays the same.
    """
    try:
        return digest({name: _described(thing, frozenset()) for name, thing in sorted(things.items())})
    except (OSError, TypeError, ValueError, AttributeError):
        return None


def _described(thing: Any, seen: frozenset[str]) -> list[Any]:
    """JSON values. Any of the errors that ``source_digest`` takes for hidden state."""
    if getattr(thing, "__closure__", None) or inspect.ismethod(thing):
        raise TypeError(f"{thing!r} holds state")
    defaults = [getattr(thing, "__defaults__", None), getattr(thing, "__kwdefaults__", None)]
    described = [thing.__module__, thing.__qualname__, inspect.getsource(thing), canonical_json(defaults)]
    used = {name: _global(value, thing, seen | {thing.__qualname__}) for name, value in _globals(thing)}
    return [*described, used] if used else described


def _global(value: Any, user: Any, seen: frozenset[str]) -> Any:
    """What a function finds by its name: functions of its own module by their source, plain values by their value, others by name."""
    if inspect.ismodule(value):
        return value.__name__
    if inspect.isclass(value) or inspect.isbuiltin(value):
        return [value.__module__, value.__qualname__]
    if inspect.isfunction(value):
        named = [value.__module__, value.__qualname__]
        return named if value.__module__ != user.__module__ or value.__qualname__ in seen else _described(value, seen)
    return canonical_json(value)


def _globals(thing: Any) -> Iterator[tuple[str, Any]]:
    """The global variables that a function names, sorted; of a class none, whose state is in its objects."""
    if not inspect.isfunction(thing):
        return
    for name in sorted(_names(thing.__code__)):
        if name in thing.__globals__:
            yield name, thing.__globals__[name]


def _names(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names, *(name for one in inner for name in _names(one))}
