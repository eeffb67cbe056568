"""From sources of records to batches: reading, packing, splitting, ordering."""
