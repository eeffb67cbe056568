"""Registers the source ``arrays``."""

from __future__ import annotations

from typing import Any

from shapenet.registry import REGISTRIES
from shapenet.values import ConfigPath, Names


@REGISTRIES["source"].register("arrays")
def arrays(
    *,
    path: ConfigPath,
    labels: ConfigPath | None = None,
    image: str = "images",
    label: str = "labels",
    fields: Names = (),
    columns: Names = (),
    classes: Names = (),
) -> Any:
    """Images and labels in one npz, or in two files of npy or IDX.

    Images are uint8, uint16 or float32, (n, height, width) or (n, height, width, channels);
    labels are integers or text. IDX may be packed with gzip. Nothing is ever unpickled.

    Args:
        path: The npz, or the file of the images.
        labels: The file of the labels. If not given, they are in the npz, or in the file
            that is named after PATH with labels for images and idx1 for idx3; tasks that
            need none do without.
        image: The npz's array of images.
        label: The npz's array of labels.
        fields: Arrays of the npz that become further fields: masks, clean images, numbers.
        columns: Arrays of the npz, text or integers, to split and filter by.
        classes: Class names, which integer labels count from 0. If not given, they are the
            npz's array classes if it is there, or the distinct labels.

    Returns:
        A `shapenet.data.arrays.records.ArraysRecords`.

    Raises:
        ConfigError: A further array's name can't be a field's.
        DataError: A file is missing, cut or damaged, or an array has another form.
    """
    from shapenet.data.arrays.records import ArraysRecords, Form

    form = Form(image, label, fields, columns, classes or None)
    return ArraysRecords(path, labels, form)
