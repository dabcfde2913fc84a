"""The read door: `Lore(progress)` is all that is known at that episode, and public pages read from nowhere else."""

from .door import Lore

__all__ = ["Lore"]
