"""The made-up tasks are what is said of them: shown by linear models in closed form on hand-made products, and nothing of ours."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmbench.fusion.base import Fusion
from mmbench.fusion.methods.concat import FUSION as CONCAT
from mmbench.fusion.synthetic import FAIL, PASS, Known, all_known, must_pass
from mmbench.loaders import get_card
from mmbench.loaders.sources import GeneratedSource
from mmbench.samples import FeaturesPart
from mmbench.tasks import get_task

Array = NDArray[np.float64]
KNOWN = {known.task.removesuffix(".class").removeprefix("fusion-"): known for known in all_known()}


@cache
def rows(name: str) -> dict[str, tuple[dict[str, list[Array]], NDArray[Any]]]:
    """Per split the arrays of each modality, and the classes as numbers."""
    source = get_card(f"fusion-{name}").source
    assert isinstance(source, GeneratedSource)
    found: dict[str, tuple[dict[str, list[Array]], list[str]]] = {split: ({}, []) for split in source.sizes}
    for split, sample in source.build({}):
        for part in sample.content:
            assert isinstance(part, FeaturesPart)
            found[split][0].setdefault(part.name, []).append(part.values.astype(np.float64))
        found[split][1].append(sample.target)
    classes = getattr(get_task(KNOWN[name].task), "classes")  # noqa: B009
    return {split: (parts, np.array([classes.index(one) for one in names])) for split, (parts, names) in found.items()}


def means(parts: dict[str, list[Array]]) -> dict[str, Array]:
    return {name: np.stack([values.mean(axis=0) for values in one]) for name, one in parts.items()}


def products(left: Array, right: Array) -> Array:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def right(name: str, make: Any) -> float:
    """Accuracy on the test split of a ridge from ``make(parts)`` to one column per class."""
    (train, y), (test, z) = rows(name)["train"], rows(name)["test"]
    a, b = (np.column_stack([make(parts), np.ones(len(labels))]) for parts, labels in ((train, y), (test, z)))
    weights = np.linalg.solve(a.T @ a + 10 * np.eye(a.shape[1]), a.T @ np.eye(y.max() + 1)[y])
    return float(((b @ weights).argmax(axis=1) == z).mean())


def side_by_side(*names: str) -> Any:
    return lambda parts: np.column_stack([means(parts)[name] for name in names])


def with_squares(name: str) -> Any:
    """Everything of degree two in one modality."""
    return lambda parts: np.column_stack([means(parts)[name], products(means(parts)[name], means(parts)[name])])


def test_every_known_task_exists_and_has_these_modalities() -> None:
    for known in all_known():
        task = get_task(known.task)
        assert (task.kind, task.primary) == ("classification", "accuracy")
        assert len(getattr(task, "classes")) == known.classes  # noqa: B009
        parts, _ = rows(known.task.removesuffix(".class").removeprefix("fusion-"))["test"]
        assert tuple(parts) == known.modalities == tuple(known.alone)
        assert known.why


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "lagged"])
def test_each_modality_alone_tells_what_is_said(name: str) -> None:
    for modality, best in KNOWN[name].alone.items():
        for features in (side_by_side(modality), with_squares(modality)):
            assert right(name, features) == pytest.approx(best, abs=0.05)


@pytest.mark.parametrize(
    ("name", "enough"), [("redundant", True), ("unique", True), ("xor", False), ("bilinear", False), ("gated", False)]
)
def test_a_sum_is_enough_only_where_it_is_said(name: str, enough: bool) -> None:
    known = KNOWN[name]
    found = right(name, lambda parts: np.column_stack([with_squares(one)(parts) for one in known.modalities]))
    assert known.interaction is not enough
    assert known.passes(found) is enough
    assert known.fails(found) is not enough
    assert found <= known.without + 0.05 or enough


@pytest.mark.parametrize(("name", "pairs"), [("xor", ["ab"]), ("bilinear", ["ab"]), ("gated", ["ac", "bc"])])
def test_products_of_two_modalities_tell_everything(name: str, pairs: Sequence[str]) -> None:
    def features(parts: dict[str, list[Array]]) -> Array:
        found = means(parts)
        return np.column_stack([*found.values(), *(products(found[pair[0]], found[pair[1]]) for pair in pairs)])

    assert KNOWN[name].passes(right(name, features))


def test_the_mean_over_steps_tells_nothing_and_the_marked_steps_everything() -> None:
    known = KNOWN["lagged"]
    both = lambda parts: np.column_stack(  # noqa: E731
        [*means(parts).values(), products(*means(parts).values()), *(with_squares(name)(parts) for name in "ab")]
    )
    assert right("lagged", both) == pytest.approx(0.25, abs=0.04)
    assert known.fails(right("lagged", both))
    assert right("lagged", lambda parts: np.column_stack([marked(parts, name) for name in "ab"])) > 0.99
    for name in "ab":
        alone = right("lagged", lambda parts, name=name: marked(parts, name))
        assert alone == pytest.approx(known.alone[name], abs=0.04)


def marked(parts: dict[str, list[Array]], name: str) -> Array:
    """Of each sequence the step that carries the mark: the pattern that has one large value per sequence."""
    pattern = {"a": (1, -1, 1, -1, 1, -1, 1, -1), "b": (1, 1, 1, 1, -1, -1, -1, -1)}[name]
    return np.stack([values[(values @ np.array(pattern)).argmax()] for values in parts[name]])


def test_sequences_have_lengths_and_lags_of_their_own() -> None:
    parts, _ = rows("lagged")["train"]
    lengths = [(len(a), len(b)) for a, b in zip(parts["a"], parts["b"], strict=True)]
    assert set(lengths) == {(8, 16), (10, 20), (12, 24)}
    pattern = {"a": np.tile([1, -1], 4), "b": np.repeat([1, -1], 4)}
    places = {name: [int((values @ pattern[name]).argmax()) for values in parts[name]] for name in "ab"}
    lags = [b - 2 * a for a, b in zip(places["a"], places["b"], strict=True)]
    assert {one for one in set(lags) if lags.count(one) > 100} == {1, 2, 3, 4}


def fusion(*, additive: bool, sequences: bool) -> Fusion:
    return Fusion(
        name="x", title="x", paper="x", equation="x", formula="x", make=CONCAT.make, parameters=CONCAT.parameters,
        additive=additive, sequences=sequences,
    )  # fmt: skip


def test_what_a_method_is_says_what_it_must_pass() -> None:
    passed = {
        (additive, steps): [name for name, known in KNOWN.items() if must_pass(fusion(additive=additive, sequences=steps), known)]
        for additive in (False, True)
        for steps in (False, True)
    }  # fmt: skip
    vectors = ["redundant", "unique", "xor", "bilinear", "gated"]
    assert passed == {
        (False, False): vectors,
        (False, True): [*vectors, "lagged"],
        (True, False): ["redundant", "unique"],
        (True, True): ["redundant", "unique", "lagged"],
    }


def test_shares_are_of_the_way_from_chance_to_everything() -> None:
    known: Known = KNOWN["xor"]
    assert [known.share(accuracy) for accuracy in (0.25, 1.0, 0.0)] == pytest.approx([0.0, 1.0, -1 / 3])
    assert (known.passes(0.25 + 0.75 * PASS + 1e-9), known.passes(0.84), known.fails(0.62), known.fails(0.63)) == (
        True,
        False,
        True,
        False,
    )
    assert all(known.share(known.without) < FAIL for known in all_known() if known.interaction or known.order)
