"""``python -m mmbench`` is the command line."""

from mmbench.cli import main

main()
