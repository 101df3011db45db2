"""The checks of answers in words: their length, and where they stop."""

from collections.abc import Iterator
from dataclasses import replace

from mmbench.diagnosis.exams import Tried
from mmbench.diagnosis.report import Finding

FEW, MANY = 2, 24


def length(tried: Tried) -> Iterator[Finding]:
    """``max_new_tokens`` bounds the answer; a token is at least a letter, and hardly ever more than a word."""
    exam = tried.exam
    if exam.ask != "generate":
        return
    found = exam.call([replace(item, max_new_tokens=FEW) for item in exam.items[:2]])
    more = exam.call([replace(item, max_new_tokens=MANY) for item in exam.items[:2]])
    if not (found.good and more.good):
        bad = found if not found.good else more
        yield Finding("length", exam.name, "fail", f"with max_new_tokens {FEW} or {MANY} it {bad.why}")
        return
    words = max(len(text.split()) for text in found.texts)
    longer = max(len(text.split()) for text in more.texts)
    if words > FEW:
        step = "pass request.max_new_tokens on: it is part of the protocol, and what is cut off says finish_reason='length'"
        yield Finding("length", exam.name, "warn", f"words with max_new_tokens {FEW}: {words}", step)
    else:
        yield Finding("length", exam.name, "pass", f"words with max_new_tokens {FEW}: {words}; with {MANY}: {longer}")


def stops(tried: Tried) -> Iterator[Finding]:
    """An answer ends before a stop string: one is taken out of the middle of what the model says anyway."""
    exam = tried.exam
    if exam.ask != "generate":
        return
    item = replace(exam.items[0], max_new_tokens=MANY)
    said = exam.call([item])
    text = said.texts[0] if said.good else ""
    if len(text) < 2:
        yield Finding("stop", exam.name, "skip", "its answers are too short to stop in")
        return
    mark = text[len(text) // 2]
    found = exam.call([replace(item, stop=(mark,))])
    if not found.good:
        yield Finding("stop", exam.name, "fail", f"with stop {mark!r} it {found.why}")
    elif mark in found.texts[0]:
        yield Finding(
            "stop", exam.name, "warn", f"it goes on after the stop string {mark!r}", "cut the text at request.stop"
        )
    else:
        yield Finding("stop", exam.name, "pass", f"stops before {mark!r}")


CHECKS = (length, stops)
