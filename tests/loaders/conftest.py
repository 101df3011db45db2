"""The hub on loopback, for tests of what is built on it."""

from tests.hub.fixtures import hub

__all__ = ["hub"]
