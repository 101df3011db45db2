"""The kinds of task: one file per kind."""
