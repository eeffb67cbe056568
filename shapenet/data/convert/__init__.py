"""Writing the records of any source in another form: CSV, folders, TFRecord shards or npz."""
