"""TFN, LMF, MFB, MUTAN, MulT and MBT against plain loops over numbers, written from the papers' equations, with the weights copied."""

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


def vectors(count: int) -> tuple[list[torch.Tensor], list[Array]]:
    inputs, _ = rows(DIMS[count], steps=False, hidden=0.0)
    return inputs, [values.numpy() for values in inputs]


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


def agree(module: nn.Module, inputs: Sequence[torch.Tensor], wanted: list[Array], within: float = 1e-9) -> None:
    found = module(inputs, [None] * len(inputs)).detach().numpy()
    np.testing.assert_allclose(found, np.array(wanted), rtol=0, atol=within)


@counts
@pytest.mark.parametrize("most", [64, 256])
def test_tfn_is_a_layer_on_the_outer_product(count: int, most: int) -> None:
    module, weights = prepared("tfn", count, 5, product=most)
    inputs, values = vectors(count)
    wanted = []
    for row in range(len(values[0])):
        extended = [[1.0, *linear(weights, f"reduce.{m}", modality[row])] for m, modality in enumerate(values)]
        outer = [math.prod(numbers) for numbers in product(*extended)]
        assert len(outer) <= most
        wanted.append(relu(linear(weights, "hidden", np.array(outer))))
    agree(module, inputs, wanted)


@counts
@pytest.mark.parametrize("rank", [1, 4])
def test_lmf_is_a_weighted_sum_of_products_of_factors(count: int, rank: int) -> None:
    module, weights = prepared("lmf", count, 5, rank=rank)
    inputs, values = vectors(count)
    wanted = np.zeros((len(values[0]), 5))
    for row, k in np.ndindex(wanted.shape):
        for r in range(rank):
            term = weights["weights"][r]
            for m, modality in enumerate(values):
                extended = [1.0, *modality[row]]
                term *= sum(extended[i] * weights[f"factors.{m}"][r, i, k] for i in range(len(extended)))
            wanted[row, k] += term
        wanted[row, k] += weights["bias"][k]
    agree(module, inputs, list(wanted))


@counts
@pytest.mark.parametrize("factor", [1, 5])
def test_mfb_sums_products_in_groups_and_normalises_twice(count: int, factor: int) -> None:
    module, weights = prepared("mfb", count, 4, factor=factor)
    inputs, values = vectors(count)
    wanted = []
    for row in range(len(values[0])):
        projected = [linear(weights, f"hidden.{m}", modality[row]) for m, modality in enumerate(values)]
        pooled = [sum(math.prod(one[i * factor + j] for one in projected) for j in range(factor)) for i in range(4)]
        rooted = np.array([math.copysign(math.sqrt(abs(s)), s) for s in pooled])
        length = math.sqrt(sum(s * s for s in rooted))
        wanted.append(rooted / length * math.sqrt(4))
    agree(module, inputs, wanted, 1e-6)  # the root of the module is smooth at 0


@counts
@pytest.mark.parametrize("rank", [1, 5])
def test_mutan_is_a_sum_of_products_of_projections_of_projections(count: int, rank: int) -> None:
    module, weights = prepared("mutan", count, 4, rank=rank)
    inputs, values = vectors(count)
    wanted = []
    for row in range(len(values[0])):
        small = [
            np.array([math.tanh(x) for x in linear(weights, f"hidden.{m}", modality[row])])
            for m, modality in enumerate(values)
        ]
        cores = [linear(weights, f"core.{m}", q) for m, q in enumerate(small)]
        wanted.append(
            np.array([sum(math.prod(core[r * 4 + k] for core in cores) for r in range(rank)) for k in range(4)])
        )
    agree(module, inputs, wanted)


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
