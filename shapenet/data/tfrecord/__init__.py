"""TFRecord files: the source ``tfrecord``, and their writer."""
