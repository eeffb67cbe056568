"""Labels of listed images: classes in order, and each image's index into them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shapenet.data.files.faults import items_error, shown
from shapenet.data.files.listing import Listing

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def checked_labels(listing: Listing) -> list[str]:
    """The labels of all images, without surrounding spaces.

    Raises:
        DataError: Some are empty or NaN; the error names their lines.
    """
    labels = [text.strip() for text in listing.labels]
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
