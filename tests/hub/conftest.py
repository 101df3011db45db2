"""A hub on loopback for its own tests."""

from tests.hub.fixtures import hub

__all__ = ["hub"]
