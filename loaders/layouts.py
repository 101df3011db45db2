"""Which files of a repository hold a configuration and a split: what its README declares, else how its files are named."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.tables import format_of

# The words that stand for a split in names of files and folders, as in the documentation of the hub ("Automatic data split detection").
WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SHARD = r"-\d{5}-of-\d{5}"


def data_files(paths: Iterable[str], readme: str | None, *, config: str | None, split: str, repo: str) -> list[str]:
    """The files of one split, sorted.

    Args:
        paths: every path of the repository.
        readme: its README, whose YAML head may name configurations and their files.
        config: the configuration; ``None`` for the default one.
        split: the upstream's name of the split.
        repo: named in errors.

    Raises:
        UserError: neither the README nor the names of the files say where the split is.
    """
    readable = sorted(path for path in paths if format_of(path) is not None)
    declared = _declared(readme, config)
    found = _by_readme(readable, declared, split) if declared is not None else _by_name(readable, config, split)
    if not found:
        where = f"configuration {config!r}, split {split!r}" if config else f"split {split!r}"
        some = ", ".join(readable[:5]) or "none that can be read here"
        raise UserError(
            f"{repo} has no data files for {where}: the upstream changed its layout, or the card is wrong "
            f"(its data files: {some}{', …' if len(readable) > 5 else ''})."
        )
    return found


def matching(paths: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The paths that one of some glob patterns (``*``, ``**``, ``?``, ``[…]``, ``{a,b}``) describes, sorted."""
    from fsspec.utils import glob_translate

    expressions = [re.compile(glob_translate(pattern.removeprefix("./"))) for pattern in patterns]
    return sorted(path for path in paths if any(one.match(path) for one in expressions))


def _declared(readme: str | None, config: str | None) -> dict[str, Any] | None:
    """The entry of a configuration under ``configs`` in the README's YAML head."""
    import yaml

    head = re.match(r"\A﻿?---\r?\n(.*?)\r?\n---", readme or "", re.DOTALL)
    try:
        found = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError:
        return None
    entries = found.get("configs") if isinstance(found, dict) else None
    entries = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    if config is not None:
        return next((one for one in entries if str(one.get("config_name")) == config), None)
    chosen = [one for one in entries if one.get("default")] or [
        one for one in entries if one.get("config_name") == "default"
    ]
    return chosen[0] if chosen else entries[0] if len(entries) == 1 else None


def _by_readme(paths: Sequence[str], entry: dict[str, Any], split: str) -> list[str]:
    folder = str(entry.get("data_dir") or "").strip("/")
    inside = [path for path in paths if not folder or path.startswith(folder + "/")]
    files = entry.get("data_files")
    if files is None:
        return _by_name(inside, None, split)
    prefix = f"{folder}/" if folder else ""
    entries = files if isinstance(files, list) and files and isinstance(files[0], dict) else [{"path": files}]
    patterns = [
        prefix + str(pattern)
        for one in entries
        if str(one.get("split", "train")) == split
        for pattern in _listed(one.get("path"))
    ]
    return matching(paths, patterns)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _by_name(paths: Sequence[str], config: str | None, split: str) -> list[str]:
    """Files under the configuration's folder whose name or folder holds the split's word; all of them for a lone ``train``."""
    inside = [path for path in paths if config is None or path.startswith(config + "/")]
    shards = [path for path in inside if re.fullmatch(re.escape(split) + SHARD, PurePosixPath(path).stem)]
    if shards:
        return shards
    words = WORDS.get(split, (split,))
    named = [path for path in inside if _holds(path, words)]
    anything = [path for path in inside if any(_holds(path, other) for other in WORDS.values())]
    return named or (inside if split == "train" and not anything else [])


def _holds(path: str, words: Sequence[str]) -> bool:
    alternatives = "|".join(re.escape(word) for word in words)
    return re.search(rf"(?:^|[/._\- ])(?:{alternatives})(?:[/._\- 0-9]|$)", path) is not None
