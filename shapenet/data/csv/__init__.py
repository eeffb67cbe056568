"""The source ``csv``: image files and their labels, listed in a CSV."""
