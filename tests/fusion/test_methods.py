"""What holds of every fusion method: its count, its gradients, that what is hidden moves nothing, and what it can and cannot learn."""

import math
from itertools import combinations, product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmbench.fusion.base import Fusion
from mmbench.fusion.methods.lmf import LMF
from mmbench.fusion.network import network, trained_parameters
from mmbench.fusion.registry import all_fusions
from tests.fusion.made_rows import DIMS, rows

OUTPUTS = 3
every = pytest.mark.parametrize("fusion", all_fusions(), ids=lambda fusion: fusion.name)
counts = pytest.mark.parametrize("count", DIMS)
kinds = pytest.mark.parametrize("steps", [False, True], ids=["vectors", "sequences"])


def make(fusion: Fusion, count: int, width: int = 24, **knobs: Any) -> nn.Module:
    torch.manual_seed(count)
    sizes = (width, OUTPUTS) if fusion.decides else (width,)
    module: nn.Module = fusion.make(DIMS[count], *sizes, **knobs)
    return module.double()


def combinations_of(fusion: Fusion) -> list[dict[str, Any]]:
    return [dict(zip(fusion.knobs, values, strict=True)) for values in product(*fusion.knobs.values())]


def without_gradient(module: nn.Module, inputs: list[Tensor], masks: list[Tensor], most: float = 0.1) -> set[str]:
    """Parameters of which more than a share has no gradient on these rows, or that one step of an optimiser leaves where they are."""
    before = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    result = module(inputs, masks)
    draw = torch.Generator().manual_seed(0)
    (result * torch.randn(result.shape, generator=draw, dtype=result.dtype)).sum().backward()
    torch.optim.SGD(module.parameters(), lr=0.1).step()
    return {
        name
        for name, parameter in module.named_parameters()
        if parameter.grad is None
        or (parameter.grad == 0).double().mean() > most
        or torch.equal(parameter.detach(), before[name])
    }


@every
@counts
def test_the_formula_counts_what_is_trained(fusion: Fusion, count: int) -> None:
    for knobs in [{}, *combinations_of(fusion)]:
        for width in (1, 2, 7, 16, 33, 64):
            sizes = (width, OUTPUTS) if fusion.decides else (width,)
            module = fusion.make(DIMS[count], *sizes, **knobs)
            assert trained_parameters(module) == fusion.parameters(DIMS[count], *sizes, **knobs), (knobs, width)


@every
@counts
@kinds
def test_every_parameter_gets_a_gradient_and_moves(fusion: Fusion, count: int, steps: bool) -> None:
    module = make(fusion, count)
    most = 0.3 if fusion.sequences else 0.1  # a ReLU in a tiny layer may be off for all rows
    still = without_gradient(module, *rows(DIMS[count], steps=steps, n=64), most)
    resting = {name for name in still if ".query." in name or ".key." in name}  # a softmax over one key is 1
    assert still == (resting if fusion.name == "mult" and (not steps or count > 2) else set())
    if steps:
        assert not {name for name in still if name.startswith(("cross.0.", "own.0."))}  # their keys have several steps


@every
@kinds
def test_the_result_has_the_width_or_the_outputs(fusion: Fusion, steps: bool) -> None:
    found = make(fusion, 3, 24)(*rows(DIMS[3], steps=steps))
    assert found.shape == (6, OUTPUTS if fusion.decides else 24)


def test_factors_in_a_plain_list_are_seen() -> None:
    class Listed(LMF):
        def __init__(self, dims: tuple[int, ...], width: int) -> None:
            super().__init__(dims, width)
            kept = list(self.factors)
            del self.factors
            self.factors = kept  # type: ignore[assignment]

    fusion = next(fusion for fusion in all_fusions() if fusion.name == "lmf")
    assert trained_parameters(Listed((5, 3), 24)) != fusion.parameters((5, 3), 24)


def test_a_parameter_that_nothing_uses_is_seen() -> None:
    class Idle(LMF):
        def __init__(self, dims: tuple[int, ...], width: int) -> None:
            super().__init__(dims, width)
            self.idle = nn.Parameter(torch.ones(3))

    module = Idle(DIMS[2], 24).double()
    assert without_gradient(module, *rows(DIMS[2], steps=False, n=64)) == {"idle"}


@every
@counts
@kinds
def test_what_a_mask_hides_moves_nothing(fusion: Fusion, count: int, steps: bool) -> None:
    module = make(fusion, count)
    inputs, masks = rows(DIMS[count], steps=steps)
    changed = [
        torch.where(mask.unsqueeze(-1), values, math.nan if m % 2 else 1e6)
        for m, (values, mask) in enumerate(zip(inputs, masks, strict=True))
    ]
    torch.testing.assert_close(module(changed, masks), module(inputs, masks), rtol=0, atol=1e-12)


@every
@counts
@pytest.mark.parametrize("before", [0, 3])
def test_how_much_padding_there_is_moves_nothing(fusion: Fusion, count: int, before: int) -> None:
    module = make(fusion, count)
    inputs, masks = rows(DIMS[count], steps=True)
    longer = [nn.functional.pad(values, (0, 0, before, 2), value=7.0) for values in inputs]
    hidden = [nn.functional.pad(mask, (before, 2)) for mask in masks]
    torch.testing.assert_close(module(longer, hidden), module(inputs, masks), rtol=0, atol=1e-12)


@every
@counts
def test_a_vector_is_a_sequence_of_one_step_and_no_mask_a_mask_of_true(fusion: Fusion, count: int) -> None:
    module = make(fusion, count)
    inputs, masks = rows(DIMS[count], steps=False, hidden=0.0)
    wanted = module(inputs, masks)
    as_steps = module([values.unsqueeze(1) for values in inputs], [mask.unsqueeze(1) for mask in masks])
    torch.testing.assert_close(as_steps, wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(module(inputs, [None] * count), wanted, rtol=0, atol=0)


@every
@counts
def test_every_subset_of_the_modalities_may_be_missing(fusion: Fusion, count: int) -> None:
    module = make(fusion, count)
    subsets = [subset for size in range(count + 1) for subset in combinations(range(count), size)]
    for steps in (False, True):
        inputs, masks = rows(DIMS[count], steps=steps, n=len(subsets), hidden=0.0)
        for row, missing in enumerate(subsets):
            for m in missing:
                inputs[m][row], masks[m][row] = math.nan, False
        inputs = [values.requires_grad_() for values in inputs]
        result = module(inputs, masks)
        result.square().sum().backward()
        assert result.isfinite().all()
        gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
        assert all(gradient.isfinite().all() for gradient in gradients)
        for values, mask in zip(inputs, masks, strict=True):
            assert values.grad is not None
            assert values.grad.isfinite().all()
            assert not values.grad[~mask].any()


@every
@counts
@kinds
def test_what_is_there_is_told_where_another_is_missing(fusion: Fusion, count: int, steps: bool) -> None:
    module = make(fusion, count)
    inputs, masks = rows(DIMS[count], steps=steps, hidden=0.0)
    for kept in range(count):
        some = [mask if m == kept else torch.zeros_like(mask) for m, mask in enumerate(masks)]
        assert (module(inputs, some) - module([values.flip(0) for values in inputs], some)).abs().max() > 1e-3


@every
@counts
@kinds
def test_gradients_agree_with_differences(fusion: Fusion, count: int, steps: bool) -> None:
    module = make(fusion, count, 8)
    inputs, masks = rows(DIMS[count], steps=steps, n=3)
    names = list(dict(module.named_parameters()))

    def call(*values: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(
            module, dict(zip(names, values[count:], strict=True)), (values[:count], masks)
        )
        return result

    arguments = [*inputs, *(parameter.detach().clone() for parameter in module.parameters())]
    assert torch.autograd.gradcheck(call, [value.requires_grad_() for value in arguments], fast_mode=True)


@every
@counts
def test_a_saved_state_gives_the_same_result(fusion: Fusion, count: int) -> None:
    module, other = make(fusion, count), make(fusion, count)
    data = rows(DIMS[count], steps=True)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    assert not torch.equal(module(*data), other(*data))
    other.load_state_dict(module.state_dict())
    assert torch.equal(module(*data), other(*data))


@every
@counts
def test_dropout_is_drawn_in_training_only(fusion: Fusion, count: int) -> None:
    module = make(fusion, count, dropout=0.5)
    data = rows(DIMS[count], steps=True)
    assert not torch.equal(module(*data), module(*data))
    module.eval()
    assert torch.equal(module(*data), module(*data))


@every
@counts
@kinds
def test_additive_methods_are_sums_of_functions_of_one_modality_and_no_others(
    fusion: Fusion, count: int, steps: bool
) -> None:
    torch.manual_seed(0)
    whole = network(fusion, DIMS[count], OUTPUTS, 24).double()
    inputs, masks = rows(DIMS[count], steps=steps, hidden=0.0)
    for changed in range(count):
        others = [values.flip(0) for values in inputs]
        first = [others[m] if m == changed else inputs[m] for m in range(count)]
        second = [inputs[m] if m == changed else others[m] for m in range(count)]
        gap = whole(inputs, masks) + whole(others, masks) - whole(first, masks) - whole(second, masks)
        assert (gap.abs().max() < 1e-12) == fusion.additive


@every
@counts
def test_the_order_of_steps_matters_to_methods_of_sequences_alone(fusion: Fusion, count: int) -> None:
    module = make(fusion, count)
    inputs, masks = rows(DIMS[count], steps=True, hidden=0.0)
    inputs[1] = inputs[1][:, [1, 0, *range(2, inputs[1].shape[1])]]
    moved = (module(inputs, masks) - module(*rows(DIMS[count], steps=True, hidden=0.0))).abs().max()
    assert (moved > 1e-6) == fusion.sequences


@every
@counts
def test_results_start_neither_dead_nor_wild(fusion: Fusion, count: int) -> None:
    inputs, masks = rows(DIMS[count], steps=False, n=500, hidden=0.0)
    spread = make(fusion, count)(inputs, masks).std(0).mean()
    assert 0.05 < spread < 2.5


@every
def test_an_exclusive_or_is_learned_by_all_but_additive_methods(fusion: Fusion) -> None:
    torch.manual_seed(0)
    whole = network(fusion, (4, 6), 2, 24)
    bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).repeat(32, 1)
    draw = torch.Generator().manual_seed(0)
    inputs = [
        (2.0 * bits[:, [m]] - 1) * torch.ones(dim) + 0.2 * torch.randn(128, dim, generator=draw)
        for m, dim in enumerate((4, 6))
    ]
    optimiser = torch.optim.Adam(whole.parameters(), lr=0.01)
    for _ in range(60):
        loss = nn.functional.cross_entropy(whole(inputs, [None, None]), bits[:, 0] ^ bits[:, 1])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert loss.item() > 0.5 if fusion.additive else loss.item() < 0.1
