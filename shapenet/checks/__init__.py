"""Checks of an experiment before it trains for long: model, data and learning rate on a few batches."""
