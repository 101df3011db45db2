"""Placeholder."""

if __name__ != "mmbench.loaders":
    raise ImportError("the folder loaders/ is imported as mmbench.loaders")
