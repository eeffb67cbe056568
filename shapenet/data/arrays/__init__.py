"""The source ``arrays``: images and labels in NumPy's files or in IDX."""
