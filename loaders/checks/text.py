"""Checks of texts: their encoding and their length."""

import re
from collections import Counter
from functools import cache

from mmbench.loaders.checks.base import Evidence, Outcome, SampleProbe, check
from mmbench.samples import Modality, Sample, TextPart

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")  # not tab, line ends and U+0085
# Characters that stand after accented letters in honest text too: closing quotes, no-break spaces, dashes, the ellipsis.
COMMON = frozenset("\xa0\xab\xbb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a\u2013\u2014\u2026")


def encoding_notes(text: str) -> list[str]:
    """What is wrong with a text's encoding; empty where nothing is.

    Args:
        text: any text.

    Returns:
        replacement characters (bytes that were no UTF-8), control characters, and UTF-8 that was read as Windows-1252 or Latin-1.
    """
    if text.isascii() and text.isprintable():
        return []
    notes = ["replacement character U+FFFD"] if "\ufffd" in text else []
    control = CONTROL.search(text)
    notes += [f"control character U+{ord(control[0]):04X}"] if control else []
    wrong = next((match[0] for match in _mojibake().finditer(text) if set(match[0][1:]) - COMMON), None)
    return notes + ([f"UTF-8 read as Windows-1252: {wrong!r}"] if wrong else [])


@cache
def _mojibake() -> re.Pattern[str]:
    """A first byte of a UTF-8 sequence and the right number of further ones, each as the character it becomes in Windows-1252."""
    further = "[" + re.escape("".join(_windows(code) for code in range(0x80, 0xC0))) + "\x80-\xbf]"
    return re.compile(f"[\xc2-\xdf]{further}|[\xe0-\xef]{further}{{2}}|[\xf0-\xf4]{further}{{3}}")


def _windows(code: int) -> str:
    return bytes([code]).decode("cp1252", errors="ignore") or chr(code)


def _encoding(sample: Sample) -> tuple[str, ...] | None:
    words = [(part.language, part.text) for part in sample.content if isinstance(part, TextPart)]
    words += [("an option", option) for option in sample.options]
    words += [("the answer", sample.target)] if isinstance(sample.target, str) else []
    notes = (f"{where or 'text'}: {note}" for where, text in words for note in encoding_notes(text))
    return tuple(dict.fromkeys(notes)) or None


ENCODING = SampleProbe(_encoding)


@check("Texts are well encoded", "warn", ENCODING, all_of=frozenset({Modality.TEXT}))
def text_encoding(evidence: Evidence) -> Outcome:
    """Mojibake, replacement and control characters in texts, options and answers: exact match against such an answer is impossible.

    Sequences that honest text has (an accented capital before a closing quote or a no-break space) are let through.
    """
    bad = [seen.item("; ".join(seen.value)) for seen in evidence.seen(ENCODING)]
    message = f"{len(bad):,} samples have damaged characters." if bad else "No damaged characters."
    return Outcome(len(evidence), bad, value=len(bad), threshold=0, message=message)


def _lengths(sample: Sample) -> tuple[int, int, tuple[str, ...]] | None:
    texts = [(part.language, part.text) for part in sample.content if isinstance(part, TextPart)]
    if not texts:
        return None
    blank = [f"blank text{f' ({language})' if language else ''}" for language, text in texts if not text.strip()]
    counted = Counter(texts)
    twice = [
        f"{text[:40]!r} stands {times} times{f' ({language})' if language else ''}"
        for (language, text), times in counted.items()
        if times > 1 and text.strip()
    ]
    lengths = [len(text) for _, text in texts]
    return min(lengths), max(lengths), tuple(dict.fromkeys(blank + twice))


LENGTHS = SampleProbe(_lengths)


@check("Texts are neither blank nor repeated in a sample", "warn", LENGTHS, all_of=frozenset({Modality.TEXT}))
def text_length(evidence: Evidence) -> Outcome:
    """A blank caption matches everything; the same caption twice beside one picture is one reference fewer than the metric counts."""
    seen = list(evidence.seen(LENGTHS))
    bad = [one.item("; ".join(one.value[2])) for one in seen if one.value[2]]
    shortest = min((one.value[0] for one in seen), default=0)
    longest = max((one.value[1] for one in seen), default=0)
    message = f"{shortest:,} to {longest:,} characters; {len(bad):,} samples with blank or repeated texts."
    return Outcome(len(seen), bad, value=len(bad), threshold=0, message=message)
