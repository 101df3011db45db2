"""The torchmetrics classes: batches, merging, processes without data, and collections that must not mix them up."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torchmetrics import MetricCollection

import mmbench.metrics
from mmbench.discovery import modules_in
from mmbench.metrics.functional import cross_modal_retrieval, exact_match, retrieval_metric, sentiment_regression


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


def test_merged_states_equal_one_pass() -> None:
    batches = retrieval_batches()
    whole, first, second = (mmbench.metrics.CrossModalRetrieval() for _ in range(3))
    for metric, part in ((whole, batches), (first, batches[:1]), (second, batches[1:])):
        for batch in part:
            metric.update(*batch)
    first.merge_state(second)
    assert plain(first.compute()) == pytest.approx(plain(whole.compute()))

    answers, sentiments = mmbench.metrics.ExactMatch(), mmbench.metrics.SentimentRegression(convention="unit")
    for metric, one, two in (
        (answers, (["a", "b"], ["A", ["c", "b"]]), (["x", None, ""], ["y", "", "z"])),
        (sentiments, ([0.1, 0.5], [0.0, 1.0]), ([-0.2, 0.3], [-1.0, 0.5])),
    ):
        other = metric.clone()
        metric.update(*one)
        other.update(*two)
        metric.merge_state(other)
    assert float(answers.compute()) == exact_match(["a", "b", "x", None], ["A", "b", "y", ""]).sum() / 5
    assert plain(sentiments.compute()) == pytest.approx(
        sentiment_regression([0.1, 0.5, -0.2, 0.3], [0.0, 1.0, -1.0, 0.5], convention="unit")
    )


def test_a_collection_does_not_merge_metrics_that_start_out_equal() -> None:
    """The first batch is the same under both; torchmetrics then shares the states of metrics with equal ones."""
    collection = MetricCollection(
        {"strict": mmbench.metrics.ExactMatch("none"), "loose": mmbench.metrics.ExactMatch("lower_strip")}
    )
    collection.update(["a"], ["a"])
    collection.update(["A", "b"], ["a", "b"])
    assert plain(collection.compute()) == {"strict": 2 / 3, "loose": 1.0}

    narrow, wide = (
        mmbench.metrics.CrossModalRetrieval(k=(1,)),
        mmbench.metrics.CrossModalRetrieval(k=(5,), ties="optimistic"),
    )
    both, alone = MetricCollection({"narrow": narrow.clone(), "wide": wide.clone()}), wide.clone()
    for batch in retrieval_batches():
        both.update(*batch)
        alone.update(*batch)
    assert plain(both.compute())["wide_hit@5"] == plain(alone.compute())["hit@5"]


def test_no_samples_give_nan_and_a_warning() -> None:
    empty = torch.empty(0, 4), torch.empty(0, 4), torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    for metric, nothing in (
        (mmbench.metrics.CrossModalRetrieval(), empty),
        (mmbench.metrics.ExactMatch(), ([], [])),
        (mmbench.metrics.SentimentRegression(convention="unit"), ([], [])),
    ):
        with pytest.warns(UserWarning, match="was called before the ``update``"):
            assert_nan(metric.compute())
        metric.reset()
        metric.update(*nothing)
        with pytest.warns(UserWarning, match="saw no samples"):
            assert_nan(metric.compute())


def assert_nan(found: Any) -> None:
    values = plain(found) if isinstance(found, dict) else {"value": float(found)}
    assert all(value != value for key, value in values.items() if not key.startswith("n_"))


PROCESS = """
import sys
from datetime import timedelta

import torch
import torch.distributed as dist

import mmbench.metrics

rank, file = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2, timeout=timedelta(seconds=60))
retrieval = mmbench.metrics.CrossModalRetrieval(k=(1,))
answers = mmbench.metrics.ExactMatch()
sentiment = mmbench.metrics.SentimentRegression(convention="unit")
lonely = mmbench.metrics.CrossModalRetrieval(k=(1,))
eye, ids = torch.eye(4), torch.arange(4)
part = slice(0, 1) if rank == 0 else slice(1, 4)
retrieval.update(eye[part], eye[part].flip(1), ids[part], 3 - ids[part])
if rank == 0:  # the other has no data at all
    answers.update(["a", "b"], ["a", "c"])
    sentiment.update([0.1, 0.4], [0.0, 1.0])
    lonely.update(eye, eye, ids, ids)
import warnings
warnings.simplefilter("ignore")
found = [retrieval.compute()["hit@1"], answers.compute(), sentiment.compute()["mae"], lonely.compute()["hit@1"]]
print(*(round(float(value), 6) for value in found))
dist.destroy_process_group()
"""


def test_two_processes_one_of_them_without_data(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS]
    processes = [
        subprocess.Popen([*command, str(rank), str(tmp_path / "rendezvous")], stdout=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert outputs == ["1.0 0.5 0.35 1.0\n"] * 2


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


def test_specs_are_complete_and_signed() -> None:
    specs = mmbench.metrics.specs()
    assert {"retrieval", "exact_match", "sentiment"} <= set(specs)
    assert specs["retrieval"](k=(1,)).signature == "retrieval(k=(1,),ties='expected')@1"
    assert specs["exact_match"]().signature == "exact_match(normalize='lower_strip')@1"
    assert specs["sentiment"]("unit").signature == "sentiment(convention='unit')@1"
    for metric in (specs["retrieval"](), specs["exact_match"](), specs["sentiment"]("unit")):
        assert all(key.definition and key.source and key.title for key in metric.keys.values())
    assert [key for key, facts in retrieval_metric().keys.items() if facts.count] == ["n_empty", "n_tied"]


def test_metrics_can_be_sent_to_other_processes() -> None:
    specs = mmbench.metrics.specs()
    pickle.dumps([specs["retrieval"](), specs["exact_match"](), specs["sentiment"]("unit")])
    pickle.dumps([mmbench.metrics.CrossModalRetrieval(), mmbench.metrics.ExactMatch()])
    pickle.dumps(mmbench.metrics.SentimentRegression(convention="unit"))


def test_wrong_updates_are_named() -> None:
    metric = mmbench.metrics.CrossModalRetrieval()
    good = torch.ones(2, 3), torch.ones(1, 3), torch.arange(2), torch.arange(1)
    for position, bad in ((0, torch.ones(2)), (2, torch.arange(3)), (3, torch.ones(1))):
        given = list(good)
        given[position] = bad
        with pytest.raises(ValueError, match="must be \\(n, D\\) with n integer group ids"):
            metric.update(*given)
