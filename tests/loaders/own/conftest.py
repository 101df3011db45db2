"""Folders of generated pictures and sounds, laid out as people do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmbench.samples import MediaPart

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    """No build of one test is another's."""


@pytest.fixture
def put(tmp_path: Path, picture: Callable[..., MediaPart], tone: Callable[..., MediaPart]) -> Write:
    """Write files below ``tmp_path/photos``: text as it is, a number as a picture or sound of that seed by the suffix."""

    def write(files: dict[str, str | bytes | int], folder: str = "photos") -> Path:
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, int):
                made = tone(200 + content) if path.suffix in {".flac", ".wav"} else picture(content)
                assert made.data is not None
                content = made.data
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / folder

    return write
