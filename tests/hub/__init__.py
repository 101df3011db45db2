"""A Hugging Face hub on loopback with faults on demand, for tests. ``python -m tests.hub DIR`` serves a folder of data sets."""

from tests.hub.content import Blob, Repo
from tests.hub.faults import BODY_KINDS, Fault, Faults, RandomFaults
from tests.hub.server import LocalHub, Request

__all__ = ["BODY_KINDS", "Blob", "Fault", "Faults", "LocalHub", "RandomFaults", "Repo", "Request"]
