"""Placeholder."""

if __name__ != "mmbench.metrics":
    raise ImportError("the folder metrics/ is imported as mmbench.metrics")
