"""The fusion methods by name, and a stranger's module as one of them."""

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mmbench.discovery import collect, named
from mmbench.errors import UserError, unknown_key
from mmbench.files import digest
from mmbench.fusion.base import NO_KNOBS, Fusion


def all_fusions() -> list[Fusion]:
    """The built-in methods, sorted by name.

    Raises:
        UserError: torch is not installed.
    """
    return list(_all())


@cache
def _all() -> tuple[Fusion, ...]:
    try:
        return tuple(sorted(collect("mmbench.fusion.methods", Fusion), key=lambda fusion: fusion.name))
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise _no_torch() from error


def get_fusion(name: str) -> Fusion:
    """The method of a name, or of a spec ``package.module:Class`` that names a module of the same interface.

    A stranger's class is called ``Class(dims, width)``, or ``Class(dims, width, outputs)`` where it says ``decides = True``; with
    ``dropout=`` if it takes that. ``sequences``, ``decides``, ``additive``, ``multiple`` and ``knobs`` are read off the class, as in
    ``Fusion``. A change of the file that it is in makes it another method, which is trained anew.

    Raises:
        UserError: there is no such method; the class cannot be imported or called; torch is not installed.
    """
    if ":" in name:
        return _stranger(name)
    known = {fusion.name: fusion for fusion in all_fusions()}
    if name not in known:
        raise unknown_key("fusion", name, list(known))
    return known[name]


def _stranger(spec: str) -> Fusion:
    cls = _imported(spec)
    decides = bool(getattr(cls, "decides", False))
    takes_dropout = _checked(spec, cls, ("dims", "width", "outputs") if decides else ("dims", "width"))

    def make(*sizes: Any, dropout: float = 0.0, **knobs: Any) -> Any:
        return cls(*sizes, **({"dropout": dropout} if takes_dropout else {}), **knobs)

    def parameters(dims: Sequence[int], *sizes: int, **knobs: Any) -> int:
        from mmbench.fusion.network import on_meta, trained_parameters

        try:
            return trained_parameters(on_meta(make, dims, *sizes, **knobs))
        except Exception as error:  # a stranger's code may raise anything
            given = ", ".join(map(str, sizes))
            raise UserError(
                f"The fusion {spec!r} cannot be made for modalities of {list(dims)} numbers and sizes {given} "
                f"({type(error).__name__}: {error}): let it take any width, or say `multiple = N` in the class."
            ) from error

    return Fusion(
        name=spec,
        title=f"{cls.__module__}.{cls.__qualname__}",
        paper="not given",
        equation="not given",
        formula="counted",
        make=make,
        parameters=parameters,
        knobs=getattr(cls, "knobs", NO_KNOBS),
        sequences=bool(getattr(cls, "sequences", False)),
        decides=decides,
        additive=bool(getattr(cls, "additive", False)),
        multiple=int(getattr(cls, "multiple", 1)),
        code=_code(cls),
    )


def _code(cls: type) -> str:
    """A digest of the class's name and of the source of its module; of the name alone where there is no source."""
    try:
        source = inspect.getsource(sys.modules[cls.__module__])
    except (OSError, TypeError, KeyError):
        source = ""
    return digest([cls.__qualname__, source])[:12]


def _imported(spec: str) -> type:
    try:
        from torch import nn

        found = named(spec)
    except ImportError as error:
        if error.name == "torch":
            raise _no_torch() from error
        raise UserError(
            f"The fusion {spec!r} cannot be imported ({error}): a spec is package.module:Class, the module lying where Python finds it."
        ) from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise UserError(f"{spec!r} is not a class of torch.nn.Module: a spec is package.module:Class.")
    return found


def _checked(spec: str, cls: Callable[..., Any], sizes: tuple[str, ...]) -> bool:
    """Whether the class takes ``dropout``; it has to take the sizes."""
    signature = inspect.signature(cls)
    try:
        signature.bind(*sizes)
    except TypeError as error:
        raise UserError(
            f"The fusion {spec!r} cannot be called as Class({', '.join(sizes)}) ({error}): let its __init__ take these, "
            "other arguments having defaults."
        ) from error
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    return "dropout" in signature.parameters or inspect.Parameter.VAR_KEYWORD in kinds


def _no_torch() -> UserError:
    return UserError("Fusion methods need torch, which is not installed: run pip install 'mmbench[fusion]'.")
