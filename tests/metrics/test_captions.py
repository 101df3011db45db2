"""Caption scores: the official scorers on the same tokens, hand-worked values, the tokenizer, METEOR's program."""

import shutil
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbench.errors import UserError
from mmbench.metrics import CaptionScores, _meteor
from mmbench.metrics._caption_tokens import ptb
from mmbench.metrics.functional import caption_items, caption_scores, meteor_scores
from tests.metrics.vectors import official
from tests.metrics.vectors.captions import NAMES, per_item

INSTALLED = find_spec("pycocoevalcap") is not None
needs_peer = pytest.mark.skipif(not INSTALLED, reason="pycocoevalcap is not installed")
needs_java = pytest.mark.skipif(not (INSTALLED and shutil.which("java")), reason="no Java or no pycocoevalcap")
caption = st.lists(st.sampled_from("abcd"), max_size=7).map(" ".join)
items = st.lists(st.tuples(caption, st.lists(caption, min_size=1, max_size=4)), min_size=2, max_size=6)

# What the Java tokenizer gives, punctuation dropped.
TOKENS = {
    "A man's dog, it is BIG!": "a man 's dog it is big",
    "don't can't isn't I'd've": "do n't ca n't is n't i 'd 've",
    "it\u2019s \u201cso\u201d \u2013 big\u2026 \u00a35": "it 's so big # 5",
    "dogs' 'hello' \"hi\" y'all": "dogs hello hi y' all",
    "(a) [b] {c}": "-lrb- a -rrb- -lsb- b -rsb- -lcb- c -rcb-",
    "hi!! what?! ok ... .. --- x": "hi !! what ?! ok x",
    "upside-down beige/white w/ a- -a": "upside-down beige/white w / a a",
    "W. Centre St. at 5 p.m. in the U.S.": "w. centre st. at 5 p.m. in the u.s.",
    "sidewalk.outside the end.": "sidewalk.outside the end",
    "3.50 1,000, 10:30. 1/2 -5 5% $5 #1": "3.50 1,000 10:30 1/2 -5 5 % $ 5 # 1",
    "cannot gonna wanna. gimme": "can not gon na wan na gim me",
    "'tis rock 'n' roll o'clock '70s 80's s'mores": "'t is rock 'n' roll o'clock '70s 80 's s'mores",
    "AT&T b & w m&m's &amp;": "at&t b & w m & m 's &",
    "a@b.com http://x.com/a?b=c #tag @user": "a@b.com http://x.com/a?b=c #tag @user",
    ":) :-( <3": ":-rrb- :--lrb- < 3",
    "no. 5 No. five c++ a_b **": "no. 5 no five c++ a_b **",
    "naïve café 日本 🙂": "naïve café 日本",
    "two   spaces\nnewline\ttab": "two spaces newline tab",
    "|||": "| | |",
    "": "",
}
# Where ours differs: all of 338 odd texts that were tried.
OTHER_TOKENS = {
    "rock'n'roll": "rock 'n' roll",
    "it''s": "it s",
    ":D": ":d",
    "a...b": "a. b",
    "a!b": "a!b",
    "a?b": "a?b",
    "a &nbsp; b": "a b",
    "cannot's": "cannot 's",
}


def test_the_tokenizer_gives_the_tokens_of_the_one_in_java() -> None:
    assert {text: " ".join(ptb(text)) for text in TOKENS} == TOKENS


def test_no_coco_caption_is_tokenised_otherwise_and_eight_odd_texts_are() -> None:
    data = official("captions/caption_vectors.json")
    texts = [*data["raw_hyps"], *(text for references in data["raw_refs"] for text in references)]
    tokens = [*data["tokenised_hyps"], *(text for references in data["tokenised_refs"] for text in references)]
    assert len(texts) == 4005
    assert sum(" ".join(ptb(text)) != wanted for text, wanted in zip(texts, tokens, strict=True)) == 0
    assert sum(" ".join(ptb(text)) != wanted for text, wanted in OTHER_TOKENS.items()) == len(OTHER_TOKENS) == 8


@needs_java
def test_the_tokens_above_are_those_of_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8")
    tokenizer = pytest.importorskip("pycocoevalcap.tokenizer.ptbtokenizer").PTBTokenizer()
    known = TOKENS | OTHER_TOKENS
    found = tokenizer.tokenize({text: [{"caption": text}] for text in known})
    assert {text: " ".join(tokens[0].split()) for text, tokens in found.items()} == known


@needs_peer
@settings(max_examples=60)
@given(items)
def test_every_value_is_the_official_one(samples: list[tuple[str, list[str]]]) -> None:
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    preds, target = [pred for pred, _ in samples], [references for _, references in samples]
    if not any(text for references in target for text in references):
        return  # the official CIDEr ends with an error where no reference has a word
    gts, res = dict(enumerate(target)), {i: [pred] for i, pred in enumerate(preds)}
    scores: dict[str, Any] = {}
    each: dict[str, Any] = {}
    corpus, per_image = Bleu(4).compute_score(gts, res, verbose=0)
    for k in range(4):
        scores[f"bleu{k + 1}"], each[f"bleu{k + 1}"] = corpus[k], per_image[k]
    scores["rouge_l"], each["rouge_l"] = Rouge().compute_score(gts, res)
    scores["cider_d"], each["cider_d"] = Cider().compute_score(gts, res)
    assert caption_scores(preds, target, tokenizer="split") == pytest.approx(scores, abs=1e-9)
    for key, values in caption_items(preds, target, tokenizer="split").items():
        assert values == pytest.approx(np.asarray(each[key]), abs=1e-9), key


def test_exact_captions_that_are_short_lack_the_longer_ngrams() -> None:
    preds = ["one two three four", "five six seven", "eight"]
    assert caption_items(preds, preds)["cider_d"] == pytest.approx([10, 7.5, 2.5])


def test_cider_is_undefined_for_one_item_and_differs_between_sets() -> None:
    preds, target = ["a red dog", "two cats run", "a dog sits"], ["a big red dog", "two cats", "the dog sits"]
    assert np.isnan(caption_scores(preds[:1], target[:1])["cider_d"])
    assert caption_items(preds[:2], target[:2])["cider_d"][0] != pytest.approx(
        caption_items(preds, target)["cider_d"][0]
    )


def test_of_two_equally_close_references_bleu_takes_the_shorter() -> None:
    assert caption_scores(["a b c d"], [["a b c d e", "a b c"]])["bleu1"] == pytest.approx(1)
    assert caption_scores(["a b c d"], [["a b c d e"]])["bleu1"] == pytest.approx(np.exp(-1 / 4))


def test_bleu_of_a_corpus_is_not_the_mean() -> None:
    preds, target = ["a b", "c d e f g h"], ["a b", "x x x x x x"]
    assert caption_scores(preds, target)["bleu1"] == pytest.approx(2 / 8)
    assert caption_items(preds, target)["bleu1"].mean() == pytest.approx(0.5)


def test_a_failed_caption_scores_nothing_even_where_the_reference_is_empty() -> None:
    each = caption_items([None, "", None], ["", "", "a dog"])
    assert each["rouge_l"].tolist() == [0, 1, 0]  # the official ROUGE-L of nothing with nothing is 1
    assert caption_scores([None, None], ["a b", "c"]) == pytest.approx(dict.fromkeys(NAMES, 0), abs=1e-9)


def test_an_unknown_tokenizer_is_refused() -> None:
    with pytest.raises(ValueError, match="tokenizer must be one of ptb, split, got 'java'"):
        caption_scores(["a"], ["a"], tokenizer="java")


def test_the_class_keeps_texts_as_bytes_and_gives_them_back() -> None:
    preds, target = ["日本 \ud800", None, ""], [["x", "é"], ["a"], ["b", "", "c"]]
    metric = CaptionScores()
    metric.update(preds, target)
    metric.update([], [])
    assert metric._texts() == (preds, target)
    states = {name: getattr(metric, name)[0].dtype for name in metric._defaults}
    assert sorted(map(str, states.values())) == ["torch.int64", "torch.int64", "torch.uint8"]
    assert all(isinstance(x, torch.Tensor) for name in states for x in getattr(metric, name))


@needs_java
def test_meteor_is_the_documented_one() -> None:
    data = official("captions/caption_vectors.json")
    part = [*range(30), *range(865, 873)]  # with the odd ones: empty, no words in common, separators
    preds, target = [data["tokenised_hyps"][i] for i in part], [data["tokenised_refs"][i] for i in part]
    found = meteor_scores([*preds, None], [*target, "a dog"], tokenizer="split")
    wanted = per_item(data["per_image"])["METEOR"]
    assert found["items"] == pytest.approx([*(wanted[i] for i in part), 0], abs=1e-9)
    assert isinstance(found["meteor"], float)


def test_meteor_without_java_or_its_jar_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_meteor, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "java")
    with pytest.raises(UserError, match=r"run pip install 'mmbench\[meteor\]'"):
        meteor_scores(["a"], ["a"])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="there is no program `java` on the path"):
        meteor_scores(["a"], ["a"])


@pytest.mark.parametrize(
    "script", ["exit 1", "echo", "read line; echo 1 2; read line; echo 1 2; read line; echo nothing"]
)
def test_a_meteor_that_stops_is_an_error(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(_meteor, "meteor_command", lambda: [str(program)])
    with pytest.raises(RuntimeError, match="stopped before it had answered"):
        meteor_scores(["a"] * 2, ["a"] * 2)
