"""Classification: each image belongs to one class, or shows several."""
