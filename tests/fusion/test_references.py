"""Methods against plain loops over numbers, written from the papers' equations, with the weights copied."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from mmbench.fusion.registry import get_fusion
from tests.fusion.made_rows import DIMS, rows

Array = NDArray[np.float64]
Weights = dict[str, Array]
counts = pytest.mark.parametrize("count", DIMS)


def prepared(name: str, count: int, width: int, **knobs: Any) -> tuple[nn.Module, Weights]:
    torch.manual_seed(count)
    module: nn.Module = get_fusion(name).make(DIMS[count], width, **knobs).double()
    with torch.no_grad():
        for parameter in module.parameters():  # so that no bias is 0 and no scale 1
            parameter.add_(0.1 * torch.randn_like(parameter))
    return module, {key: value.numpy().copy() for key, value in module.state_dict().items()}


def vectors(count: int) -> tuple[list[torch.Tensor], list[torch.Tensor], list[dict[int, Array]]]:
    """Inputs, masks, and of each row the modalities that it has; the first row has all, the second none."""
    inputs, masks = rows(DIMS[count], steps=False, n=8, hidden=0.4)
    for mask in masks:
        mask[:2] = torch.tensor([True, False])
    given = [
        {m: values[row].numpy() for m, (values, mask) in enumerate(zip(inputs, masks, strict=True)) if mask[row]}
        for row in range(8)
    ]
    return inputs, masks, given


def linear(weights: Weights, name: str, x: Array) -> Array:
    weight, bias = weights[f"{name}.weight"], weights.get(f"{name}.bias")
    found = np.zeros(len(weight))
    for i in range(len(weight)):
        for j in range(len(x)):
            found[i] += weight[i, j] * x[j]
        found[i] += 0.0 if bias is None else bias[i]
    return found


def relu(x: Array) -> Array:
    return np.array([max(value, 0.0) for value in x])


def agree(
    module: nn.Module, data: Sequence[Sequence[torch.Tensor]], wanted: Sequence[Array], within: float = 1e-9
) -> None:
    found = module(*data).detach().numpy()
    np.testing.assert_allclose(found, np.array(wanted), rtol=0, atol=within)


@counts
@pytest.mark.parametrize("most", [64, 256])
def test_tfn_is_a_layer_on_the_outer_product(count: int, most: int) -> None:
    module, weights = prepared("tfn", count, 5, product=most)
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        extended = [
            [1.0, *(linear(weights, f"reduce.{m}", row[m]) if m in row else 0 * weights[f"reduce.{m}.bias"])]
            for m in range(count)
        ]
        outer = [math.prod(numbers) for numbers in product(*extended)]
        assert len(outer) <= most
        wanted.append(relu(linear(weights, "hidden", np.array(outer))))
    agree(module, (inputs, masks), wanted)


@counts
@pytest.mark.parametrize("rank", [1, 4])
def test_lmf_is_a_weighted_sum_of_products_of_factors(count: int, rank: int) -> None:
    module, weights = prepared("lmf", count, 5, rank=rank)
    inputs, masks, given = vectors(count)
    wanted = np.zeros((len(given), 5))
    for row, k in np.ndindex(wanted.shape):
        for r in range(rank):
            term = weights["weights"][r]
            for m in range(count):
                extended = [1.0, *given[row].get(m, np.zeros(DIMS[count][m]))]
                term *= sum(extended[i] * weights[f"factors.{m}"][r, i, k] for i in range(len(extended)))
            wanted[row, k] += term
        wanted[row, k] += weights["bias"][k]
    agree(module, (inputs, masks), list(wanted))


@counts
@pytest.mark.parametrize("factor", [1, 5])
def test_mfb_sums_products_in_groups_and_normalises_twice(count: int, factor: int) -> None:
    module, weights = prepared("mfb", count, 4, factor=factor)
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        projected = [linear(weights, f"hidden.{m}", values) for m, values in row.items()]
        pooled = [sum(math.prod(one[i * factor + j] for one in projected) for j in range(factor)) for i in range(4)]
        rooted = np.array([math.copysign(math.sqrt(abs(s)), s) for s in pooled])
        length = math.sqrt(sum(s * s for s in rooted))
        wanted.append(rooted / length * math.sqrt(4))
    agree(module, (inputs, masks), wanted, 1e-6)  # the root of the module is smooth at 0


@counts
@pytest.mark.parametrize("rank", [1, 5])
def test_mutan_is_a_sum_of_products_of_projections_of_projections(count: int, rank: int) -> None:
    module, weights = prepared("mutan", count, 4, rank=rank)
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        small = {m: np.tanh(linear(weights, f"hidden.{m}", values)) for m, values in row.items()}
        cores = [linear(weights, f"core.{m}", q) for m, q in small.items()]
        wanted.append(
            np.array([sum(math.prod(core[r * 4 + k] for core in cores) for r in range(rank)) for k in range(4)])
        )
    agree(module, (inputs, masks), wanted)


@counts
def test_mlb_is_a_product_of_tanh_layers(count: int) -> None:
    module, weights = prepared("mlb", count, 4)
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        z = np.ones(4)
        for m, values in row.items():
            z = z * np.tanh(linear(weights, f"hidden.{m}", values))
        wanted.append(z)
    agree(module, (inputs, masks), wanted)


@counts
def test_gmu_gates_each_modality_by_all_and_the_second_of_two_by_what_is_left(count: int) -> None:
    module, weights = prepared("gmu", count, 4)
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        joined = np.concatenate([row.get(m, np.zeros(dim)) for m, dim in enumerate(DIMS[count])])
        gates = 1 / (1 + np.exp(-linear(weights, "gates", joined)))
        each = [gates, 1 - gates] if count == 2 else [gates[4 * m : 4 * m + 4] for m in range(count)]
        z = np.zeros(4)
        for m, values in row.items():
            z += each[m] * np.tanh(linear(weights, f"hidden.{m}", values))
        wanted.append(z)
    agree(module, (inputs, masks), wanted)


@counts
@pytest.mark.parametrize("modulated", ["first", "last"])
def test_film_scales_and_shifts_by_one_modality_after_another(count: int, modulated: str) -> None:
    module, weights = prepared("film", count, 4, modulated=modulated)
    inputs, masks, given = vectors(count)
    start, *others = range(count) if modulated == "first" else reversed(range(count))
    wanted = []
    for row in given:
        z = linear(weights, "hidden", row[start]) if start in row else np.zeros(4)
        for place, m in enumerate(others):
            both = linear(weights, f"films.{place}", row[m]) if m in row else np.zeros(8)
            z = relu((1 + both[:4]) * z + both[4:])
        wanted.append(z)
    agree(module, (inputs, masks), wanted)


@counts
def test_decisions_are_weighted_by_a_softmax_over_what_is_there(count: int) -> None:
    torch.manual_seed(0)
    module = get_fusion("decision-weights").make(DIMS[count], 4, 3).double()
    torch.nn.init.normal_(module.get_parameter("weights"))
    weights = {key: value.numpy() for key, value in module.state_dict().items()}
    inputs, masks, given = vectors(count)
    wanted = []
    for row in given:
        y, whole = np.zeros(3), sum(math.exp(weights["weights"][m]) for m in row)
        for m, values in row.items():
            said = linear(weights, f"voters.{m}.4", relu(linear(weights, f"voters.{m}.1", values)))
            y += math.exp(weights["weights"][m]) / whole * said
        wanted.append(y)
    agree(module, (inputs, masks), wanted)


def normalised(weights: Weights, name: str, steps: Array) -> Array:
    found = np.zeros_like(steps)
    for t, step in enumerate(steps):
        mean = sum(step) / len(step)
        variance = sum((x - mean) ** 2 for x in step) / len(step)
        for i, x in enumerate(step):
            found[t, i] = (x - mean) / math.sqrt(variance + 1e-5) * weights[f"{name}.weight"][i]
            found[t, i] += weights[f"{name}.bias"][i]
    return found


def attended(weights: Weights, name: str, queries: Array, keys: Array, heads: int) -> Array:
    """Of the steps that are there, one query, head and key at a time; nothing to read is read as zeros."""
    size = queries.shape[1]
    each = size // heads
    q = [linear(weights, f"{name}.query", step) for step in queries]
    k = [linear(weights, f"{name}.key", step) for step in keys]
    v = [linear(weights, f"{name}.value", step) for step in keys]
    found = []
    for query in q:
        read = np.zeros(size)
        for head in range(heads):
            part = range(head * each, (head + 1) * each)
            strengths = [math.exp(sum(query[i] * key[i] for i in part) / math.sqrt(each)) for key in k]
            for strength, value in zip(strengths, v, strict=True):
                for i in part:
                    read[i] += strength / sum(strengths) * value[i]
        found.append(linear(weights, f"{name}.output", read))
    return np.array(found)


def layer(weights: Weights, name: str, steps: Array, context: Array, heads: int) -> Array:
    normal = normalised(weights, f"{name}.before", steps)
    around = normalised(weights, f"{name}.before", context)
    steps = steps + attended(weights, f"{name}.attention", normal, around, heads)
    normal = normalised(weights, f"{name}.between", steps)
    added = [linear(weights, f"{name}.narrow", relu(linear(weights, f"{name}.wide", step))) for step in normal]
    return steps + np.array(added)


def position(t: int, size: int) -> Array:
    half = (size + 1) // 2
    angles = [t / 10_000 ** (i / half) for i in range(half)]
    return np.array([*map(math.sin, angles), *map(math.cos, angles)][:size])


def mult(weights: Weights, given: list[Array], heads: int, layers: int) -> Array:
    """Of one row, whose modalities hold only the steps that are there."""
    size = len(weights["project.0.weight"])
    steps = [
        np.array([linear(weights, f"project.{m}", step) + position(t, size) for t, step in enumerate(modality)])
        for m, modality in enumerate(given)
    ]
    last, pair = [], 0
    for a in range(len(given)):
        read = []
        for b in range(len(given)):
            if a == b:
                continue
            z = steps[a]
            for i in range(layers if len(given[a]) else 0):
                z = layer(weights, f"cross.{pair}.layers.{i}", z, steps[b].reshape(-1, size), heads)
            read.append(normalised(weights, f"cross.{pair}.last", z))
            pair += 1
        if not len(given[a]):
            last.append(np.zeros(size * len(read)))
            continue
        joined = np.concatenate(read, axis=1)
        own = layer(weights, f"own.{a}.layers.0", joined, joined, heads)
        last.append(normalised(weights, f"own.{a}.last", own)[-1])
    return relu(linear(weights, "readout", np.concatenate(last)))


@counts
@pytest.mark.parametrize(("heads", "layers"), [(2, 1), (4, 2)])
def test_mult_reads_every_modality_from_every_other(count: int, heads: int, layers: int) -> None:
    module, weights = prepared("mult", count, 37, heads=heads, layers=layers)
    inputs, masks = rows(DIMS[count], steps=True, hidden=0.4)
    masks[0][1] = False  # a whole modality of a row
    found = module(inputs, masks).detach().numpy()
    for row in range(len(found)):
        given = [values[row][mask[row]].numpy() for values, mask in zip(inputs, masks, strict=True)]
        np.testing.assert_allclose(found[row], mult(weights, given, heads, layers), rtol=0, atol=1e-9)


def mbt(weights: Weights, given: list[Array], heads: int, layers: int) -> Array:
    """Of one row, whose modalities hold only the steps that are there."""
    size, count = len(weights["project.0.weight"]), len(given)
    shared = weights["bottleneck"]
    steps = [
        np.array([linear(weights, f"project.{m}", step) + position(t, size) for t, step in enumerate(modality)])
        for m, modality in enumerate(given)
    ]
    there = [m for m in range(count) if len(given[m])]
    for i in range(layers):
        told = []
        for m in there:
            joined = np.concatenate([steps[m], shared])
            joined = layer(weights, f"layers.{i * count + m}", joined, joined, heads)
            steps[m] = joined[: len(steps[m])]
            told.append(joined[len(steps[m]) :])
        shared = sum(told, np.zeros_like(shared)) / max(len(there), 1)
    found = np.zeros(len(weights["readout.bias"]))
    for m in there:
        pooled = sum(steps[m], np.zeros(size)) / len(steps[m])
        found += relu(linear(weights, "readout", normalised(weights, "last", pooled[None])[0])) / len(there)
    return found


@counts
@pytest.mark.parametrize(("heads", "layers", "tokens"), [(2, 2, 4), (4, 3, 1)])
def test_mbt_exchanges_through_the_bottleneck_only(count: int, heads: int, layers: int, tokens: int) -> None:
    module, weights = prepared("mbt", count, 37, heads=heads, layers=layers, tokens=tokens)
    inputs, masks = rows(DIMS[count], steps=True, hidden=0.4)
    masks[0][1] = False
    found = module(inputs, masks).detach().numpy()
    for row in range(len(found)):
        given = [values[row][mask[row]].numpy() for values, mask in zip(inputs, masks, strict=True)]
        np.testing.assert_allclose(found[row], mbt(weights, given, heads, layers), rtol=0, atol=1e-9)
