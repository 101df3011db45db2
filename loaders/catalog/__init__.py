"""One file per dataset; whatever is a ``DatasetCard`` in one of them is in the catalog."""
