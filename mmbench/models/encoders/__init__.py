"""Frozen encoders that need no hub: their weights ship in Python packages, or they have none."""
