"""The next batch is made and decoded while the model works: the same items, the same pictures, the same errors."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmbench import media
from mmbench.engines.reading import read, read_ahead
from mmbench.media import decode_audio, decode_image
from mmbench.samples import MediaError, MediaPart, Message, Modality, Request, Sample, TextPart, media_part
from mmbench.tasks.base import Lazy, Stage
from tests.engines.stages import loaded, run

SIZE = 8
Decoded = list[Any]


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    media._AHEAD.rate = "unknown"
    yield
    assert media._AHEAD._waiting == {}
    assert media._AHEAD._held == 0


@pytest.fixture
def pictures(picture: Callable[..., MediaPart]) -> Stage:
    items = [Sample(f"s{i}", (picture(i % 20), TextPart(f"text {i}"))) for i in range(40)]  # each picture occurs twice
    items[11] = Sample("s11", (media_part(Modality.IMAGE, "image/png", b"nothing"),))
    return Stage("pictures", "embed", [item.id for item in items], items, frozenset({Modality.IMAGE, Modality.TEXT}))


def plan(stage: Stage, size: int = SIZE) -> list[range]:
    return [range(start, min(start + size, len(stage.ids))) for start in range(0, len(stage.ids), size)]


class Looks:
    """Embeds pictures by their mean; knows which threads decoded."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def embed(self, samples: Sequence[Sample], **how: Any) -> Any:
        return np.stack(
            [np.asarray(decode_image(sample.image, sample.id), dtype=np.float64).mean((0, 1)) for sample in samples]
        )


def test_batches_are_those_that_are_read_one_by_one(pictures: Stage) -> None:
    model = loaded(Looks())
    alone = [read(model, pictures, wanted) for wanted in plan(pictures)]
    assert list(read_ahead(model, pictures, plan(pictures), threads=2)) == alone
    assert list(read_ahead(model, pictures, [], threads=2)) == []


def test_a_run_is_the_same_with_and_without_threads(tmp_path: Path, pictures: Stage) -> None:
    stores = [run(tmp_path / str(threads), Looks(), pictures, threads=threads) for threads in (0, 1, 3)]
    outputs = [store.read(pictures) for store in stores]
    for output in outputs[1:]:
        np.testing.assert_array_equal(output.values, outputs[0].values)
        assert output.errors == outputs[0].errors == {"s11": "not a readable image/png: no known picture format"}


def test_pictures_are_decoded_by_other_threads(pictures: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    model, threads = Looks(), set[str]()
    real = media._image

    def watched(*args: Any) -> Any:
        threads.add(threading.current_thread().name)
        return real(*args)

    monkeypatch.setattr(media, "_image", watched)
    for number, batch in enumerate(read_ahead(loaded(model), pictures, plan(pictures), threads=1)):
        if number == 0:  # by now the thread is at the second batch
            _wait_until(lambda: any(name.startswith("mmbench-decode") for name in threads))
        model.embed([item for item in batch.items if item.id != "s11"])
    assert any(name.startswith("mmbench-decode") for name in threads)


def _wait_until(true: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(2000):
        if true():
            return
        event.wait(0.005)
    raise AssertionError("it never happened")


def test_what_the_model_does_not_ask_for_is_let_go(pictures: Stage) -> None:
    for batch in read_ahead(loaded(Looks()), pictures, plan(pictures), threads=2):
        decode_image(batch.items[0].image, "first only")


def test_decoding_stops_when_the_model_does_not_decode_here(pictures: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    real = media._image

    def watched(part: MediaPart, key: str) -> Any:
        decoded.append(key)
        return real(part, key)

    monkeypatch.setattr(media, "_image", watched)
    for _ in read_ahead(loaded(Looks()), pictures, plan(pictures), threads=1):
        pass
    assert len(decoded) <= 2 * SIZE


def test_a_stage_that_is_left_early_leaves_nothing_behind(pictures: Stage) -> None:
    batches = read_ahead(loaded(Looks()), pictures, plan(pictures), threads=2)
    next(batches)
    batches.close()


def test_memory_is_bounded(pictures: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_AHEAD", 3 * 32 * 32 * 2)
    held: list[int] = []
    for batch in read_ahead(loaded(Looks()), pictures, plan(pictures), threads=1):
        for item in batch.items:
            if item.id != "s11":
                decode_image(item.image, item.id)
                held.append(media._AHEAD._held)
    assert max(held) <= 3 * 32 * 32 * 4  # above the bound by the one that the thread is at


def test_sounds_come_at_the_rate_that_is_asked_for(tone: Callable[..., MediaPart]) -> None:
    items = [Sample(f"s{i}", (tone(200 + i),)) for i in range(12)]
    stage = Stage("sounds", "embed", [item.id for item in items], items, frozenset({Modality.AUDIO}))
    rates = (16_000, 8_000, 8_000, 16_000)
    expected = [decode_audio(items[i].audio, "x", rates[i // 3]) for i in range(12)]
    found: Decoded = []
    for number, batch in enumerate(read_ahead(loaded(Looks()), stage, plan(stage, 3), threads=2)):
        found += [decode_audio(item.audio, item.id, rates[number]) for item in batch.items]
    for (wave, rate), (right, right_rate) in zip(found, expected, strict=True):
        assert rate == right_rate
        np.testing.assert_array_equal(wave, right)


def test_media_in_requests_and_pairs_are_decoded_too(picture: Callable[..., MediaPart]) -> None:
    requests = [Request(f"s{i}", (Message("user", (picture(i), TextPart("what?"))),)) for i in range(8)]
    pairs = [(Sample(f"a{i}", (picture(i),)), Sample(f"b{i}", (TextPart("x"),))) for i in range(8)]
    for ask, items in (("generate", requests), ("score_pairs", pairs)):
        stage = Stage("some", ask, [f"s{i}" for i in range(8)], items, frozenset({Modality.IMAGE, Modality.TEXT}))  # type: ignore[arg-type]
        batches = read_ahead(loaded(Looks()), stage, plan(stage, 4), threads=1)
        assert [list(batch.items) for batch in batches] == [items[:4], items[4:]]


@pytest.mark.parametrize("threads", [0, 2])
def test_an_item_that_cannot_be_made_is_an_error_of_that_item(tmp_path: Path, pictures: Stage, threads: int) -> None:
    def make(index: int) -> Sample:
        if index in (3, 11):
            raise MediaError(f"s{index}", "cannot be blurred")
        return pictures.items[index]  # type: ignore[return-value]

    stage = Stage("made", "embed", pictures.ids, Lazy(40, make), pictures.modalities)
    store = run(tmp_path, Looks(), stage, threads=threads)
    assert store.errors(stage) == {"s3": "cannot be blurred", "s11": "cannot be blurred"}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_worker_waits_for_no_thread(pictures: Stage) -> None:
    import os

    for batch in read_ahead(loaded(Looks()), pictures, plan(pictures), threads=1):
        child = os.fork() if batch.wanted[0] == 0 else -1
        if child == 0:
            for item in pictures.items[SIZE : SIZE + 3]:
                decode_image(item.image, item.id)  # type: ignore[union-attr]
            os._exit(0)
        if child > 0:
            assert os.waitpid(child, 0)[1] == 0
