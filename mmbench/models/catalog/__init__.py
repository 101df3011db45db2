"""One file per model; whatever is a ``ModelEntry`` in one of them is in the catalog."""
