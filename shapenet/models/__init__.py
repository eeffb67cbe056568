"""From a layer list to a Keras model."""
