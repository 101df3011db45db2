"""One file per tool; whatever is a ``Reader`` in one of them can be imported."""
