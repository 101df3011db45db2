"""One file per fusion method; each defines a ``Fusion``, and no list names them."""
