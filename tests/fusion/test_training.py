"""One training: what its seed fixes, which weights are kept, when it stops, what it never sees, and how outputs come back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mmbench.fusion.blocks import Block, Problem
from mmbench.fusion.entries import ENSEMBLE, Entry, configured, entry
from mmbench.fusion.jobs import Bench, Job, Place, run
from mmbench.fusion.network import network
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.search import Config
from mmbench.fusion.sizing import Size
from mmbench.fusion.training import Progress, Scale, Trained, rows_of, scale_of, train
from tests.fusion.conftest import Made
from tests.fusion.family import Counting
from tests.fusion.tiny import NAMES, WIDTH, block, given, small

CLASSES = Problem(("down", "up"), "accuracy")
NUMBER = Problem((), "corr", "cmu")
DIMS = (WIDTH, WIDTH)
RULES = small(patience=3)
PLAIN = Config(dropout=0.0)
State = dict[str, torch.Tensor]


def sized(name: str, budget: int = 600) -> tuple[Entry, Config, tuple[Size, ...]]:
    one = entry(name, NAMES)
    config, sizes = configured(one, 0, DIMS, 2, budget, 0.2)
    return one, config, sizes


def done(
    name: str = "concat", rows: tuple[Block, Block] | None = None, *, problem: Problem = CLASSES, rules: Protocol = RULES,
    seed: int = 0, member: int = 0, config: Config | None = None,
) -> tuple[nn.Module, Progress, Scale]:  # fmt: skip
    one, own, sizes = sized(name)
    blocks = rows or (block(), block(32, seed=1))
    scale = scale_of(blocks[0].targets, problem)
    data = (rows_of(blocks[0], one.fusion, problem, scale), rows_of(blocks[1], one.fusion, problem, scale))
    model, how = train(one, one.members[member], sizes[member], data, problem, config or own, rules, seed)
    return model, how, scale


def same(a: State, b: State) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def turned(rows: Block) -> Block:
    """With the classes exchanged: the better the training, the larger the loss."""
    return replace(rows, targets=1 - rows.targets)


@pytest.mark.parametrize("name", ["concat", "mult", "gmu+gradient-blending+modality-dropout"])
def test_a_seed_fixes_every_bit_whatever_was_drawn_before(name: str) -> None:
    states = []
    for before in (1, 2):
        torch.manual_seed(before)
        np.random.default_rng(before)
        states.append(done(name)[0].state_dict())
    assert same(*states)
    assert not same(states[0], done(name, seed=1)[0].state_dict())


def test_the_generator_and_the_threads_of_the_caller_are_left_alone() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    done("concat+modality-dropout")
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_the_weights_of_the_best_look_are_kept() -> None:
    rows = block(), turned(block())
    model, how, _ = done(rows=rows, config=PLAIN)
    assert how.best == 0
    assert list(how.losses) == sorted(how.losses)
    first, only, _ = done(rows=rows, config=PLAIN, rules=small(updates=10))
    assert only.losses == how.losses[:1]
    assert same(model.state_dict(), first.state_dict())


def test_a_loss_that_falls_keeps_the_last_weights() -> None:
    _, how, _ = done(rows=(block(), block()), config=PLAIN, rules=small(updates=200))
    assert how.updates == 200
    assert how.best == int(np.argmin(how.losses)) == 19


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_training_stops_after_so_many_looks_without_a_better_loss(patience: int) -> None:
    rules = small(updates=1000, patience=patience)
    _, how, _ = done(rows=(block(), turned(block())), rules=rules, config=PLAIN)
    assert len(how.losses) == patience + 1
    assert how.updates == 10 * (patience + 1)


def test_the_last_updates_are_looked_at_as_well() -> None:
    _, how, _ = done(rules=small(updates=25))
    assert (len(how.losses), how.updates) == (3, 25)


def test_a_training_never_opens_the_test_split(made: Made, tmp_path: Path) -> None:
    data = made(given())

    class Guard:
        def __getattr__(self, name: str) -> Any:
            return getattr(data, name)

        def block(self, fold: str, split: str) -> Block:
            if split == "test":
                raise AssertionError("training read the test split")
            return data.block(fold, split)

    bench = Bench(Place(data.folder, tmp_path, small()), Guard())  # type: ignore[arg-type]
    for name in ("concat", "gmu+gradient-blending", "only-a", ENSEMBLE):
        assert run(bench, Job(name, 1, 0))["valid"] is not None
    with pytest.raises(ValueError, match="training sees train and valid, not test"):
        bench.rows("all", "test", bench.entry("concat"))


def test_a_split_smaller_than_a_batch_is_one_batch() -> None:
    few = block(7), block(1, seed=1)
    large, how, _ = done(rows=few, rules=small(batch_size=512))
    exact, _, _ = done(rows=few, rules=small(batch_size=7))
    assert how.updates == 30
    assert same(large.state_dict(), exact.state_dict())


def test_a_validation_class_that_training_lacks_moves_no_loss() -> None:
    rows = block(20, seed=1)
    unknown = replace(block(30, seed=1), targets=np.concatenate([rows.targets, np.full(10, -1)]))
    known = replace(
        unknown,
        ids=unknown.ids[:20],
        inputs=tuple(column.take(slice(20)) for column in unknown.inputs),
        targets=rows.targets,
    )
    _, with_them, _ = done(rows=(block(), unknown))
    _, without, _ = done(rows=(block(), known))
    assert with_them.losses == pytest.approx(without.losses, abs=1e-6)
    _, none, _ = done(rows=(block(), replace(known, targets=np.full(20, -1))))
    assert not np.isfinite(none.losses).any()


def values(name: str, rows: tuple[Block, Block], problem: Problem) -> Any:
    model, _, scale = done(name, rows, problem=problem, config=PLAIN)
    one = entry(name, NAMES)
    predict = Trained(one.fusion, one.members, (model,), problem, scale)
    return predict([column.values for column in rows[1].inputs], [column.mask for column in rows[1].inputs])


def test_values_come_back_in_the_unit_of_the_targets() -> None:
    rows = block(classes=False), block(32, seed=1, classes=False)
    moved = tuple(replace(one, targets=(50 * one.targets + 1000).astype(np.float32)) for one in rows)
    plain, found = values("concat", rows, NUMBER), values("concat", (moved[0], moved[1]), NUMBER)
    assert plain.shape == (32, 1)
    assert found == pytest.approx(50 * plain + 1000, rel=1e-4)
    constant = replace(rows[0], targets=np.full(64, 7.0, dtype=np.float32))
    assert scale_of(constant.targets, NUMBER) == Scale(7.0, 1.0)


def softmax(scores: Any) -> Any:
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


@pytest.mark.parametrize("problem", [CLASSES, NUMBER], ids=["classes", "number"])
def test_an_ensemble_is_the_mean_of_the_modalities_that_are_there(problem: Problem) -> None:
    rows = block(classes=bool(problem.classes)), block(32, seed=1, classes=bool(problem.classes))
    one = entry(ENSEMBLE, NAMES)
    config, sizes = configured(one, 0, DIMS, problem.outputs, 600, 0.2)
    scale = scale_of(rows[0].targets, problem)
    data = tuple(rows_of(part, one.fusion, problem, scale) for part in rows)
    models = [
        train(one, member, size, (data[0], data[1]), problem, config, RULES, 0)[0]
        for member, size in zip(one.members, sizes, strict=True)
    ]
    asked = [column.values for column in rows[1].inputs]
    masks = [np.ones(32, dtype=bool) for _ in NAMES]
    masks[0][:4], masks[1][2:6] = False, False
    together = Trained(one.fusion, one.members, tuple(models), problem, scale)(asked, masks)
    alone = [
        Trained(one.fusion, (member,), (model,), problem, scale)(asked, masks)
        for member, model in zip(one.members, models, strict=True)
    ]
    each = [softmax(scores) for scores in alone] if problem.classes else alone
    expected = np.empty_like(each[0])
    for row in range(32):
        seen = [number for number in (0, 1) if masks[number][row]] or [0, 1]
        expected[row] = sum(each[number][row] for number in seen) / len(seen)
    assert (softmax(together) if problem.classes else together) == pytest.approx(expected, abs=1e-6)


def test_the_parts_of_an_ensemble_share_the_budget() -> None:
    one, _, sizes = sized(ENSEMBLE)
    assert [size.parameters for size in sizes] == pytest.approx([300, 300], rel=0.05)
    assert [member.modalities for member in one.members] == [(0,), (1,)]


@pytest.mark.parametrize("name", ["modality-dropout", "gradient-blending"])
def test_a_switch_changes_the_training_and_nothing_of_the_network(name: str) -> None:
    plain, with_it = done("gmu")[0], done(f"gmu+{name}")[0]
    shapes = [{key: values.shape for key, values in model.state_dict().items()} for model in (plain, with_it)]
    assert shapes[0] == shapes[1]
    assert not same(plain.state_dict(), with_it.state_dict())
    assert all(values.isfinite().all() for values in with_it.state_dict().values())


# The last two move some of their parameters by a loss of their own alone.
OF_A_FAMILY = ["tests.fusion.family:Misa", "tests.fusion.family:SelfMM"]


@pytest.mark.parametrize("name", [*(fusion.name for fusion in all_fusions()), *OF_A_FAMILY])
def test_every_parameter_of_every_method_is_trained(name: str) -> None:
    one, config, sizes = sized(name, 6000)
    rows = [block(steps=3), block(32, seed=1, steps=3)]
    data = tuple(rows_of(part, one.fusion, CLASSES, Scale()) for part in rows)
    model, how = train(one, one.members[0], sizes[0], (data[0], data[1]), CLASSES, config, RULES, 3)
    torch.manual_seed(3)
    fresh = network(one.fusion, DIMS, 2, sizes[0].width, dropout=config.dropout, knobs=config.knobs)
    for (key, before), after in zip(fresh.named_parameters(), model.parameters(), strict=True):
        assert (before != after).any(), key
        assert after.isfinite().all(), key
    assert np.isfinite(how.losses).all()
    assert not model.training


def test_an_extra_loss_is_asked_for_once_a_batch_with_the_rows_and_never_of_validation() -> None:
    model, how, _ = done("tests.fusion.family:Counting", (block(40), block(32, seed=1)))
    counting = model.get_submodule("block")
    assert isinstance(counting, Counting)
    assert len(counting.asked) == how.updates == counting.passes[True]
    assert counting.passes[False] > 0
    assert {row for batch in counting.asked for row in batch} <= set(range(40))
    assert all(len(set(batch)) == len(batch) for batch in counting.asked)
