"""Checks of texts: their encoding, their length, and whether they say anything."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mmbench.loaders.checks.base import MEDIA, Evidence, Outcome, SampleProbe, Seen, check
from mmbench.loaders.checks.contents import normalised
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


GENERIC_SHARE, GENERIC_MIN = 0.02, 10
CAPTIONS = SampleProbe(
    lambda sample: (
        tuple(
            (part.language, normalised(part.text))
            for part in sample.content
            if isinstance(part, TextPart) and part.text.strip()
        )
        if sample.target is None and sample.modalities & MEDIA
        else None
    )
)


@check("Texts say something about their own sample", "warn", CAPTIONS, any_of=MEDIA, all_of=frozenset({Modality.TEXT}))
def generic_text(evidence: Evidence) -> Outcome:
    """One text beside many media ("an image") matches all of them: each such pair is a coin toss in retrieval.

    Reported is a normalised text of one language in at least 2 % and at least 10 of a split's samples without answers.
    """
    by_split: defaultdict[str, list[Seen[tuple[tuple[str | None, str], ...]]]] = defaultdict(list)
    for seen in evidence.seen(CAPTIONS):
        by_split[seen.split].append(seen)
    bad, said = [], []
    for split, rows in by_split.items():
        counted = Counter(text for seen in rows for text in set(seen.value))
        often = {text: n for text, n in counted.items() if n >= max(GENERIC_MIN, GENERIC_SHARE * len(rows))}
        said += [
            f"{text!r} in {n:,} of {split}" for (_, text), n in sorted(often.items(), key=lambda pair: -pair[1])[:3]
        ]
        bad += [
            seen.item(f"{text[1][:40]!r} stands in {often[text]:,} samples")
            for seen in rows
            for text in seen.value
            if text in often
        ]
    n = sum(map(len, by_split.values()))
    message = f"{'; '.join(said)}." if said else "No text stands in many samples."
    return Outcome(n, bad, value=len(bad), threshold=0, message=message)


SCRIPTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CYRILLIC": frozenset({"be", "bg", "kk", "ky", "mk", "mn", "ru", "tg", "uk"}), "GREEK": frozenset({"el"}),
        "ARABIC": frozenset({"ar", "fa", "ps", "sd", "ug", "ur"}), "HEBREW": frozenset({"he", "yi"}),
        "DEVANAGARI": frozenset({"hi", "mr", "ne", "sa"}), "BENGALI": frozenset({"as", "bn"}), "TAMIL": frozenset({"ta"}),
        "TELUGU": frozenset({"te"}), "KANNADA": frozenset({"kn"}), "MALAYALAM": frozenset({"ml"}), "GUJARATI": frozenset({"gu"}),
        "GURMUKHI": frozenset({"pa"}), "THAI": frozenset({"th"}), "KHMER": frozenset({"km"}), "LAO": frozenset({"lo"}),
        "MYANMAR": frozenset({"my"}), "GEORGIAN": frozenset({"ka"}), "ARMENIAN": frozenset({"hy"}), "ETHIOPIC": frozenset({"am", "ti"}),
        "SINHALA": frozenset({"si"}), "HANGUL": frozenset({"ko"}), "CJK": frozenset({"ja", "zh"}),
    }
)  # fmt: skip
EITHER = frozenset({"az", "bs", "iu", "ku", "ms", "sr", "uz"})  # written in several scripts
KANA = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "KATAKANA-HIRAGANA": "CJK", "HALFWIDTH": "CJK", "IDEOGRAPHIC": "CJK"}
MIN_LETTERS = 4
MAJORITY = 0.95  # with 0.75, clean sets that mix scripts raised alarms


@cache
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "?").split(" ")[0]
    return KANA.get(name, name)


def script_of(text: str) -> str | None:
    """The Unicode script of most of a text's letters (``LATIN``, ``CJK`` with kana); ``None`` below four letters."""
    counted = Counter(_script(letter) for letter in text if letter.isalpha())
    top = counted.most_common(1)[0][0] if counted else None
    return top if counted.total() >= MIN_LETTERS or top == "CJK" else None


def _expected(language: str | None) -> str | None:
    """The script of a language tag; ``None`` where there are several or none is known. A script in the tag (``zh-Latn``) leaves it open."""
    base, *rest = (language or "").lower().split("-")
    if not base or base in EITHER or any(len(part) == 4 for part in rest):
        return None
    return next((script for script, tongues in SCRIPTS.items() if base in tongues), "LATIN" if len(base) == 2 else None)


SCRIPT = SampleProbe(
    lambda sample: (
        tuple(
            (part.language, found)
            for part in sample.content
            if isinstance(part, TextPart) and (found := script_of(part.text)) is not None
        )
        or None
    )
)


@check("Texts are in the script of their language", "warn", SCRIPT, all_of=frozenset({Modality.TEXT}))
def text_script(evidence: Evidence) -> Outcome:
    """A Russian caption among English ones scores as a mistake of the model.

    Most letters of a text are held against the script that its language tag asks for; texts without a tag against the script of 95 %
    of the split's, so that sets in several scripts raise no alarm: where more than one untagged text in twenty is wrong, nothing is
    said. It knows scripts and no languages: French among English is not seen.
    """
    seen = list(evidence.seen(SCRIPT))
    usual = _usual_scripts(seen)
    bad, counted = [], Counter[str]()
    for one in seen:
        for language, script in one.value:
            counted[script] += 1
            wanted = _expected(language) if language else usual.get(one.split)
            if wanted not in (None, script):
                bad.append(
                    one.item(
                        f"{language or 'a text'}: most letters are {script.title()}, expected {str(wanted).title()}"
                    )
                )
    named = ", ".join(f"{script.title()} {count:,}" for script, count in counted.most_common(6))
    return Outcome(len(seen), bad, value=len(bad), threshold=0, message=f"Scripts of the texts: {named or 'none'}.")


def _usual_scripts(seen: list[Seen[tuple[tuple[str | None, str], ...]]]) -> dict[str, str]:
    """Per split the script that 95 % of the texts without a language tag are in."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in seen:
        counted[one.split].update(script for language, script in one.value if language is None)
    top = {split: found.most_common(1)[0] for split, found in counted.items() if found}
    return {split: script for split, (script, count) in top.items() if count >= MAJORITY * counted[split].total()}
