"""One file per dataset or suite; whatever is a ``Task`` or a ``Suite`` in one of them is in the catalog."""
