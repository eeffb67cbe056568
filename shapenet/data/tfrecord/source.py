"""Registers the source ``tfrecord``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shapenet.data.images.options import Color, ImageDtype, Interpolation, Resize
from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize, Names

Axes = Annotated[list[str | Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)]
"""Height, width and perhaps channels: numbers, or features that hold them."""


@REGISTRIES["source"].register("tfrecord")
def tfrecord(
    *,
    path: ConfigPath,
    compression: Literal["auto", "none", "gzip", "zlib"] = "auto",
    image: str = "image",
    label: str = "label",
    fields: Names = (),
    masks: Names = (),
    columns: Names = (),
    classes: Names = (),
    raw_shape: Axes | None = None,
    raw_dtype: Literal["uint8", "uint16", "float32"] | None = None,
    size: ImageSize | None = None,
    resize: Resize = "stretch",
    interpolation: Interpolation = "bilinear",
    color: Color = "auto",
    dtype: ImageDtype = "auto",
) -> Any:
    """Records of tf.train.Example in TFRecord files.

    An image is an image file or raw values; raw ones have their shape and type in the
    features IMAGE/shape and IMAGE/dtype, or as the arguments say.

    Args:
        path: A file, a folder of files with .tfrecord in their names, or a pattern such as
            data/train-*; files are read in the order of their names.
        compression: Of all files; auto looks at each.
        image: The feature that holds the image.
        label: The feature that holds the class: an integer, with its name in LABEL/text, or a text.
        fields: Further features: image files, raw values with NAME/shape and NAME/dtype, numbers.
        masks: Further features that are masks, whose pixels are numbers of classes.
        columns: Texts or integers of each record to split and filter by.
        classes: Class names, which integers count from 0; if not given, the labels are.
        raw_shape: Of raw images: height, width and channels, each a number or its feature.
        raw_dtype: Of raw images: the type of a value.
        size: Side in pixels, or height and width, of image files; ``any`` lets them differ.
        resize: How image files come to the size, as in the source csv.
        interpolation: The filter to resize with, as in the source csv.
        color: Of image files: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first one.
        dtype: Of image files, as in the source csv.

    Raises:
        ConfigError: A further feature's name can't be a field's.
        DataError: Files are missing or damaged, or the first records have no image or label.
    """
    from shapenet.data.files.load import file_options
    from shapenet.data.tfrecord.records import Form, TfrecordRecords, asked_image

    asked = asked_image(file_options(size, resize, interpolation, color, dtype), raw_shape, raw_dtype)
    return TfrecordRecords(path, compression, Form(image, label, fields, masks, columns, asked, classes or None))
