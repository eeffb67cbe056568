"""What is learnt: targets, output layer, loss, metrics and decoding, one task a file."""
