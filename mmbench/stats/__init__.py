"""How sure a number is, and whether two differ. NumPy only; whatever is resampled is resampled in whole clusters."""

from mmbench.stats.comparisons import PairedTest, holm, mcnemar_test, paired_exchange_test, paired_permutation_test
from mmbench.stats.errors import clustered_standard_error, detectable_difference, samples_needed, wilson_interval
from mmbench.stats.ranks import Borda, borda, rank_intervals, tie_groups
from mmbench.stats.resampling import Interval, bootstrap_interval, bootstrap_mean, estimate
from mmbench.stats.tails import chi_square_tail, normal_tail

__all__ = [
    "Borda",
    "Interval",
    "PairedTest",
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
    "rank_intervals",
    "samples_needed",
    "tie_groups",
    "wilson_interval",
]
