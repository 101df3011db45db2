"""What several fusion methods share: layers that start at the right scale for products, and products over the modalities that are there."""

from collections.abc import Sequence

from torch import Tensor, nn

TANH_GAIN = 5 / 3  # tanh of a standard normal times this has a variance of about 0.6
TANH_VARIANCE = 0.6


def scaled_(weight: Tensor, bias: Tensor, inputs: int, *, gain: float = 1.0, constant: float = 0.25) -> None:
    """Fill a weight and its bias in place so that inputs of variance 1 give outputs of variance ``gain ** 2``.

    The usual initialisation gives a variance of 1/3 and almost no constant, so a product of M factors starts M times that small and
    holds only the term of the highest order.

    Args:
        weight: any shape, ``inputs`` of its numbers being added up for an output.
        bias: added to each output.
        inputs: fan-in.
        gain: standard deviation of the outputs.
        constant: the share of the variance that the bias has.
    """
    nn.init.normal_(weight, std=gain * ((1 - constant) / inputs) ** 0.5)
    nn.init.normal_(bias, std=gain * constant**0.5) if constant else nn.init.zeros_(bias)


def scaled(inputs: int, outputs: int, *, gain: float = 1.0, constant: float = 0.25) -> nn.Linear:
    """A linear layer whose outputs start with variance ``gain ** 2``; see ``scaled_``."""
    layer = nn.Linear(inputs, outputs)
    scaled_(layer.weight, layer.bias, inputs, gain=gain, constant=constant)
    return layer


def product(factors: Sequence[Tensor], there: Tensor) -> Tensor:
    """The elementwise product over modalities; one that is missing multiplies by 1, so that the others are still told.

    Args:
        factors: per modality floats ``(B, …)``.
        there: bool ``(B, M)``.

    Returns:
        ``(B, …)``; 1 where all are missing.
    """
    total: Tensor | None = None
    for factor, present in zip(factors, there.unbind(1), strict=True):
        factor = factor.masked_fill(~present.view(-1, *[1] * (factor.dim() - 1)), 1.0)
        total = factor if total is None else total * factor
    if total is None:
        raise ValueError("a product needs a factor")
    return total


def voters(dims: Sequence[int], width: int, outputs: int, dropout: float) -> nn.ModuleList:
    """Per modality f_m(h) = V_m ReLU(W_m h + b_m) + c_m, of ``voting_parameters`` parameters."""
    return nn.ModuleList(
        nn.Sequential(
            nn.Dropout(dropout), nn.Linear(dim, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, outputs)
        )
        for dim in dims
    )


def voting_parameters(dims: Sequence[int], width: int, outputs: int) -> int:
    """Sum of d_m h + h + h c + c."""
    return sum(dim * width + width + width * outputs + outputs for dim in dims)


def projections(dims: Sequence[int], width: int, *, gain: float = 1.0, constant: float = 0.25) -> nn.ModuleList:
    """A linear layer ``d_m -> width`` per modality: ``sum(d_m) width + M width`` parameters."""
    return nn.ModuleList(scaled(dim, width, gain=gain, constant=constant) for dim in dims)
