"""Sweeps: many runs of one experiment, each with other values."""
