"""Regression: numbers, angles and points are read off an image."""
