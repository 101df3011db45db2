"""One file per library; whatever is an ``Adapter`` in one of them can be named by its prefix."""
