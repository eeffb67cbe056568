"""Layers of our own: blocks from papers, and lists of layers inside a list."""
