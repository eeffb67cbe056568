"""Training: from an experiment to a run directory."""
