"""The run directory: where things stand in it, and how they are written without loss."""
