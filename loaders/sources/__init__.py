"""Where a dataset's bytes come from: installed packages, the hub, a user's folder or file."""

from mmbench.loaders.sources.base import (
    Brought,
    Build,
    Detached,
    Inputs,
    Remote,
    Roots,
    Source,
    Twinned,
    file_part,
    inputs_digest,
)
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.sources.generated import GeneratedSource
from mmbench.loaders.sources.hub import HubSource
from mmbench.loaders.sources.packages import PackageSource, SystemSource
from mmbench.loaders.sources.pickles import PickleSource

__all__ = [
    "Brought",
    "BroughtSource",
    "Build",
    "Detached",
    "Expected",
    "GeneratedSource",
    "HubSource",
    "Inputs",
    "PackageSource",
    "PickleSource",
    "Remote",
    "Roots",
    "Source",
    "SystemSource",
    "Twinned",
    "file_part",
    "inputs_digest",
]
