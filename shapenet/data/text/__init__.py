"""The source ``text``: image files and their labels, one a line."""
