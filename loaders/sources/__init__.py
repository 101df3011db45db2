"""Where a dataset's bytes come from: installed packages, the hub, a user's folder or file."""

from mmbench.loaders.sources.base import Build, Inputs, Roots, Source, file_part, inputs_digest
from mmbench.loaders.sources.hub import HubSource
from mmbench.loaders.sources.packages import PackageSource, SystemSource

__all__ = [
    "Build",
    "HubSource",
    "Inputs",
    "PackageSource",
    "Roots",
    "Source",
    "SystemSource",
    "file_part",
    "inputs_digest",
]
