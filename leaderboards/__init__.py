"""Placeholder."""

if __name__ != "mmbench.leaderboards":
    raise ImportError("the folder leaderboards/ is imported as mmbench.leaderboards")
