"""Randomness of models that draw: seeded before every call by what is asked, so that a resumed run draws what an unbroken one draws.

Covers Python's ``random``, NumPy's global generator and, once it is imported, torch's on every device. A generator that a model makes for
itself has to be seeded by the model; a stream is seeded once, since its answers come in any order.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mmbench.files import digest


def seed_all(*what: str | int) -> None:
    """Seed the global generators from anything that names the call: the run's seed, the stage, the first item."""
    number = int(digest(list(what))[:8], 16)
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002  (it is the models that use the global generator)
    torch = sys.modules.get("torch")
    if torch is None:
        return
    torch.default_generator.manual_seed(number)  # torch.manual_seed also queues work for devices that nobody uses
    for name in ("cuda", "xpu"):
        accelerator = getattr(torch, name, None)
        if accelerator is not None and accelerator.is_available() and accelerator.is_initialized():
            accelerator.manual_seed_all(number)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(number)


@contextmanager
def kept_randomness() -> Iterator[None]:
    """Whatever is seeded inside, the caller's own generators go on afterwards as if nothing had happened."""
    ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
    torch = sys.modules.get("torch")
    torchs: Any = None if torch is None else torch.random.get_rng_state()
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)  # noqa: NPY002
        if torch is not None:
            torch.random.set_rng_state(torchs)
