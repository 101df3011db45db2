"""A page of samples: what a dataset looks and sounds like, before anybody trusts a number from it."""

from collections.abc import Mapping

import numpy as np

from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.views import Views, card_facts, render


def peek_page(
    dataset: PairedDataset,
    *,
    n: int = 24,
    seed: int | None = None,
    allowed: bool,
    sizes: Mapping[str, int] | None = None,
) -> str:
    """The text of a page with samples of one split, in one file.

    Args:
        dataset: the split.
        n: how many samples.
        seed: draw them at random with this seed, in the order of the split; ``None`` takes the first.
        allowed: whether media, answers and meta may be shown.
        sizes: the samples of other splits at hand, for the head of the page.
    """
    count = min(n, len(dataset))
    rows = list(range(count))
    if seed is not None:
        rows = sorted(np.random.default_rng(seed).choice(len(dataset), count, replace=False).tolist())
    views = Views(allowed)
    return render(
        "peek.html",
        card=card_facts(dataset.card, {**(sizes or {}), dataset.split: len(dataset)}),
        split=dataset.split,
        revision=dataset.revision,
        evidence=dataset.evidence,
        fingerprint=dataset.fingerprint,
        total=len(dataset),
        drawn="first" if seed is None else f"drawn at random with seed {seed}",
        allowed=allowed,
        samples=[views.of(dataset[row]) for row in rows],
    )
