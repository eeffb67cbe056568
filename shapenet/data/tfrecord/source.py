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

    The image is an encoded file (PNG, JPEG, ...) or raw values; raw ones have their shape
    and type in the features IMAGE/shape and IMAGE/dtype, or as the arguments say.

    Args:
        path: A file; a folder, which gives its own files with .tfrecord in their names; or
            a pattern such as data/train-*. Files are read in the order of their names.
        compression: Of all files; auto looks at each.
        image: The feature that holds the image.
        label: The feature that holds the label: an integer, or the class as text. With an
            integer, the class may stand as text in the feature LABEL/text.
        fields: Features that become further fields: image files, raw values with NAME/shape
            and NAME/dtype, or numbers.
        masks: Features that are masks, whose pixels are numbers of classes.
        classes: Class names, which integers count from 0; if not given, the labels are.
        raw_shape: For raw images: height, width and channels, each a number or the feature
            that holds it.
        raw_dtype: For raw images: the type of a value.
        size: Side in pixels, or height and width, of all image files; ``any`` lets them
            differ; if not given, all must have the size of the first.
        resize: How an image comes to the size: ``stretch``, ``fit`` (keep the aspect, within
            the size), ``pad`` (fit, centred on black), ``crop`` (cover the size, cut the centre).
        interpolation: The filter: ``nearest``, ``box``, ``bilinear``, ``bicubic``, ``lanczos``.
            All but nearest are antialiased.
        color: Of image files: ``gray`` (1 channel), ``rgb`` (3), or ``auto``: as the first image.
        dtype: Of image files: ``uint8``, ``uint16``, ``float32``, or ``auto``: what holds the
            first image's depth.

    Returns:
        A `shapenet.data.tfrecord.records.TfrecordRecords`.

    Raises:
        ConfigError: A further feature's name can't be a field's.
        DataError: Files are missing, cut, damaged or compressed another way, or the first
            records have no image or label.
    """
    from shapenet.data.files.load import file_options
    from shapenet.data.tfrecord.features import Asked, Raw
    from shapenet.data.tfrecord.records import Form, TfrecordRecords

    options = file_options(size, resize, interpolation, color, dtype)
    raw = Raw(tuple(raw_shape) if raw_shape else None, raw_dtype) if raw_shape or raw_dtype else None
    asked = Asked("image", options.image, options.any_size, raw)
    return TfrecordRecords(path, compression, Form(image, label, fields, masks, asked, classes or None))
