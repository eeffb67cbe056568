"""Keras's applications: what each expects of its pixels, and the smallest image that it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN = (103.939, 116.779, 123.68)

Pixels = Literal["-1..1", "standardized", "caffe", "0..255", "efficientnet"]
"""What pixels are turned into; ``preprocess_input`` of the application does the same.

``-1..1``; ``standardized`` by mean and deviation of each of ImageNet's channels; ``caffe``: blue
first, ImageNet's means subtracted from 0..255; ``0..255``, where the application has layers that
scale; ``efficientnet``: the same, and the division by the root of the deviation that Keras's own
EfficientNet makes only where it downloads its weights itself.
"""


@dataclass(frozen=True)
class Application:
    """One application.

    Attributes:
        pixels: What it expects of them.
        least_size: Pixels of a side that it takes at least.
    """

    pixels: Pixels
    least_size: int = 32

    def rescaling(self, input_max: float) -> tuple[list[float], list[float]]:
        """Scale and offset of each channel, in the order that the application has them in.

        Args:
            input_max: What white is in the images.
        """
        if self.pixels == "-1..1":
            return [2 / input_max] * 3, [-1.0] * 3
        if self.pixels == "standardized":
            scale = [1 / (deviation * input_max) for deviation in _DEVIATION]
            return scale, [-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)]
        if self.pixels == "caffe":
            return [255 / input_max] * 3, [-mean for mean in _CAFFE_MEAN]
        if self.pixels == "efficientnet":  # its first layers take x / 255 - mean and divide by the root
            roots = [math.sqrt(deviation) for deviation in _DEVIATION]
            offset = [255 * (mean - mean / root) for mean, root in zip(_MEAN, roots, strict=True)]
            return [255 / input_max / root for root in roots], offset
        return [255 / input_max] * 3, [0.0] * 3


APPLICATIONS = {
    **{f"ConvNeXt{size}": Application("0..255") for size in ("Tiny", "Small", "Base", "Large", "XLarge")},
    **{f"DenseNet{depth}": Application("standardized") for depth in (121, 169, 201)},
    **{f"EfficientNetB{number}": Application("efficientnet") for number in range(8)},
    **{f"EfficientNetV2{size}": Application("0..255") for size in ("B0", "B1", "B2", "B3", "S", "M", "L")},
    "InceptionResNetV2": Application("-1..1", 75),
    "InceptionV3": Application("-1..1", 75),
    "MobileNet": Application("-1..1"),
    "MobileNetV2": Application("-1..1"),
    "MobileNetV3Large": Application("0..255"),
    "MobileNetV3Small": Application("0..255"),
    "NASNetLarge": Application("-1..1"),
    "NASNetMobile": Application("-1..1"),
    **{f"ResNet{depth}": Application("caffe") for depth in (50, 101, 152)},
    **{f"ResNet{depth}V2": Application("-1..1") for depth in (50, 101, 152)},
    "VGG16": Application("caffe"),
    "VGG19": Application("caffe"),
    "Xception": Application("-1..1", 71),
}
"""Every application by its name in ``keras.applications``."""
