"""Models of other distributions, found by their entry point, and what is said of one that is broken."""

import sys
from pathlib import Path

import pytest

from mmbench.api import list_models
from mmbench.errors import UserError
from mmbench.models import load_model

MODULE = """
import numpy as np
from mmbench.models import ModelCard
from mmbench.samples import Modality

class Lengths:
    card = ModelCard("lengths", "3", frozenset({Modality.TEXT}), summary="Counts letters.")
    def __init__(self, scale=1.0):
        self.scale = scale
    def predict(self, samples):
        return np.asarray([[self.scale * len(sample.text)] for sample in samples])
"""
ENTRY_POINTS = """[mmbench.models]
letters = mmbench_letters.models:Lengths
needy = mmbench_letters.needy:Model
broken = mmbench_letters.broken:Model
renamed = mmbench_letters.models:Gone
constant = mmbench_letters.models:Lengths
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution ``mmbench-letters`` as pip lays it out."""
    package, facts = tmp_path / "mmbench_letters", tmp_path / "mmbench_letters-2.1.dist-info"
    package.mkdir()
    facts.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(MODULE)
    (package / "needy.py").write_text("import no_such_package_at_all\n")
    (package / "broken.py").write_text("Model = 1 / 0\n")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mmbench-letters\nVersion: 2.1\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("mmbench_letters")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("installed")
def test_a_model_of_another_distribution_has_a_name() -> None:
    loaded = load_model("letters", scale=2.0)
    assert (loaded.card.name, loaded.spec, loaded.revision, loaded.config) == (
        "lengths",
        "letters",
        "3",
        {"scale": 2.0},
    )


@pytest.mark.usefixtures("installed")
def test_it_is_listed_with_the_distribution_that_it_comes_from() -> None:
    rows = list_models().set_index("name")
    assert rows.loc["letters", "summary"] == "from mmbench-letters 2.1"
    assert "constant" in rows.index
    assert rows.loc["constant", "kind"] == "floor"  # a name of the catalog stays the catalog's


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "needy",
            r"The model 'needy' of mmbench-letters 2\.1 cannot be imported: No module named .*\. Install what it",
        ),
        (
            "broken",
            r"The model 'broken' of mmbench-letters 2\.1 .*: ZeroDivisionError: division by zero\. Tell its authors",
        ),
        ("renamed", r"The model 'renamed' of mmbench-letters 2\.1 cannot be imported: .*has no attribute 'Gone'"),
        ("leters", r"There is no model named 'leters': did you mean letters"),
    ],
)
def test_a_broken_one_is_named_with_its_distribution(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as found:
        load_model(name)
    assert "\n" not in str(found.value)
