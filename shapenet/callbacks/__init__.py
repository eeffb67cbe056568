"""What listens while a model is fitted: metrics file, checkpoints, TensorBoard, divergence, signals."""
