"""The folder of images and the CSV beside them that the tests of files use too."""

from tests.data.files.conftest import folder, load

__all__ = ["folder", "load"]
