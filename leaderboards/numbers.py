"""Which scores of a board are shares, to be written in per cent."""

from mmbench.runs.records import Score

CORRELATIONS = frozenset({"corr", "spearman", "pearson", "kendall", "ccc", "matthews"})


def unit_of(score: Score) -> str:
    """``%`` for a share: a score whose best value is 1 where higher is better, unless it is a correlation; else empty."""
    key = score.metric.rpartition("/")[2]
    return "%" if score.higher_is_better and score.ceiling == 1.0 and key not in CORRELATIONS else ""
