"""Floor models: what they may know, that they don't depend on order, and that what they learned survives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mmbench.models import load_model
from mmbench.samples import Message, Modality, Request, Sample, TextPart


def rows(*pairs: tuple[str, Any]) -> list[Sample]:
    return [Sample(f"s{number}", (TextPart(text),), target=target) for number, (text, target) in enumerate(pairs)]


def asks(*texts: str, options: tuple[str, ...] = ()) -> list[Request]:
    return [Request(f"q{number}", (Message("user", (TextPart(text),)),), options) for number, text in enumerate(texts)]


def made(name: str, **config: Any) -> Any:
    return load_model(name, **config).model


def answers(model: Any, requests: list[Request]) -> list[str]:
    return [response.text for response in model.generate(requests)]


WORDS = rows(("is it red?", "yes"), ("is it red?", "yes"), ("is it red?", "no"), ("what?", "tie b"), ("what?", "tie a"))
NUMBERS = rows(*((f"{'good' if i % 2 else 'awful'} day number {i}", 1.0 if i % 2 else -0.5) for i in range(40)))
EMBED: Callable[..., Any] = lambda model, samples: model.embed(samples, modalities=frozenset({Modality.TEXT}))  # noqa: E731


def test_random_depends_on_the_id_and_the_seed_only() -> None:
    model, samples = made("random"), rows(*(("x", None) for _ in range(50)))
    requests = asks(*("x" for _ in range(50)))
    asks_in_turn: tuple[Callable[..., Any], ...] = (EMBED, lambda model, samples: model.predict(samples))
    for ask in asks_in_turn:
        whole = ask(model, samples)
        np.testing.assert_array_equal(ask(model, samples[::-1])[::-1], whole)
        np.testing.assert_array_equal(ask(made("random"), samples[7:8]), whole[7:8])
        assert not np.array_equal(ask(made("random", seed=1), samples), whole)
        assert len(np.unique(whole[:, 0])) == 50
    assert answers(model, requests[::-1])[::-1] == answers(model, requests)
    assert set(answers(model, requests)) == {"yes", "no"}


def test_random_draws_from_options_or_from_the_answers_of_training() -> None:
    model = made("random")
    model.fit(WORDS, rows(("x", "only in validation")))
    found = set(answers(model, asks(*("x" for _ in range(200)))))
    assert found == {"yes", "no", "tie a", "tie b", "only in validation"}
    assert set(answers(model, asks(*("x" for _ in range(50)), options=("1", "2")))) == {"1", "2"}


def test_constant_says_the_same_for_everything() -> None:
    model = made("constant")
    assert np.ptp(EMBED(model, WORDS), axis=0).max() == 0
    assert np.ptp(model.predict(NUMBERS)) == 0
    assert answers(model, asks("a", "b")) == ["", ""]
    assert answers(model, asks("a", options=("first", "second"))) == ["first"]


def test_majority_knows_the_most_frequent_answer_and_the_mean() -> None:
    model = made("majority")
    model.fit(WORDS, [])
    assert answers(model, asks("is it red?", "anything")) == ["yes", "yes"]
    model.fit(WORDS[2:], [])
    assert answers(model, asks("x")) == ["no"]  # all three once: the one that sorts first
    model.fit(NUMBERS, [])
    np.testing.assert_allclose(model.predict(NUMBERS[:3]), [[0.25]] * 3)
    assert answers(model, asks("x")) == [""]


def test_blind_remembers_answers_by_question() -> None:
    model = made("blind")
    model.fit(WORDS, [])
    assert answers(model, asks("is it red?", "what?", "never seen")) == ["yes", "tie a", "yes"]


def test_blind_reads_sentiment_from_characters_and_not_from_neighbours() -> None:
    model = made("blind")
    model.fit(NUMBERS[:30], NUMBERS[30:])
    unseen = rows(("a good day", None), ("an AWFUL day", None), ("", None))
    found = model.predict(unseen)
    assert found[0, 0] > 0.6
    assert found[1, 0] < -0.1
    assert found[2, 0] == pytest.approx(0.25, abs=0.2)
    for number, sample in enumerate(unseen):
        np.testing.assert_array_equal(model.predict([sample]), found[number : number + 1])


def test_oracle_answers_with_what_it_is_shown() -> None:
    model = made("oracle")
    np.testing.assert_array_equal(model.predict(NUMBERS[:2]), [[-0.5], [1.0]])
    shown = [Request("a", (), target="red"), Request("b", (), target=("blue", "navy"))]
    assert answers(model, shown) == ["red", "blue"]
    one, two, both = EMBED(model, rows(("", ("x",)), ("", ("y",)), ("", ("x", "y"))))
    assert one @ one > both @ one > 0.9 * 4096
    assert abs(one @ two) < 0.1 * 4096


@pytest.mark.parametrize("name", ["majority", "blind", "random"])
@pytest.mark.parametrize("data", ["words", "numbers", "lines"])
def test_what_was_fitted_comes_back_bit_for_bit(name: str, data: str) -> None:
    train = {"words": WORDS, "numbers": NUMBERS, "lines": rows(("q", "one\nline"), ("q", ""), ("r", "one\nline"))}[data]
    fitted, restored = made(name), made(name)
    fitted.fit(train, train)
    restored.restore(fitted.fitted())
    requests = asks("is it red?", "q", "never seen", *("x" for _ in range(20)))
    assert answers(restored, requests) == answers(fitted, requests)
    np.testing.assert_array_equal(restored.predict(NUMBERS), fitted.predict(NUMBERS))


def test_fitting_again_forgets() -> None:
    for name in ("majority", "random"):
        again, fresh = made(name), made(name)
        again.fit(WORDS, WORDS)
        for model in (again, fresh):
            model.fit(rows(("x", "blue"), ("y", "blue")), [])
        assert answers(again, asks("a", "b")) == answers(fresh, asks("a", "b")) == ["blue", "blue"]


OPTIONS = ("cat", "dog", "bird")


def choices(*pairs: tuple[str, Any]) -> list[Sample]:
    return [Sample(f"c{number}", (TextPart(text),), OPTIONS, target) for number, (text, target) in enumerate(pairs)]


def test_predictions_have_a_column_per_option() -> None:
    asked = choices(("says woof", None), ("says nothing", None))
    assert made("constant").predict(asked).tolist() == [[0, 0, 0]] * 2
    guessed = made("random").predict(asked)
    assert guessed.shape == (2, 3)
    np.testing.assert_array_equal(made("random").predict(asked[1:]), guessed[1:])
    taught = choices(("says woof", "dog"), ("says woof", "dog"), ("flies", "bird"), ("both", ("cat", "dog")))
    majority, blind = made("majority"), made("blind")
    majority.fit(taught, [])
    assert majority.predict(asked).tolist() == [[1, 3, 1]] * 2
    restored = made("majority")
    restored.restore(majority.fitted())
    assert restored.predict(asked).tolist() == [[1, 3, 1]] * 2
    blind.fit(taught[:3], [])
    assert blind.predict(choices(("flies", None), ("new", None))).tolist() == [[0, 0, 1], [0, 1, 0]]
    blind.fit([], [])
    assert blind.predict(asked).tolist() == [[0, 0, 0]] * 2
    shown = choices(("x", ("dog",)), ("x", ("cat", "bird")))
    assert made("oracle").predict(shown).tolist() == [[0, 1, 0], [1, 0, 1]]


def test_pairs_are_scored_by_nothing_by_chance_and_by_the_truth() -> None:
    left, right = rows(("", ("1", "2")), ("", ("3",))), rows(("", ("2",)), ("", ("2",)))
    assert made("constant").score_pairs(left, right).tolist() == [0, 0]
    assert made("oracle").score_pairs(left, right).tolist() == [1, 0]
    guessed = made("random").score_pairs(left, right)
    assert guessed[0] != guessed[1]
    np.testing.assert_array_equal(made("random").score_pairs(left[1:], right[1:]), guessed[1:])
