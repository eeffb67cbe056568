"""Image files on disk: found by name, checked, and decoded with the fields that travel beside them."""
