"""Data that is read anew in every epoch, because it does not fit the disk a second time."""
