"""Which part of a run's work is this process's: ``--shard 2/4``, or what torchrun or Slurm say in the environment."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mmbench.errors import UserError
from mmbench.models import LoadedModel, load_model

AUTO = "auto"
LAUNCHERS = (
    ("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("Slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
)


@dataclass(frozen=True, slots=True)
class Shard:
    """Every ``count``-th batch of a run.

    Attributes:
        number: from 1 to ``count``.
        count: how many shards there are.
    """

    number: int
    count: int

    @property
    def writer(self) -> str:
        """The name under which it writes into the store."""
        return f"shard-{self.number}-of-{self.count}"

    def of(self, missing: Sequence[int], batch_size: int) -> list[int]:
        """Those of a stage's items that are this shard's: batches are dealt out like cards."""
        return [index for index in missing if index // batch_size % self.count == self.number - 1]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True)
class Launch:
    """What a launcher says: this process's shard, its place on its machine (from 0), and who said so."""

    shard: Shard
    local_rank: int
    by: str


def parse_shard(text: str) -> Shard:
    """A shard as people write it: ``2/4``. ``UserError`` where it is none."""
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found is None:
        raise UserError(f"--shard {text!r} is no shard: write 1/4 for the first of four.")
    number, count = int(found[1]), int(found[2])
    if not 1 <= number <= count:
        raise UserError(
            f"--shard {text} is not there: shards are counted from 1, so of {count} they are 1/{count} to {count}/{count}."
        )
    return Shard(number, count)


def chosen_shard(text: str | None, environment: Mapping[str, str]) -> Shard | None:
    """``None`` for the whole run, ``"auto"`` for what the environment says, else a shard as people write it."""
    if text == AUTO:
        launch = launched(environment)
        return None if launch is None else launch.shard
    return None if text is None else parse_shard(text)


def load_beside_others(spec: str, local_rank: int, **config: Any) -> LoadedModel:
    """A model on the accelerator that is this process's, where there is one and the model takes a device."""
    device = _accelerator(local_rank)
    if device is not None:
        with suppress(UserError):  # it takes no device; any other mistake is said below
            return load_model(spec, device=device, **config)
    return load_model(spec, **config)


def _accelerator(local_rank: int) -> str | None:
    try:
        import torch
    except ModuleNotFoundError:
        return None
    return f"cuda:{local_rank % torch.cuda.device_count()}" if torch.cuda.is_available() else None


def launched(environment: Mapping[str, str]) -> Launch | None:
    """The place of this process among those that torchrun or Slurm started; ``None`` where it is the only one.

    Raises:
        UserError: variables that are no numbers, or a rank that is not below their number.
    """
    for by, rank_name, count_name, local_name in LAUNCHERS:
        if rank_name not in environment or count_name not in environment:
            continue
        names = (rank_name, count_name, local_name)
        values = [environment.get(name, "0") for name in names]
        if not all(value.isdigit() for value in values) or int(values[0]) >= int(values[1]):
            said = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
            raise UserError(
                f"The environment says {said}, which is no place among processes: unset them, or give --shard."
            )
        rank, count, local = map(int, values)
        return Launch(Shard(rank + 1, count), local, by) if count > 1 else None
    return None
