"""What the docs say is what the code says."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_page_of_datasets_is_that_of_the_cards() -> None:
    written = runpy.run_path(str(DOCS / "datasets.py"))["page"]()
    assert (DOCS / "datasets.md").read_text(encoding="utf-8") == written, "run python docs/datasets.py"
