"""Synthetic shapes: what to draw, where its edges are, how it becomes pixels and files."""
