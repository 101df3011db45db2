"""What is said of one text and one waveform, at the edge of what is let through."""

from collections.abc import Iterator

import numpy as np
import pytest

from mmbench.loaders.checks.media import signal_notes
from mmbench.loaders.checks.text import encoding_notes


def _words() -> Iterator[str]:
    """Honest text, with accented capitals before quotes, French spacing and many scripts."""
    yield from (
        "café",
        "漢字",
        "naïve Ærø",
        "« déjà\xa0»",
        "»Spaß«",
        "„Ö“",
        "CAFÉ»",
        "voilà\xa0!",
        "Œuvre",
        "Žluťoučký",
        "25 °C",
    )
    yield from ("ÀÉÎ", "год", "طاووسة", "ក្ងោក\u200bស", "Çok güzel…", "não—é", "MAÇÃ”", "ÜÖÄß", "😀", "tab\tand\nline")


def test_honest_text_is_let_through() -> None:
    assert {text: encoding_notes(text) for text in _words() if encoding_notes(text)} == {}


@pytest.mark.parametrize("text", ["café", "don\u2019t", "漢字", "naïve", "£5", "“quoted”", "über", "Привет", "😀"])
def test_utf8_that_was_read_as_windows_1252_is_found(text: str) -> None:
    """Python's own codecs make the damage; bytes that Windows-1252 leaves undefined become Latin-1, as browsers do it."""
    damaged = "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )
    assert any("UTF-8 read as" in note for note in encoding_notes(damaged))
    assert any("UTF-8 read as" in note or "control" in note for note in encoding_notes(text.encode().decode("latin-1")))


@pytest.mark.parametrize(
    ("text", "note"), [("a\ufffdb", "U+FFFD"), ("a\x93b", "U+0093"), ("a\x00b", "U+0000"), ("\ufeffa", "U+FEFF")]
)
def test_replacement_and_control_characters_are_found(text: str, note: str) -> None:
    assert note in "".join(encoding_notes(text))


def test_a_signal_at_the_edge_of_the_thresholds_is_let_through() -> None:
    wave = np.zeros((1, 16_000), dtype=np.float32)
    assert signal_notes(wave, 16_000) == ["silent (100% of the frames below -60 dBFS)"]
    wave[:, :1200] = 0.5 * np.sin(np.arange(1200))
    assert signal_notes(wave, 16_000) == []
    wave[:, :100] = 1.0
    assert signal_notes(wave, 16_000) == []
    wave[:, :400] = 1.0
    assert signal_notes(wave, 16_000) == ["clipped (2.5% of the samples)"]
