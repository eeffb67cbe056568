"""Segmentation: each pixel belongs to one class."""
