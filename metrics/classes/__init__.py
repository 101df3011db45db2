"""The metrics as ``torchmetrics.Metric`` classes, one file per metric; ``mmbench.metrics`` finds them here."""
