"""Figures and pictures of how well a model does."""
