"""One file per layout of a folder; a new one needs no list to be edited."""
