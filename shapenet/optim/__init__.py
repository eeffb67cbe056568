"""What moves the weights: schedules of the learning rate, which weights decay, and which learn how fast."""
