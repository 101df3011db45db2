"""Which device and dtype a name means, and what is said where there is none."""

import pytest

from mmbench.errors import UserError
from mmbench.models.devices import resolve_device, resolve_dtype

torch = pytest.importorskip("torch")


@pytest.fixture
def _two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.xpu, "is_available", lambda: False)


@pytest.mark.usefixtures("_no_gpu")
def test_the_best_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(resolve_device()) == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert str(resolve_device()) == "mps"


@pytest.mark.usefixtures("_no_gpu", "_two_gpus")
def test_gpus_by_number() -> None:
    assert [str(resolve_device(name)) for name in (None, "cuda", "CUDA:1", "cpu")] == [
        "cuda:0",
        "cuda:0",
        "cuda:1",
        "cpu",
    ]
    with pytest.raises(
        UserError, match=r"no device 'cuda:3' here: use one of cuda:0, cuda:1, cpu, or leave --device out"
    ):
        resolve_device("cuda:3")


@pytest.mark.usefixtures("_no_gpu")
@pytest.mark.parametrize("name", ["cuda", "mps", "gpu", "", "cpu:4", "cuda:x"])
def test_a_device_that_is_not_there(name: str) -> None:
    with pytest.raises(UserError, match="use one of cpu"):
        resolve_device(name)


def test_dtypes() -> None:
    assert resolve_dtype(None) is None  # weights keep the type that they are stored in
    assert resolve_dtype("bf16") is resolve_dtype("torch.bfloat16") is torch.bfloat16
    with pytest.raises(UserError, match="no dtype 'int3' for weights: use one of float32, float16, bfloat16, float64"):
        resolve_dtype("int3")
