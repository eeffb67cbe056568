"""Shapes as records, drawn when they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shapenet.data.records import Arrays, Field
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import RENDER_VERSION, render_into
from shapenet.data.shapes.sampling import label_of


class ShapesRecords:
    """Records ``image``, uint8 ``(size, size, 3)``, and ``label``, int64.

    Args:
        parameters: What to draw.

    Attributes:
        parameters: The same.
        fields: As in `shapenet.data.records.Records`, and so are the others.
        classes: The shapes' names.
        key: Digest of the parameters and of the version of the drawing code.
        describe: The classes and the seed, in words.
    """

    def __init__(self, parameters: ShapesParameters) -> None:
        self.parameters = parameters
        side = parameters.size
        self.fields: Mapping[str, Field] = {"image": Field("uint8", (side, side, 3)), "label": Field("int64", ())}
        self.classes: tuple[str, ...] = parameters.classes
        content = json.dumps([RENDER_VERSION, parameters.as_dict()], sort_keys=True)
        self.key = hashlib.sha256(content.encode()).hexdigest()
        self.describe = f"shapes ({', '.join(parameters.classes)}; seed {parameters.seed})"
        self.warnings: tuple[str, ...] = ()
        self.columns: Mapping[str, Sequence[str]] = {}

    def __len__(self) -> int:
        """Number of images."""
        return self.parameters.num_images

    def read(self, start: int, stop: int) -> Arrays:
        """Draw the images from `start` up to `stop`; see `Records.read`."""
        images = np.empty((stop - start, *self.fields["image"].fixed_shape), np.uint8)
        for offset, index in enumerate(range(start, stop)):
            render_into(images[offset], self.parameters, index)
        return {"image": images, "label": self.label_of()[start:stop]}

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all images, int64 ``(num_images,)``."""
        return np.arange(len(self), dtype=np.int64) % len(self.classes)

    def name_of(self, index: int) -> str:
        """``shapes/CLASS/INDEX``."""
        return f"shapes/{self.classes[label_of(self.parameters, index)]}/{index:06d}"
