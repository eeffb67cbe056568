"""Labels of listed images: classes in order, and each image's index into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shapenet.data.files.faults import items_error, shown
from shapenet.data.files.listing import Listing

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True)
class ListedLabels:
    """The labels of listed images.

    Attributes:
        texts: As they are listed, without surrounding spaces; the empty text where nothing lists labels.
        classes: Class names in label order.
        indices: The class of each image, the first of several; 0 for none. int64 ``(n,)``.
        shown: With a separator, 1 for every class of each image and 0 for the others. float32 ``(n, num_classes)``.
    """

    texts: Sequence[str]
    classes: tuple[str, ...]
    indices: npt.NDArray[np.int64]
    shown: npt.NDArray[np.float32] | None = None


def read_labels(listing: Listing, separator: str | None) -> ListedLabels:
    """The labels of all images.

    Args:
        listing: What lists them.
        separator: Stands between several classes of an image; None where each has one.

    Raises:
        DataError: Some are empty or NaN where each image has one class.
    """
    if listing.labels is None:
        return ListedLabels([""] * len(listing), (), np.zeros(len(listing), np.int64))
    if separator is None:
        texts = checked_labels(listing)
        answers: list[tuple[str, ...]] = [(text,) for text in texts]
    else:
        texts = [text.strip() for text in listing.labels]
        parts = [[part.strip() for part in text.split(separator)] for text in texts]
        answers = [tuple(dict.fromkeys(name for name in names if name)) for names in parts]
    classes = class_names([name for names in answers for name in names])
    positions = {name: index for index, name in enumerate(classes)}
    indices = np.array([positions[names[0]] if names else 0 for names in answers], np.int64)
    if separator is None:
        return ListedLabels(texts, classes, indices)
    shown = np.zeros((len(answers), len(classes)), np.float32)
    for row, names in zip(shown, answers, strict=True):
        row[[positions[name] for name in names]] = 1
    return ListedLabels(texts, classes, indices, shown)


def checked_labels(listing: Listing) -> list[str]:
    """The labels of all images, without surrounding spaces.

    Raises:
        DataError: Some are empty or NaN; the error names their lines.
    """
    labels = [text.strip() for text in listing.labels or ()]
    faults = [
        (listing.line(index), "no label" if not label else shown(label))
        for index, label in enumerate(labels)
        if not label or label.lower() == "nan"
    ]
    if faults:
        message = f"expected a label for every image, received none or NaN for {len(faults):,} of {len(labels):,}"
        hint = f"give them a value in the column {listing.label_column!r}, or take the rows out"
        raise items_error("data/label", message, faults, path=listing.path, hint=hint)
    return labels


def class_names(labels: Sequence[str]) -> tuple[str, ...]:
    """The distinct labels: by number if all are integers, by code point if not.

    Args:
        labels: Of all images.
    """
    distinct = set(labels)
    if all(_INTEGER.fullmatch(label) for label in distinct):
        return tuple(sorted(distinct, key=lambda label: (int(label), label)))
    return tuple(sorted(distinct))
