"""Cost against counts by hand, and the Pareto front against its definition."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mmbench.fusion.analyses import profiling
from mmbench.fusion.analyses.cost import measure, pareto
from mmbench.fusion.methods.concat import FUSION

MASKS = [None, None]


class Takes(nn.Module):
    """A module of one tensor, called like a fusion."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
        found = self.inner(inputs[0])
        return found if isinstance(found, Tensor) else found[0]


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
        found: Tensor = self.inner(inputs[0], inputs[0], inputs[0], need_weights=False)[0]
        return found


def operations(module: nn.Module, *shape: int) -> tuple[int, tuple[str, ...]]:
    with profiling.evaluating(module):
        return profiling.flops(module, [torch.zeros(shape)], [None])


def test_operations_of_concatenation_are_those_of_its_matrix() -> None:
    found = measure(FUSION.make((5, 7), 11), [torch.zeros(3, 5), torch.zeros(3, 7)], MASKS, seconds=2.5, batches=(1, 8))
    assert found.flops == 2 * (5 + 7) * 11
    assert found.uncounted == ()
    assert found.parameters == FUSION.parameters((5, 7), 11)
    assert found.seconds == 2.5
    assert found.batches == (1, 8)
    assert len(found.latency) == 2
    assert all(one > 0 for one in found.latency)
    assert found.device == "cpu"
    assert found.memory_of.startswith("live tensors")


@pytest.mark.parametrize("trained", [True, False])
def test_operations_of_attention_are_its_four_projections_and_two_products(trained: bool) -> None:
    """Fused kernels of the CPU, and the fast path that a module takes without gradients, would hide these."""
    steps, width = 7, 16
    wanted = 4 * 2 * steps * width * width + 2 * 2 * steps * steps * width
    assert operations(Attends().requires_grad_(trained), 3, steps, width) == (3 * wanted, ())


@pytest.mark.parametrize(("cell", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_operations_of_recurrent_layers_are_their_products_per_step(cell: type[nn.Module], gates: int) -> None:
    found = operations(Takes(cell(16, 8, batch_first=True)), 4, 7, 16)
    assert found == (2 * 4 * 7 * gates * 8 * (16 + 8), ())


def test_what_cannot_be_counted_is_named() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.product = nn.Bilinear(4, 4, 3)

        def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
            found: Tensor = self.product(inputs[0], inputs[0]).sum() + torch.fft.rfft(inputs[0]).abs().sum()
            return found

    assert operations(Both(), 2, 4) == (0, ("_fft_r2c", "_trilinear"))


def test_products_with_vectors_are_counted() -> None:
    class Products(nn.Module):
        def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
            return inputs[0] @ torch.ones(4) + torch.ones(9) @ torch.ones(9)

    assert operations(Products(), 2, 4) == (2 * 2 * 4 + 2 * 9, ())


def test_peak_memory_is_that_of_the_two_largest_neighbours() -> None:
    layers = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 30), nn.Linear(30, 1))
    bytes_of_8_rows = 8 * 4
    with profiling.evaluating(layers):
        peak, _ = profiling.peak_memory(Takes(layers), [torch.zeros(8, 10)], [None])
    assert peak == (20 + 30) * bytes_of_8_rows


def test_peak_memory_counts_a_view_once_and_an_input_not_at_all() -> None:
    class Views(nn.Module):
        def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
            _ = inputs[0].T
            made = inputs[0].repeat(3, 1)
            return made.view(-1)[1:].unsqueeze(0)

    assert profiling.peak_memory(Views(), [torch.zeros(8, 10)], [None])[0] == 3 * 8 * 10 * 4


def test_a_module_is_measured_in_evaluation_mode_and_left_as_it_was() -> None:
    modes = []

    class Watches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.frozen = nn.Dropout(0.5).eval()
            self.dropout = nn.Dropout(0.5)
            self.weight = nn.Parameter(torch.ones(4))
            self.fixed = nn.Parameter(torch.ones(9), requires_grad=False)

        def forward(self, inputs: list[Tensor], masks: list[Tensor | None]) -> Tensor:
            modes.append((self.training, self.dropout.training, len(inputs[0])))
            assert masks[0] is not None
            assert len(masks[0]) == len(inputs[0])
            inputs[0].mul_(1)  # a module may write into what it is given
            return inputs[0] * self.weight

    module = Watches().train()
    module.frozen.eval()
    found = measure(module, [torch.zeros(3, 4)], [torch.ones(3, dtype=torch.bool)], batches=(1, 7))
    assert {mode[:2] for mode in modes} == {(False, False)}
    assert {mode[2] for mode in modes} == {1, 2, 7}
    assert module.training
    assert module.dropout.training
    assert not module.frozen.training
    assert module.weight.grad is None
    assert found.parameters == 4


def test_the_front_is_what_nothing_cheaper_beats() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        points = [(float(c), float(v)) for c, v in rng.integers(0, 6, (12, 2))]
        wanted = [
            not any(c <= cost and v >= value and (c < cost or v > value) for c, v in points) for cost, value in points
        ]
        assert pareto(points) == wanted
    assert pareto([]) == []
    assert pareto([(1, 0.5), (1, 0.5), (2, 0.5)]) == [True, True, False]


def test_a_point_without_a_value_is_on_no_front_and_keeps_none_off_it() -> None:
    assert pareto([(1, math.nan), (2, 0.5), (math.nan, 0.9)]) == [False, True, False]
