"""A split in shards as something to iterate over from many processes, such as the workers of a torch ``DataLoader``."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mmbench.errors import UserError
from mmbench.loaders.webdataset.manifest import find_manifest
from mmbench.loaders.webdataset.reading import open_shards
from mmbench.samples import Sample

# Launchers say the rank in pairs of variables. SLURM_NTASKS will not do: it also stands in a batch script that runs one process.
RANKS = (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"))


class ShardedDataset:
    """The part of an exported split that belongs to this process and worker, in order; over all of them, every sample once.

    Where torch is installed, it is a ``torch.utils.data.IterableDataset``: pass it to ``DataLoader`` with ``batch_size=None`` or a
    ``collate_fn``, and any number of workers, the same in every process. With two workers or more, torch interleaves their samples.

    Args:
        folder: where ``PairedDataset.to_webdataset`` wrote to.
        split: which split.
        node: this process among ``nodes``; by default what ``torchrun`` or ``srun`` say (``RANK`` and ``WORLD_SIZE``, or
            ``SLURM_PROCID`` and ``SLURM_STEP_NUM_TASKS``), and without them the only one.
        nodes: how many processes read the split.

    Raises:
        UserError: no manifest; half of a pair of variables, or one that is no number. While iterating, see ``open_shards``.
    """

    def __init__(self, folder: str | Path, split: str, *, node: int | None = None, nodes: int | None = None) -> None:
        if (node is None) != (nodes is None):
            raise UserError("node and nodes belong together: pass both, or neither to take them from the environment.")
        self.folder = Path(folder).absolute()
        self.split = split
        self._place = None if node is None or nodes is None else (node, nodes)
        self._checked: set[str] = set()
        find_manifest(self.folder, split)
        if importlib.util.find_spec("torch") is not None:
            from torch.utils.data import IterableDataset

            IterableDataset.register(
                type(self)
            )  # DataLoader asks for the class, and a base class would need torch always

    def __iter__(self) -> Iterator[Sample]:
        node, nodes = self._place or _place()
        worker, workers = _worker()
        return open_shards(
            self.folder,
            self.split,
            node=node,
            nodes=nodes,
            worker=worker,
            workers=workers,
            checked=self._checked,
        )


def _worker() -> tuple[int, int]:
    """This worker among those of its ``DataLoader``; a process that never loaded torch is none."""
    loaded = sys.modules.get("torch.utils.data")
    info = None if loaded is None else loaded.get_worker_info()
    return (0, 1) if info is None else (info.id, info.num_workers)


def _place() -> tuple[int, int]:
    for rank, world in RANKS:
        found = {name: os.environ[name] for name in (rank, world) if os.environ.get(name)}
        if not found or (rank == "SLURM_PROCID" and world not in found):
            continue
        if len(found) < 2 or not all(value.isdecimal() for value in found.values()):
            held = ", ".join(f"{name}={value}" for name, value in found.items())
            raise UserError(
                f"The environment says {held}, where {rank} and {world} should both be numbers: set both, or pass node and nodes."
            )
        return int(found[rank]), int(found[world])
    return 0, 1
