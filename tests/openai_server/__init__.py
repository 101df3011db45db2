"""An OpenAI-compatible server on loopback with faults on demand, for tests."""

from tests.openai_server.server import KEY, Asked, Fault, LocalServer

__all__ = ["KEY", "Asked", "Fault", "LocalServer"]
