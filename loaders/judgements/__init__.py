"""Relevance judgements that are richer than a dataset's pairs: ``load_judgements("eccv")``. One file per set; no list names them."""

from functools import cache

from mmbench.discovery import collect
from mmbench.errors import UserError
from mmbench.loaders.judgements.base import Judgements, JudgementSet

__all__ = ["JudgementSet", "Judgements", "judgement_sets", "load_judgements"]


def judgement_sets() -> list[JudgementSet]:
    """Every set of judgements, sorted by name."""
    return list(_registered().values())


def load_judgements(name: str) -> Judgements:
    """The judgements with this name: ``eccv``, ``cxc`` or ``coco`` on Karpathy's COCO test split, by COCO ids.

    Raises:
        UserError: no such set, its package is not installed, or its files are not those that were published.
    """
    found = _registered().get(name)
    if found is None:
        raise UserError(f"There are no judgements named {name!r}: there are {', '.join(_registered())}.")
    return found.read()


@cache
def _registered() -> dict[str, JudgementSet]:
    found = {one.name: one for one in collect("mmbench.loaders.judgements", JudgementSet)}
    return dict(sorted(found.items()))
