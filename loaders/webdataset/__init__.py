"""Splits as webdataset shards, both ways: written with a manifest, read back strictly, dealt out over nodes and workers."""

from mmbench.loaders.webdataset.reading import import_webdataset, open_shards, webdataset_build
from mmbench.loaders.webdataset.sharded import ShardedDataset
from mmbench.loaders.webdataset.writing import write_webdataset

__all__ = ["ShardedDataset", "import_webdataset", "open_shards", "webdataset_build", "write_webdataset"]
