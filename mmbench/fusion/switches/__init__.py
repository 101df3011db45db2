"""What changes how any method is trained: one file per switch, written behind a name as ``gmu+modality-dropout``."""
