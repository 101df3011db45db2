"""What the docs say is what the code says."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", ["checks", "datasets", "fusion", "metrics", "models", "tasks"])
def test_the_page_is_what_the_code_says(name: str) -> None:
    written = runpy.run_path(str(DOCS / f"{name}.py"))["page"]()
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == written, f"run python docs/{name}.py"


def test_the_page_of_served_models_names_every_argument() -> None:
    from mmbench.models.served.options import Options

    page = (DOCS / "openai.md").read_text(encoding="utf-8")
    assert not [name for name in Options.model_fields if f"`{name}`" not in page]
