"""Models by name, by import path, or from a function: ``load_model("linear-alignment")``, ``as_model(embed=f, name="mine")``."""

import difflib
import importlib.metadata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from mmbench.discovery import collect, named
from mmbench.errors import UserError, unknown_key
from mmbench.files import digest
from mmbench.models.base import Adapter, ModelCard, capabilities
from mmbench.models.sources import has_state, source_digest
from mmbench.models.weights import is_path
from mmbench.samples import Modality, Request, Response

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
    "origin",
    "third_parties",
    "wrap_model",
]

ENTRY_POINTS = "mmbench.models"
NOWHERE: Mapping[str, Any] = MappingProxyType({})


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
        place: device and dtype as they were asked for, and an adapter's settings: with ``config`` the arguments that load it again.
            Provenance, so that a run goes on elsewhere.
        label: of an adapter's model: the spec as records show it, with a name where ``spec`` holds a path of this machine.
    """

    model: object
    card: ModelCard
    spec: str | None
    config: Mapping[str, Any]
    revision: str | None
    place: Mapping[str, Any] = field(default_factory=lambda: NOWHERE)
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


def third_parties() -> dict[str, importlib.metadata.EntryPoint]:
    """The models of other installed distributions by name; names of the catalog stay the catalog's."""
    points = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    return {name: point for name, point in sorted(points.items()) if name not in _catalog()}


def origin(point: importlib.metadata.EntryPoint) -> str:
    """The distribution of an entry point, and its version."""
    return "an installed package" if point.dist is None else f"{point.dist.name} {point.dist.version}"


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
    points = third_parties()
    if spec in points:
        return _wrap(_make(spec, _pointed_to(points[spec]), config, place, ""), spec, config, place)
    prefix, colon, name = spec.partition(":")
    if colon and prefix in _adapters():
        adapter = _adapters()[prefix]
        made = _make(spec, partial(adapter.make, name), config, place, adapter.extra)
        if adapter.local:
            return _wrap(made, None, {}, place)
        settings = {key: value for key, value in config.items() if key in adapter.settings}
        answers = {key: value for key, value in config.items() if key not in adapter.settings}
        loaded = _wrap(made, spec, answers, {**place, **settings})
        private = is_path(name) or (
            "://" not in name and is_path(name.partition("/")[2])
        )  # open_clip:ViT-B-32/checkpoint.safetensors
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
    modalities: Collection[str] | None = None,
    **methods: Callable[..., Any],
) -> LoadedModel:
    """A model from functions: ``as_model(embed=f, name="mine")``.

    Args:
        name: what boards call it.
        revision: identifies the weights. Without it the functions' names and source stand in; where those can't be had, or a function
            uses something that its source does not show (a network that stands beside it), resume is off.
        card: all facts, instead of ``name``.
        modalities: what it takes in: ``image``, ``text``, ``audio``, ``features``; everything by default.
        methods: any of ``embed``, ``generate``, ``predict``, ``score_pairs``, ``fit``, with the signatures of ``mmbench.models.base``.

    Raises:
        UserError: a method that mmbench never calls, none at all, or a modality that there is not.
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
    known = card or ModelCard(name, revision, ALL_MODALITIES if modalities is None else _modalities(modalities))
    return LoadedModel(SimpleNamespace(**methods), known, None, {}, revision or source_digest(methods))


def _modalities(names: Collection[str]) -> frozenset[Modality]:
    wrong = sorted(set([names] if isinstance(names, str) else names) - set(Modality))
    if wrong or not names:
        raise UserError(f"There is no modality {wrong[0] if wrong else names!r}: choose of {', '.join(Modality)}.")
    return frozenset(Modality(name) for name in ([names] if isinstance(names, str) else names))


def _wrap(
    model: object, spec: str | None, config: Mapping[str, Any], place: Mapping[str, Any] = NOWHERE
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
    if revision is None and (spec is not None or not has_state(model)):  # of a spec, the config identifies the state
        revision = source_digest({"class": type(model)})
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


def _pointed_to(point: importlib.metadata.EntryPoint) -> Callable[..., object]:
    """What an entry point names. ``UserError`` names the distribution that is broken, whatever its module does."""
    where = f"The model {point.name!r} of {origin(point)}"
    try:
        found = point.load()
    except ModuleNotFoundError as error:
        raise UserError(f"{where} cannot be imported: {error}. Install what it needs.") from error
    except Exception as error:  # a stranger's module may raise anything
        reason = (
            f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'without a word'}"
        )
        raise UserError(f"{where} cannot be imported: {reason}. Tell its authors, or uninstall it.") from error
    if not callable(found):
        raise UserError(f"{where} is nothing that can be called: its entry point has to name a factory.")
    factory: Callable[..., object] = found
    return factory
