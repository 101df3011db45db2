"""Fixtures for tests that download: import them in a ``conftest.py``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmbench.loaders.hub import retry
from mmbench.loaders.hub.retry import Patience
from tests.hub.server import LocalHub

QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_ETAG_TIMEOUT": "3",
    "HF_HUB_DOWNLOAD_TIMEOUT": "3",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """An empty hub that ``HF_ENDPOINT`` points at; no token, nothing of the user's, no waiting between attempts."""
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.setattr(retry, "PATIENT", Patience(timeout=1.0, sleep=lambda seconds: None))
    import huggingface_hub

    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "hf-home" / "token"))
    with LocalHub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        huggingface_hub.close_session()  # a client made before this test would keep that test's proxies
        yield running
        huggingface_hub.close_session()
