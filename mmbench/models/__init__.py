"""Models by name, by import path, or from a function: ``load_model("linear-alignment")``, ``as_model(embed=f, name="mine")``."""

import difflib
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from mmbench.discovery import collect, named
from mmbench.errors import UserError, unknown_key
from mmbench.files import canonical_json, digest
from mmbench.models.base import Adapter, ModelCard, capabilities
from mmbench.models.files import FilePredictions
from mmbench.models.weights import is_path
from mmbench.samples import Request, Response

__all__ = [
    "Adapter",
    "LoadedModel",
    "ModelCard",
    "ModelEntry",
    "Request",
    "Response",
    "all_adapters",
    "all_models",
    "as_model",
    "load_model",
    "wrap_model",
]

ENTRY_POINTS = "mmbench.models"
NOWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the catalog: its card, and how to make it. Nothing heavy is imported before ``make`` is called.

    Attributes:
        card: facts; ``card.name`` is the key.
        make: keyword arguments (``--model-args``) to the model.
        extra: the extra of mmbench that it needs, ``""`` for none.
    """

    card: ModelCard
    make: Callable[..., object]
    extra: str = ""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to be evaluated, and what identifies it.

    Attributes:
        model: the object with ``embed``, ``generate``, ``predict`` or ``score_pairs``.
        card: its facts.
        spec: the string that loads it again; ``None`` for an object that was handed in.
        config: keyword arguments that it was made with.
        revision: of the weights, or source and state hashed; ``None`` where nothing identifies it: then resume is off.
        place: the device and dtype that were asked for; provenance, so that a run goes on elsewhere.
        label: of an adapter's model: the spec as records show it, with a name where ``spec`` holds a path of this machine.
    """

    model: object
    card: ModelCard
    spec: str | None
    config: Mapping[str, Any]
    revision: str | None
    place: Mapping[str, str] = field(default_factory=lambda: NOWHERE)
    label: str | None = None

    def identity(self) -> dict[str, Any]:
        """What a run's id hashes of the model. Of an adapter's model, a branch or tag is not in it: ``revision`` says what it was.

        No path of this machine is in it: one in ``config`` is its last name and a digest.
        """
        resolved = {"revision"} if self.label is not None else set()
        config = {name: _without_path(value) for name, value in self.config.items() if name not in resolved}
        return {"name": self.card.name, "spec": self.label or self.spec, "config": config, "revision": self.revision}


@cache
def _catalog() -> dict[str, ModelEntry]:
    entries = {entry.card.name: entry for entry in collect("mmbench.models.catalog", ModelEntry)}
    return dict(sorted(entries.items()))


def all_models() -> list[ModelEntry]:
    """Every model of the catalog, sorted by name."""
    return list(_catalog().values())


@cache
def _adapters() -> dict[str, Adapter]:
    found = {adapter.prefix: adapter for adapter in collect("mmbench.models.adapters", Adapter)}
    return dict(sorted(found.items()))


def all_adapters() -> list[Adapter]:
    """Every adapter, sorted by prefix."""
    return list(_adapters().values())


def load_model(spec: str, *, device: str | None = None, dtype: str | None = None, **config: Any) -> LoadedModel:
    """A model from a spec string.

    Args:
        spec: a name of the catalog or an adapter with a name behind its prefix (``mmbench list models``), a name of the entry-point
            group ``mmbench.models``, or ``package.module:Factory``.
        device: where it runs (``cuda:1``); part of no run's identity. Only for factories that take it.
        dtype: of its weights (``bfloat16``); as ``device``.
        config: keyword arguments for the factory.

    Raises:
        UserError: nothing has that name, its package is missing, or the factory does not take these arguments.
    """
    place = {name: value for name, value in (("device", device), ("dtype", dtype)) if value is not None}
    if spec in _catalog():
        entry = _catalog()[spec]
        made = _make(spec, entry.make, config, place, entry.extra)
        return LoadedModel(made, entry.card, spec, config, entry.card.revision, place)
    points = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    if spec in points:
        return _wrap(_make(spec, _imported(spec, points[spec].value), config, place, ""), spec, config, place)
    if spec.startswith("file:"):
        return _wrap(_make(spec, FilePredictions, {"path": spec.removeprefix("file:"), **config}, place, ""), None, {})
    prefix, colon, name = spec.partition(":")
    if colon and prefix in _adapters():
        adapter = _adapters()[prefix]
        loaded = _wrap(_make(spec, partial(adapter.make, name), config, place, adapter.extra), spec, config, place)
        private = is_path(name) or is_path(name.partition("/")[2])  # open_clip:ViT-B-32/checkpoint.safetensors
        return replace(loaded, label=f"{prefix}:{loaded.card.name}" if private else spec)
    if colon:
        return _wrap(_make(spec, _imported(spec, spec), config, place, ""), spec, config, place)
    raise unknown_key("model", spec, [*_catalog(), *points, *(f"{prefix}:" for prefix in _adapters())])


def wrap_model(model: object) -> LoadedModel:
    """Any object with ``embed``, ``generate``, ``predict`` or ``score_pairs``, and a ``card`` if it has one."""
    return model if isinstance(model, LoadedModel) else _wrap(model, None, {})


def as_model(
    *,
    name: str,
    revision: str | None = None,
    card: ModelCard | None = None,
    **methods: Callable[..., Any],
) -> LoadedModel:
    """A model from functions: ``as_model(embed=f, name="mine")``.

    Args:
        name: what boards call it.
        revision: identifies the weights. Without it the functions' names and source stand in; where those can't be had, resume is off.
        card: all facts, instead of ``name``.
        methods: any of ``embed``, ``generate``, ``predict``, ``score_pairs``, ``fit``, with the signatures of ``mmbench.models.base``.

    Raises:
        UserError: a method that mmbench never calls, or none at all.
    """
    from types import SimpleNamespace

    from mmbench.models.base import ALL_MODALITIES, CAPABILITIES

    wrong = sorted(set(methods) - {*CAPABILITIES, "fit"})
    if wrong or not methods:
        raise UserError(
            f"as_model takes {', '.join((*CAPABILITIES, 'fit'))}; it was given {', '.join(wrong) or 'none of them'}."
        )
    if not set(methods) & set(CAPABILITIES):
        raise UserError(f"as_model needs one of {', '.join(CAPABILITIES)} beside fit.")
    known = card or ModelCard(name, revision, ALL_MODALITIES)
    return LoadedModel(SimpleNamespace(**methods), known, None, {}, revision or _source_digest(methods))


def _wrap(
    model: object, spec: str | None, config: Mapping[str, Any], place: Mapping[str, str] = NOWHERE
) -> LoadedModel:
    from mmbench.models.base import ALL_MODALITIES

    if not capabilities(model):
        raise UserError(
            f"{spec or type(model).__name__} made an object with none of embed, generate, predict, score_pairs: see mmbench.models.base."
        )
    card = getattr(model, "card", None)
    if not isinstance(card, ModelCard):
        card = ModelCard(spec or type(model).__name__, None, ALL_MODALITIES)
    revision = card.revision
    if revision is None and (spec is not None or not _has_state(model)):  # of a spec, the config identifies the state
        revision = _source_digest({"class": type(model)})
    return LoadedModel(model, card, spec, config, revision, place)


def _make(
    spec: str, factory: Callable[..., object], config: Mapping[str, Any], place: Mapping[str, str], extra: str
) -> object:
    import inspect

    signature = inspect.signature(factory)
    try:
        signature.bind(**config)
    except TypeError as error:
        raise UserError(f"The model {spec!r} cannot be made with these arguments: {error}.") from error
    for name in place:
        if name not in signature.parameters:
            raise UserError(f"The model {spec!r} does not take a {name}: leave --{name} out.")
    try:
        return factory(**config, **place)
    except ModuleNotFoundError as error:
        how = f"run pip install 'mmbench[{extra}]'" if extra else f"install the package that has {error.name!r}"
        raise UserError(f"The model {spec!r} needs {error.name!r}, which is not installed: {how}.") from error


def _imported(spec: str, path: str) -> Callable[..., object]:
    try:
        found = named(path)
    except ImportError as error:
        near = difflib.get_close_matches(path.partition(":")[0], list(_adapters()), n=1)
        hint = f"Did you mean {near[0]}:{path.partition(':')[2]}?" if near else "A spec is package.module:Factory."
        raise UserError(f"The model {spec!r} cannot be imported: {error}. {hint}") from error
    if not callable(found):
        raise UserError(f"{spec!r} names something that cannot be called; a spec is package.module:Factory.")
    factory: Callable[..., object] = found
    return factory


def _without_path(value: Any) -> Any:
    """Judged by how it is written, not by what there is: another machine has to come to the same identity."""
    if not isinstance(value, str | PurePath) or not str(value).startswith(("/", "~", "./", "../")):
        return value
    return f"{PurePath(value).name}#{digest(str(value))[:8]}"


def _has_state(model: object) -> bool:
    """Whether two objects of this class can differ in more than their cards."""
    slots = any(getattr(base, "__slots__", ()) for base in type(model).__mro__)
    return slots or bool(set(getattr(model, "__dict__", {})) - {"card"})


def _source_digest(things: Mapping[str, Any]) -> str | None:
    """A digest of qualified names, source and defaults; ``None`` where there is no source or something hides state.

    State hides in a closure, in the object of a bound method, and in a default that is no plain value.
    """
    import inspect

    parts = {}
    for name, thing in sorted(things.items()):
        if getattr(thing, "__closure__", None) or inspect.ismethod(thing):
            return None
        try:
            defaults = [getattr(thing, "__defaults__", None), getattr(thing, "__kwdefaults__", None)]
            parts[name] = [thing.__module__, thing.__qualname__, inspect.getsource(thing), canonical_json(defaults)]
        except (OSError, TypeError, ValueError, AttributeError):
            return None
    return digest(parts)
