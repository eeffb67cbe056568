"""Random changes of training images: Keras's own layers, with draws that seed, epoch and step decide."""
