"""Boards: a folder of runs in; tables, exports and one self-contained page out."""

if __name__ != "mmbench.leaderboards":
    raise ImportError("the folder leaderboards/ is imported as mmbench.leaderboards")

from mmbench.leaderboards.board import Leaderboard
from mmbench.leaderboards.values import SuiteFacts

__all__ = ["Leaderboard", "SuiteFacts"]
