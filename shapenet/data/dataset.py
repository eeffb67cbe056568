"""The data of an experiment: sources packed, limited, split and checked against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shapenet.data.batches import Split
from shapenet.data.division import Guide, SplitPlan, divide
from shapenet.data.files.faults import listing
from shapenet.data.records import Records
from shapenet.data.split import check_split
from shapenet.data.store import CONTENT, RecordStore, content_keys
from shapenet.errors import DataError
from shapenet.fields import Field
from shapenet.rundir.csv_file import csv_text
from shapenet.words import counted

Open = Callable[[Records], RecordStore]
"""Packs records, or finds them packed, or streams them."""


@dataclass(frozen=True)
class Expected:
    """What a source must fit to be evaluated by the model of another.

    Attributes:
        classes: Class names in label order.
        image: Shape and type of an image.
        described: What to call the other in messages.
        needs_classes: Whether the label is learnt.
    """

    classes: tuple[str, ...]
    image: Field
    described: str
    needs_classes: bool = True


@dataclass(frozen=True)
class Dataset:
    """Everything an experiment learns from and is judged by.

    Attributes:
        splits: ``train`` and, if there are any, ``val`` and ``test``.
        classes: Class names in label order; none where the data has no labels.
        fingerprint: Digest of the content of all splits.
        warnings: What is worth knowing about the data.
        records: What the records of each split are called.
    """

    splits: Mapping[str, Split]
    classes: tuple[str, ...]
    fingerprint: str
    warnings: tuple[str, ...]
    records: Mapping[str, Records]

    def names(self, split: str) -> Iterator[str]:
        """What each record of a split is called, in order."""
        return (self.records[split].name_of(int(index)) for index in self.splits[split].indices)

    def split_table(self) -> str:
        """CSV of every record's split, name and class."""
        rows = (
            (split, name, self.classes[label] if self.classes else "")
            for split, records in self.splits.items()
            for name, label in zip(self.names(split), records.labels, strict=True)
        )
        return csv_text([("split", "name", "label"), *rows])


def assemble(sources: Mapping[str, Records], pack: Open, plan: SplitPlan, *, needs_classes: bool = True) -> Dataset:
    """Pack the sources and divide them.

    Args:
        sources: ``train``, and ``val`` and ``test`` where they have sources of their own.
        pack: Turns records into a store.
        plan: How to divide them.
        needs_classes: Whether the label is learnt: there must be two classes then.

    Raises:
        DataError: The sources don't fit each other, a split is empty, or splits overlap.
    """
    main = sources["train"]
    guide = Guide.read(main, plan, sources.keys() - {"train"})  # before packing, which may take hours
    like = Expected(main.classes, main.fields["image"], main.describe, needs_classes)
    for records in sources.values():
        check_fits(records, like)
    store = pack(main)
    sides = divide(main, store, plan, guide)
    splits = {name: Split(store, side, store["label"][side]) for name, side in sides.items()}
    for name, records in sources.items():
        if name != "train":
            splits[name] = adopt(records, pack(records), like)
    splits = {name: splits[name] for name in ("train", "val", "test") if name in splits}
    for name, split in splits.items():
        check_split(name, split.labels, main.classes, needs_classes=needs_classes)
    stores = {id(split.store): split.store for split in splits.values()}
    warnings = [*_source_warnings(sources), *reading_warnings(stores.values()), *_duplicate_warning(store, plan)]
    warnings += _check_overlap(splits, plan)
    fingerprint = _fingerprint(splits, main.classes)
    return Dataset(
        splits, main.classes, fingerprint, tuple(warnings), {name: sources.get(name, main) for name in splits}
    )


def check_fits(records: Records, like: Expected) -> None:
    """Check a source against the one that defines the data; no image is read.

    Args:
        records: The source.
        like: What the other source defines.

    Raises:
        DataError: It has other classes, or images of another shape or type.
    """
    unknown = [name for name in records.classes if name not in like.classes and like.needs_classes]
    if like.needs_classes and like.classes and not records.classes:
        message = f"{records.describe} has no labels, {like.described} has"
        raise DataError("data/unknown-label", message, hint=f"the classes there are {', '.join(like.classes[:20])}")
    if unknown:
        raise DataError(
            "data/unknown-label",
            f"{records.describe} has labels that {like.described} has not: {', '.join(unknown[:10])}",
            hint=f"the classes there are {', '.join(like.classes[:20])}",
        )
    received = records.fields["image"]
    if like.image != received:
        raise DataError(
            "data/image-shape",
            f"{records.describe} has images of {received.shape} {received.dtype}, "
            f"{like.described} of {like.image.shape} {like.image.dtype}",
            hint="give both sources the same size and color",
        )


def adopt(records: Records, store: RecordStore, like: Expected) -> Split:
    """All records of a source as a split of data that another source defines.

    Args:
        records: The source, which `check_fits`.
        store: Its packed store.
        like: What the other source defines.
    """
    good = store.good()
    own = store["label"][good]
    if not records.classes:
        return Split(store, good, own)
    known = {name: index for index, name in enumerate(like.classes)}
    return Split(store, good, np.array([known.get(name, 0) for name in records.classes], np.int64)[own])


def _source_warnings(sources: Mapping[str, Records]) -> list[str]:
    return [warning for records in sources.values() for warning in records.warnings]


def reading_warnings(stores: Iterable[RecordStore]) -> Iterator[str]:
    """What packing found: records that are left out, and what was noted of others.

    Args:
        stores: What was packed.
    """
    for store in stores:
        if store.meta.bad:
            be = "is" if len(store.meta.bad) == 1 else "are"
            what = f"{len(store.meta.bad):,} of {counted(len(store), 'record')} can't be read and {be} left out"
            yield f"{store.meta.described}: {what}{listing([(None, why) for why in store.meta.bad.values()])}"
        yield from (
            f"{store.meta.described}: {counted(count, 'image')} {what}" for what, count in store.meta.notes.items()
        )


def _duplicate_warning(store: RecordStore, plan: SplitPlan) -> list[str]:
    good = store.good()
    repeated = len(good) - len(np.unique(content_keys([store[CONTENT][good]])))
    if not repeated:
        return []
    kept = "" if plan.is_given else "; equal images stay on one side of the split"
    what = counted(repeated, "image repeats another", "images repeat others")
    return [f"{store.meta.described}: {what}{kept}"]


def _check_overlap(splits: Mapping[str, Split], plan: SplitPlan) -> list[str]:
    """Warnings of images that splits share, where it was not the content that divided them.

    Raises:
        DataError: There are any, and they are not allowed.
    """
    warnings = []
    names = list(splits)
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            by_content = splits[first].store is splits[second].store and not plan.is_given
            common = 0 if by_content else _num_common(splits[first], splits[second])
            if common:
                what = f"{counted(common, 'image')} of {second} {'is' if common == 1 else 'are'}"
                warnings.append(f"{what} in {first} too")
    if warnings and not plan.allow_overlap:
        raise DataError(
            "data/overlap",
            "; ".join(warnings),
            hint="remove them, or go on all the same with data.allow_overlap: true",
        )
    return warnings


def _num_common(first: Split, second: Split) -> int:
    ours, theirs = (np.unique(content_keys([split.store[CONTENT][split.indices]])) for split in (first, second))
    return len(np.intersect1d(ours, theirs, assume_unique=True))


def _fingerprint(splits: Mapping[str, Split], classes: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join(classes).encode())
    for name, split in splits.items():
        digest.update(name.encode())
        _update(digest, split.store[CONTENT][split.indices])
        _update(digest, split.labels)
    return digest.hexdigest()


def _update(digest: hashlib._Hash, values: npt.NDArray[np.generic]) -> None:
    digest.update(values.tobytes())
