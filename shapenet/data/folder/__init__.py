"""The source ``folder``: images in a folder per class."""
