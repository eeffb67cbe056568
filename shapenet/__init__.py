"""shapenet: experiments on Keras 3, driven by YAML."""

__version__ = "0.1.0"
