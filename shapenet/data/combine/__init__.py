"""Sources made of other sources: ``concat``, ``zip``, ``filter`` and ``take``."""
