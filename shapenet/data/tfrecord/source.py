"""Registers the source ``tfrecord``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, ImageSize

Axes = Annotated[list[str | Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)]
"""Height, width and perhaps channels: numbers, or features that hold them."""


@REGISTRIES["source"].register("tfrecord")
def tfrecord(  # noqa: PLR0913 a config's arguments
    *,
    path: ConfigPath,
    compression: Literal["auto", "none", "gzip", "zlib"] = "auto",
    image: str = "image",
    label: str = "label",
    fields: list[str] | None = None,
    shape: Axes | None = None,
    dtype: Literal["uint8", "uint16", "float32"] | None = None,
    classes: Annotated[list[str], Field(min_length=1)] | None = None,
    size: ImageSize | None = None,
    color: Literal["auto", "gray", "rgb"] = "auto",
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
        fields: Features that become further fields: encoded images, raw values with
            NAME/shape and NAME/dtype, or numbers.
        shape: For raw images: height, width and channels, each a number or the feature
            that holds it.
        dtype: For raw images: the type of a value.
        classes: Class names, which integers count from 0; if not given, the labels are.
        size: Side in pixels, or height and width, that encoded images are stretched to; if
            not given, all must have the size of the first.
        color: Of encoded images: gray (1 channel), rgb (3), or auto: as the first image.

    Returns:
        A `shapenet.data.tfrecord.records.TfrecordRecords`.

    Raises:
        ConfigError: A further feature's name can't be a field's.
        DataError: Files are missing, cut, damaged or compressed another way, or the first
            records have no image or label.
    """
    from shapenet.data.tfrecord.features import Raw
    from shapenet.data.tfrecord.images import Decoding
    from shapenet.data.tfrecord.records import Form, TfrecordRecords

    raw = Raw(tuple(shape) if shape else None, dtype) if shape or dtype else None
    decoding = Decoding((size, size) if isinstance(size, int) else size, color)
    form = Form(image, label, tuple(fields or ()), raw, decoding, tuple(classes) if classes else None)
    return TfrecordRecords(path, compression, form)
