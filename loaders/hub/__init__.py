"""Files of Hugging Face data sets, fetched by us and verified byte for byte against the hub's own listing."""

from mmbench.loaders.hub.layout import RemoteFile
from mmbench.loaders.hub.repository import cached_tree, resolve, tree
from mmbench.loaders.hub.retry import Patience
from mmbench.loaders.hub.snapshot import Snapshot, fetch, present

__all__ = ["Patience", "RemoteFile", "Snapshot", "cached_tree", "fetch", "present", "resolve", "tree"]
