"""Pages of samples: everything is inside and escaped, nothing is shown that may not be, a broken file shows its reason."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mmbench.loaders.checks import run_checks
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.peek import peek_page
from mmbench.loaders.views import SOUND_BYTES, Views, may_show
from mmbench.samples import FeaturesPart, MediaPart, Modality, Sample, TextPart, media_part

Open = Callable[[dict[str, list[Sample]]], dict[str, PairedDataset]]
Make = Callable[..., MediaPart]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class _Page(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def rich(picture: Make, tone: Make) -> list[Sample]:
    curve = np.linspace(-1, 2, 60, dtype=np.float32).reshape(20, 3)
    return [
        Sample(
            f"{HOSTILE} {i}",
            (picture(i, 300), tone(300 + i, language="el"), TextPart(HOSTILE, "en"), TextPart("ὅδε", "el"), FeaturesPart("face", curve)),
            options=(HOSTILE, "b"),
            target={"answer": HOSTILE},
            group="shared",
            meta={"note": HOSTILE},
        )
        for i in range(4)
    ]  # fmt: skip


def _assert_self_contained(text: str) -> None:
    page = _Page(text)
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")
    assert "script-src" not in policy
    assert not [tag for tag, _ in page.tags if tag in {"script", "iframe", "object", "link"}]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
    assert all((attrs.get("src") or "data:").startswith("data:") for _, attrs in page.tags)


def test_a_page_holds_pictures_sounds_texts_features_and_answers_escaped(rich: list[Sample], open_rows: Open) -> None:
    text = peek_page(open_rows({"all": rich})["all"], n=2, allowed=True)
    _assert_self_contained(text)
    page = _Page(text)
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert [attrs["width"] for attrs in images] == ["256", "256"]
    assert all((attrs["src"] or "").startswith("data:image/jpeg;base64,") for attrs in images)
    assert [(attrs["src"] or "")[:23] for tag, attrs in page.tags if tag == "audio"] == ["data:audio/flac;base64,"] * 2
    words = " ".join(page.words)
    assert HOSTILE in words
    assert "ὅδε" in words
    assert "20 x 3, -1 to 2" in words
    assert "2 of 4 samples" in words
    assert "group shared" in words


def test_what_may_not_be_passed_on_is_not_in_the_page(rich: list[Sample], open_rows: Open) -> None:
    secret = [replace(one, target="the secret answer", meta={"why": "the secret reason"}) for one in rich]
    text = peek_page(open_rows({"all": secret})["all"], allowed=False)
    assert "secret" not in text
    assert "data:image/" not in text
    assert "data:audio/" not in text
    assert "its licence does not allow it" in text
    assert "The answer is not shown." in text


def test_only_cards_that_say_so_and_the_users_own_data_are_shown(rich: list[Sample], open_rows: Open) -> None:
    card = open_rows({"all": rich})["all"].card
    closed = card.model_copy(update={"redistributable": False})
    assert may_show(card, ["fake"])
    assert not may_show(closed, ["fake"])
    assert may_show(closed, ["openmoji"])


def test_a_broken_file_shows_its_reason_beside_the_others(rich: list[Sample], open_rows: Open) -> None:
    broken = media_part(Modality.IMAGE, "image/png", b"<html>404</html>")
    rich[1] = replace(rich[1], content=(broken, *rich[1].content[1:]))
    text = peek_page(open_rows({"all": rich})["all"], allowed=True)
    assert "no known picture format" in text
    assert text.count("<img ") == 3


def test_equal_seeds_draw_equal_samples(picture: Make, open_rows: Open) -> None:
    dataset = open_rows({"all": [Sample(f"s{i}", (TextPart(f"words {i}"),)) for i in range(50)]})["all"]

    def drawn(seed: int | None) -> list[str]:
        return re.findall(r"<code>(s\d+)</code>", peek_page(dataset, n=5, seed=seed, allowed=True))

    assert drawn(None) == ["s0", "s1", "s2", "s3", "s4"]
    assert drawn(1) == drawn(1) == sorted(drawn(1), key=lambda name: int(name[1:]))
    assert drawn(1) != drawn(2)


def test_long_sounds_are_cut_and_a_full_page_says_so() -> None:
    import soundfile

    buffer = io.BytesIO()
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 30)
    soundfile.write(buffer, noise, 16_000, format="WAV", subtype="PCM_16")
    assert len(buffer.getvalue()) > SOUND_BYTES
    sample = Sample("a", (media_part(Modality.AUDIO, "audio/wav", buffer.getvalue()),))
    views = Views(allowed=True, left=1000)
    first, second = (views.of(sample)["sounds"]["shown"][0] for _ in range(2))
    assert first["note"] == "30.0 s, 16 kHz, 1 channel, here the first 10 s"
    assert first["uri"].startswith("data:audio/flac;base64,")
    assert second["uri"] is None
    assert "the page is full" in second["note"]


def test_a_report_of_checks_shows_the_offending_samples(rich: list[Sample], open_rows: Open, tmp_path: Path) -> None:
    rich[1] = replace(rich[1], content=(*rich[1].content[:2], TextPart(" ", "en"), *rich[1].content[3:]))
    report = run_checks(open_rows({"all": rich}))
    path = report.to_html(tmp_path / "report")
    text = path.read_text(encoding="utf-8")
    _assert_self_contained(text)
    assert "blank text (en)" in text
    assert f"{HOSTILE} 1" in " ".join(_Page(text).words)
    assert "data:image/jpeg" in text
    assert (tmp_path / "report" / "report.json").read_text(encoding="utf-8").startswith("{")
