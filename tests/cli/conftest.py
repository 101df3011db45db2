"""The hub on loopback, for the commands that get data."""

from tests.hub.fixtures import hub

__all__ = ["hub"]
