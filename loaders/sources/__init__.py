"""Where a dataset's bytes come from: installed packages, the hub, a user's folder or file."""

from mmbench.loaders.sources.base import (
    Brought,
    Build,
    Detached,
    Inputs,
    Remote,
    Roots,
    Source,
    file_part,
    inputs_digest,
)
from mmbench.loaders.sources.folder import FolderSource, FrameSource
from mmbench.loaders.sources.hub import HubSource
from mmbench.loaders.sources.packages import PackageSource, SystemSource
from mmbench.loaders.sources.pickles import PickleSource

__all__ = [
    "Brought",
    "Build",
    "Detached",
    "FolderSource",
    "FrameSource",
    "HubSource",
    "Inputs",
    "PackageSource",
    "PickleSource",
    "Remote",
    "Roots",
    "Source",
    "SystemSource",
    "file_part",
    "inputs_digest",
]
