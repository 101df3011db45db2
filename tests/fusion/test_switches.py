"""The switches: what modality dropout hides, and the weights of gradient blending against the formula worked out by hand."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from mmbench.errors import UserError
from mmbench.fusion.switches.gradient_blending import EVERY, GradientBlending
from mmbench.fusion.switches.modality_dropout import ModalityDropout
from mmbench.fusion.switching import alone, get_switch


def _masks(rows: int = 4000) -> list[Tensor]:
    steps = torch.ones(rows, 3, dtype=torch.bool)
    steps[:, 2] = False  # padding
    there = torch.ones(rows, dtype=torch.bool)
    there[:100] = False  # rows that have only two modalities
    return [torch.ones(rows, dtype=torch.bool), steps, there]


def test_modality_dropout_takes_one_modality_from_the_share_of_rows_that_p_says() -> None:
    before = _masks()
    after = ModalityDropout(3, p=0.3).masks(before, torch.Generator().manual_seed(0))
    lost = torch.stack([(one & ~other).reshape(4000, -1).any(1) for one, other in zip(before, after, strict=True)], 1)
    assert lost.sum(1).max() == 1
    assert lost.any(1).double().mean() == pytest.approx(0.3, abs=0.03)
    assert lost[100:].double().mean(0).tolist() == pytest.approx([0.1] * 3, abs=0.02)
    assert not (after[1][:, 2]).any()  # padding stays padding


def test_modality_dropout_leaves_a_row_that_has_one_modality_alone() -> None:
    masks = [torch.ones(50, dtype=torch.bool), torch.zeros(50, dtype=torch.bool)]
    after = ModalityDropout(2, p=1.0).masks(masks, torch.Generator().manual_seed(0))
    assert after[0].all()
    assert not after[1].any()


def test_alone_leaves_one_modality() -> None:
    found = alone(_masks(), 1)
    assert [mask.any().item() for mask in found] == [False, True, False]


class _Told:
    """Losses that are told in advance: of the whole, of a alone, of b alone."""

    def __init__(self, losses: Sequence[float]) -> None:
        self.losses = losses

    def __call__(self, masks: Sequence[Tensor]) -> Tensor:
        there = [bool(mask.any()) for mask in masks]
        return torch.tensor(self.losses[0 if all(there) else 1 + there.index(True)])


def test_gradient_blending_weighs_by_gain_over_squared_overfitting() -> None:
    masks = [torch.ones(5, dtype=torch.bool)] * 2
    session = GradientBlending(2)
    assert session.weights.tolist() == pytest.approx([1 / 3] * 3)
    session.check(_Told([1.0, 1.0, 1.0]), masks, _Told([1.1, 1.1, 1.1]), masks)
    for _ in range(EVERY - 1):
        session.check(_Told([0.4, 0.8, 0.9]), masks, _Told([0.8, 1.0, 1.3]), masks)
    # gains of the validation loss: .3, .1, none; gaps that grew: .3, .1, .3
    wanted = [0.3 / 0.3**2, 0.1 / 0.1**2, 0.0]
    assert session.weights.tolist() == pytest.approx([one / sum(wanted) for one in wanted], rel=1e-4)
    blended = session.loss(_Told([2.0, 3.0, 50.0]), masks)
    assert blended is not None
    assert blended.item() == pytest.approx((2.0 * wanted[0] + 3.0 * wanted[1]) / sum(wanted), rel=1e-4)


def test_gradient_blending_keeps_its_weights_where_nothing_got_better() -> None:
    masks = [torch.ones(5, dtype=torch.bool)] * 2
    session = GradientBlending(2)
    for _ in range(EVERY + 1):
        session.check(_Told([1.0, 1.0, 1.0]), masks, _Told([1.0, 1.0, 1.0]), masks)
    assert session.weights.tolist() == pytest.approx([1 / 3] * 3)


def test_an_unknown_switch_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"\+modality-dropuot.*\+modality-dropout"):
        get_switch("modality-dropuot")
