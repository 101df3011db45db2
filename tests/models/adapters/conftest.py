"""Folders of tiny models, made once a session, and requests and samples to put to them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmbench.samples import MediaPart, Message, Request, Sample, TextPart

Folder = Callable[..., Path]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """``folder("clip")``: the folder of a tiny model, saved as the hub has it; keyword arguments go to its builder in ``tiny``."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from transformers.utils.logging import disable_progress_bar

    from tests.models.adapters import tiny

    disable_progress_bar()  # type: ignore[no-untyped-call]
    root = tmp_path_factory.mktemp("tiny")
    made: dict[str, Path] = {}

    def saved(name: str, **options: Any) -> Path:
        key = "-".join([name, *(str(value) for value in options.values())])[:60]
        if key not in made:
            getattr(tiny, name)(root / key, **options)
            made[key] = root / key
        return made[key]

    return saved


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Two threads only wait for one another in models of this size."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def asked(*parts: str | MediaPart, key: str = "a", system: str | None = None, **decoding: Any) -> Request:
    """A request whose user turn holds these parts in order."""
    content = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    turns = (*([] if system is None else [Message("system", (TextPart(system),))]), Message("user", content))
    return Request(key, turns, **{"max_new_tokens": 8, **decoding})


def one(part: str | MediaPart, key: str = "a") -> Sample:
    """A sample with one part."""
    return Sample(key, (TextPart(part) if isinstance(part, str) else part,))
