"""Write docs/datasets.md from the cards: ``python docs/datasets.py``; a test keeps the two together."""

from pathlib import Path

from mmbench.loaders import DatasetCard, all_cards
from mmbench.loaders.sources import BroughtSource, GeneratedSource, HubSource, PickleSource

PAGE = Path(__file__).parent / "datasets.md"
HEAD = """# Datasets

Written from the cards by `python docs/datasets.py`. `mmbench show KEY` prints a whole card: every column, every fact with its
evidence, every known issue with its count. A dash stands for what nobody has established; the card says why.

*pinned*: the card names a commit. *locked*: it knows none, so `main` is resolved once into your `mmbench.lock`, and rows made from it
say so. *brought*: there is no public host that could be pinned; the error says which file to bring. *installed*: it comes with a package.
*generated*: mmbench makes it from a seed, the same on every machine.

No card has been checked against the real hub yet: `mmbench verify KEY` does that and writes a receipt to commit.

| key | what | kinds | modalities | samples | revision | access | licence | known issues |
|---|---|---|---|---:|---|---|---|---:|
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_row(card) for card in all_cards())


def _row(card: DatasetCard) -> str:
    counts = [facts.count for facts in card.splits.values() if isinstance(facts.count, int)]
    cells = (
        f"`{card.key}`",
        f"[{card.title}]({card.homepage})",
        ", ".join(card.task_kinds),
        ", ".join(card.modalities),
        f"{sum(counts):,}" if counts else "–",
        _revision(card),
        card.access,
        card.licence if isinstance(card.licence, str) else "–",
        str(len(card.known_issues) or "–"),
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _revision(card: DatasetCard) -> str:
    if isinstance(card.source, HubSource):
        return f"pinned `{card.source.revision[:7]}`" if isinstance(card.source.revision, str) else "locked"
    if isinstance(card.source, GeneratedSource):
        return "generated"
    return "brought" if isinstance(card.source, BroughtSource | PickleSource) else "installed"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
