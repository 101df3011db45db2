"""What is public, what importing costs, and what only retrieval's class has: two sides of different length."""

import subprocess
import sys

import pytest
import torch
from torchmetrics import MetricCollection

import mmbench.metrics
from mmbench.discovery import modules_in
from mmbench.metrics.functional import cross_modal_retrieval, retrieval_metric


def retrieval_batches() -> list[tuple[torch.Tensor, ...]]:
    """Three batches: five captions per picture, a picture without captions, an empty side."""
    generator = torch.Generator().manual_seed(0)
    images, groups = torch.randn(8, 16, generator=generator), torch.arange(100, 108)
    texts = images[:7].repeat_interleave(5, dim=0) + torch.randn(35, 16, generator=generator)
    own = groups[:7].repeat_interleave(5)
    return [
        (texts[:10], images[:3], own[:10], groups[:3]),
        (texts[10:30], images[:0], own[10:30], groups[:0]),
        (texts[30:], images[3:], own[30:], groups[3:]),
    ]


def plain(values: dict[str, torch.Tensor]) -> dict[str, float]:
    return {key: float(value) for key, value in values.items()}


def test_retrieval_over_batches_equals_the_function() -> None:
    batches = retrieval_batches()
    metric = mmbench.metrics.CrossModalRetrieval(k=(1, 3), both_directions=True)
    for batch in batches:
        metric.update(*batch)
    texts, images, own, groups = (torch.cat(parts) for parts in zip(*batches, strict=True))
    positives = [[int(i)] for i in torch.searchsorted(groups, own)]
    found = plain(metric.compute())
    assert found == cross_modal_retrieval(texts, images, positives, k=(1, 3), both_directions=True)
    assert found["backward/n_empty"] == 1


def test_a_collection_of_both_kinds_of_ties_mixes_nothing_up() -> None:
    """The first batch is the same under both; torchmetrics then shares the states of metrics with equal ones."""
    narrow, wide = (
        mmbench.metrics.CrossModalRetrieval(k=(1,)),
        mmbench.metrics.CrossModalRetrieval(k=(5,), ties="optimistic"),
    )
    both, alone = MetricCollection({"narrow": narrow.clone(), "wide": wide.clone()}), wide.clone()
    for batch in retrieval_batches():
        both.update(*batch)
        alone.update(*batch)
    assert plain(both.compute())["wide_hit@5"] == plain(alone.compute())["hit@5"]


def test_numpy_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np, mmbench.metrics as m, mmbench.stats\n"
        "from mmbench.metrics.functional import cross_modal_retrieval\n"
        "cross_modal_retrieval(np.eye(3), np.eye(3), [[0], [1], [2]])\n"
        "assert not {'torch', 'torchmetrics', 'scipy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_everything_public_is_found_and_no_file_hides_a_function() -> None:
    modules = list(modules_in("mmbench.metrics.functional"))
    names = [name for module in modules for name in module.__all__]
    assert len(names) == len(set(names))
    assert set(names).isdisjoint(module.__name__.rpartition(".")[2] for module in modules)
    assert set(names) <= set(dir(mmbench.metrics.functional))
    assert {"CrossModalRetrieval", "ExactMatch", "SentimentRegression"} <= set(dir(mmbench.metrics))
    with pytest.raises(AttributeError, match="NoSuchMetric"):
        _ = mmbench.metrics.NoSuchMetric
    with pytest.raises(AttributeError, match="no_such_function"):
        _ = mmbench.metrics.functional.no_such_function


def test_specs_are_signed() -> None:
    specs = mmbench.metrics.specs()
    assert {"retrieval", "exact_match", "sentiment"} <= set(specs)
    assert specs["retrieval"](k=(1,)).signature == "retrieval(k=(1,),ties='expected')@1"
    assert specs["exact_match"]().signature == "exact_match(normalize='lower_strip')@1"
    assert specs["sentiment"]("unit").signature == "sentiment(convention='unit')@1"
    assert [key for key, facts in retrieval_metric().keys.items() if facts.count] == ["n_empty", "n_tied"]


def test_wrong_updates_are_named() -> None:
    metric = mmbench.metrics.CrossModalRetrieval()
    good = torch.ones(2, 3), torch.ones(1, 3), torch.arange(2), torch.arange(1)
    for position, bad in ((0, torch.ones(2)), (2, torch.arange(3)), (3, torch.ones(1))):
        given = list(good)
        given[position] = bad
        with pytest.raises(ValueError, match="must be \\(n, D\\) with n integer group ids"):
            metric.update(*given)
    metric.update(*good)
    with pytest.raises(ValueError, match="candidates have 4 dimensions, but 3 came before"):
        metric.update(good[0], torch.ones(1, 4), *good[2:])
