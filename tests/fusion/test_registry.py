"""Methods by name, a stranger's class by its spec, and what is said where either is wrong."""

import math
import sys

import pytest
import torch

from mmbench.errors import UserError
from mmbench.fusion import registry
from mmbench.fusion.network import network, trained_parameters
from mmbench.fusion.registry import all_fusions, get_fusion
from tests.fusion.strangers import Full

HERE = "tests.fusion.strangers"


def test_the_core_methods_are_found_by_name_and_sorted() -> None:
    names = [fusion.name for fusion in all_fusions()]
    core = {
        *("concat", "decision-average", "decision-weights", "film", "gmu", "linear-sum", "lmf", "mbt", "mfb"),
        *("mlb", "mult", "mutan", "tfn"),
    }  # fmt: skip
    assert names == sorted(set(names))
    assert core <= set(names)
    assert all(get_fusion(name).name == name for name in names)


def test_every_method_says_what_it_is() -> None:
    for fusion in all_fusions():
        assert all((fusion.title, fusion.paper, fusion.equation, fusion.formula)), fusion.name


def test_the_list_is_the_callers() -> None:
    all_fusions().clear()
    assert all_fusions()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="There is no fusion named 'mutann': did you mean mutan"):
        get_fusion("mutann")


def test_a_strangers_class_says_what_it_is_or_nothing() -> None:
    plain, full = get_fusion(f"{HERE}:Plain"), get_fusion(f"{HERE}:Full")
    assert (plain.name, plain.title, plain.paper) == (f"{HERE}:Plain", f"{HERE}.Plain", "not given")
    assert (plain.sequences, plain.decides, plain.additive, dict(plain.knobs)) == (False, False, False, {})
    assert (full.sequences, full.decides, full.additive, dict(full.knobs)) == (True, True, True, {"depth": (1, 2)})


def test_a_strangers_class_gets_dropout_and_knobs_where_it_takes_them() -> None:
    whole = network(get_fusion(f"{HERE}:Full"), (4, 3), 2, 8, dropout=0.25, knobs={"depth": 2})
    assert isinstance(whole.block, Full)
    assert (whole.block.dropout, len(whole.block.more)) == (0.25, 2)
    network(get_fusion(f"{HERE}:Plain"), (4, 3), 2, 8, dropout=0.25)


def test_a_strangers_module_never_sees_what_is_hidden() -> None:
    torch.manual_seed(0)
    inputs = [torch.randn(3, 4), torch.randn(3, 5, 2)]
    masks = [torch.tensor([True, False, False]), torch.rand(3, 5) > 0.5]
    masks[1][2] = False
    hidden = [values.masked_fill(~mask.unsqueeze(-1), math.nan) for values, mask in zip(inputs, masks, strict=True)]
    for name in ("Plain", "Full"):
        whole = network(get_fusion(f"{HERE}:{name}"), (4, 2), 2, 8)
        assert torch.equal(whole(hidden, masks), whole(inputs, masks))
        assert whole(hidden, masks).isfinite().all()
        assert whole([inputs[0], inputs[1]], [None, None]).shape == (3, 2)


def test_counting_a_strangers_module_draws_no_random_numbers() -> None:
    torch.manual_seed(0)
    wanted = torch.rand(1)
    torch.manual_seed(0)
    assert get_fusion(f"{HERE}:Plain").parameters((4, 3), 1000) == 7000
    assert torch.equal(torch.rand(1), wanted)


def test_a_class_that_takes_no_width_is_refused() -> None:
    with pytest.raises(UserError, match=r"NoWidth' cannot be called as Class\(dims, width\)"):
        get_fusion(f"{HERE}:NoWidth")


@pytest.mark.parametrize("name", ["function", "DIMS"])
def test_what_is_no_module_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{HERE}.DIMS", (1, 2), raising=False)
    with pytest.raises(UserError, match="is not a class of torch.nn.Module"):
        get_fusion(f"{HERE}:{name}")


@pytest.mark.parametrize("spec", [f"{HERE}:Nothing", "no.such.module:Thing", "a b:c", ":x"])
def test_what_cannot_be_imported_is_said(spec: str) -> None:
    with pytest.raises(UserError, match="cannot be imported .* a spec is package.module:Class"):
        get_fusion(spec)


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("mmbench.fusion.methods.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    registry._all.cache_clear()
    for wanted in ("concat", f"{HERE}:Plain"):
        with pytest.raises(UserError, match="pip install 'mmbench\\[fusion\\]'"):
            get_fusion(wanted)


def test_parameters_are_counted_once_and_only_where_they_are_trained() -> None:
    layer = torch.nn.Linear(3, 2)
    both = torch.nn.ModuleList([layer, layer])
    layer.bias.requires_grad_(False)
    assert trained_parameters(both) == 6
