"""Reconstruction: an image becomes another, such as itself, without noise, or larger."""
