"""Draws the pictures of the site itself, and the plates of the data set: `python -m drawings`."""
