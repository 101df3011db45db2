"""A hub on loopback for the tests of the download engine."""

from tests.hub.fixtures import hub

__all__ = ["hub"]
