"""Word and character errors: the same counts as jiwer, normalisers, and the transcripts that need a rule."""

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbench.metrics import WordErrorRate
from mmbench.metrics.functional import (
    SPEECH_NORMALIZERS,
    character_error_counts,
    character_error_rate,
    word_error_counts,
    word_error_rate,
    word_error_rate_metric,
)

COUNTS = ("hits", "substitutions", "deletions", "insertions")
few_words = st.lists(st.sampled_from(["a", "b", "c", "dd", "e\tf", "é"]), max_size=12).map(" ".join)
odd_text = st.text(alphabet="ab \t\n\u00a0\u3000\u200b\x1c日", max_size=14)
texts = st.one_of(few_words, odd_text)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_each_utterance_is_split_into_the_counts_of_jiwer(pairs: list[tuple[str, str]]) -> None:
    preds, target = [pred for pred, _ in pairs], [right for _, right in pairs]
    for ours, theirs in (
        (word_error_counts, jiwer.process_words),
        (character_error_counts, jiwer.process_characters),
    ):
        counts = ours(preds, target)
        for i, (pred, right) in enumerate(pairs):
            wanted = theirs(right, pred)
            assert [counts[name][i] for name in COUNTS] == [getattr(wanted, name) for name in COUNTS]


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_the_rate_of_a_corpus_is_that_of_jiwer(pairs: list[tuple[str, str]]) -> None:
    preds, target = [pred for pred, _ in pairs], [right for _, right in pairs]
    assert word_error_rate(preds, target) == jiwer.wer(target, preds)
    assert character_error_rate(preds, target) == jiwer.cer(target, preds)


def test_more_utterances_than_are_held_at_once_stay_in_order() -> None:
    target = ["a b c d"] * 300
    preds = ["a b c d" if i % 7 else "a x c" for i in range(300)]
    counts = word_error_counts(preds, target)
    assert [value.dtype for value in counts.values()] == [np.int64] * 4
    assert (counts["hits"] == [4 if i % 7 else 2 for i in range(300)]).all()
    assert (counts["deletions"] == [0 if i % 7 else 1 for i in range(300)]).all()


@pytest.mark.parametrize(
    ("preds", "target", "wanted"),
    [
        ([""], [""], 0.0),
        (["a b"], [""], 2.0),  # no rate, as there is nothing to divide by: the number of insertions
        (["a b", "c"], ["", "c"], 2.0),  # insertions count, also those of an empty reference
        ([None, "c"], ["a b", "c"], 2 / 3),
        (["a\tb"], ["a b"], 1.0),  # a tab separates nothing
        (["  a   b "], ["a b"], 0.0),
        ([], [], float("nan")),
    ],
)
def test_empty_and_failed_transcripts_have_a_rule(preds: list[str | None], target: list[str], wanted: float) -> None:
    assert word_error_rate(preds, target) == pytest.approx(wanted, nan_ok=True)


def test_empty_references_are_counted() -> None:
    metric = word_error_rate_metric()
    assert metric.aggregate(metric.per_sample(["a", "b", ""], ["", "b", " "]))["n_empty"] == 2


def test_inner_spaces_are_characters_and_outer_ones_are_not() -> None:
    assert character_error_rate([" a b "], ["a b"]) == 0
    assert character_error_rate(["ab"], ["a b"]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("normalizer", "text", "wanted"),
    [
        ("none", " A\tb ", " A\tb "),
        ("whitespace", " A\tb\n c", "A b c"),
        ("lower", " A\tB", "a b"),
        ("basic", "Mr. O'Neil [noise] <unk> (laughs) naïve ﬁne 3-4", "mr o neil naïve fine 3 4"),
        ("basic_no_diacritics", "Naïve Straße Øre, [uh]", "naive strasse ore"),
    ],
)
def test_a_normaliser_does_what_its_name_says(normalizer: str, text: str, wanted: str) -> None:
    assert SPEECH_NORMALIZERS[normalizer](text) == wanted


@given(st.text(max_size=30), st.sampled_from("<[(>])"))
def test_basic_is_whispers_basic_normaliser(text: str, bracket: str) -> None:
    whisper = pytest.importorskip("transformers.models.whisper.english_normalizer")
    odd = f"{bracket}{text[:5]}){text}]"
    for name, strip in (("basic", False), ("basic_no_diacritics", True)):
        wanted = " ".join(whisper.BasicTextNormalizer(remove_diacritics=strip)(odd).split())
        assert SPEECH_NORMALIZERS[name](odd) == wanted


def test_the_normaliser_is_part_of_the_signature_and_changes_the_rate() -> None:
    preds, target = ["hello world"], ["Hello, world"]
    assert word_error_rate(preds, target) == 0.5
    assert word_error_rate(preds, target, normalizer="basic") == 0
    assert "normalizer='basic'" in word_error_rate_metric("basic").signature
    with pytest.raises(ValueError, match="normalizer must be one of none, .*, got 'english'"):
        word_error_rate(preds, target, normalizer="english")


def test_counts_stay_exact_beyond_what_float32_holds() -> None:
    metric = WordErrorRate()
    metric.update(["a"], ["a"])
    for state in metric._names.values():
        setattr(metric, state, getattr(metric, state) * 2**24)
    metric.update([""], ["a"])
    assert float(metric.compute()["wer"]) == 1 / (2**24 + 1)
