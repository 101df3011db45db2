"""How sure a number is, and whether two differ. NumPy only; whatever is resampled is resampled in whole clusters."""

from mmbench.stats.comparisons import PairedTest, holm, mcnemar_test, paired_exchange_test, paired_permutation_test
from mmbench.stats.errors import clustered_standard_error, detectable_difference, samples_needed, wilson_interval
from mmbench.stats.ranks import Borda, borda, rank_intervals, tie_groups
from mmbench.stats.resampling import Interval, bootstrap_interval, bootstrap_mean, estimate
from mmbench.stats.tails import chi_square_tail, normal_tail
from mmbench.stats.two_level import (
    Difference,
    TwoLevel,
    paired_two_level_bootstrap,
    two_level_groups,
    two_level_interval,
    two_level_pairs,
    two_level_values,
)

__all__ = [
    "Borda",
    "Difference",
    "Interval",
    "PairedTest",
    "TwoLevel",
    "bootstrap_interval",
    "bootstrap_mean",
    "borda",
    "chi_square_tail",
    "clustered_standard_error",
    "detectable_difference",
    "estimate",
    "holm",
    "mcnemar_test",
    "normal_tail",
    "paired_exchange_test",
    "paired_permutation_test",
    "paired_two_level_bootstrap",
    "rank_intervals",
    "samples_needed",
    "tie_groups",
    "two_level_groups",
    "two_level_interval",
    "two_level_pairs",
    "two_level_values",
    "wilson_interval",
]
