"""The message ``tf.train.Example``, read and written without TensorFlow.

The wire format is that of ``tensorflow/core/example/feature.proto``: a map from names to
features, and a feature is a list of byte strings, of float32 or of int64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from shapenet.errors import DataError

Feature = Sequence[bytes] | Sequence[float] | Sequence[int]
"""The values of one feature."""

_PACKAGE = "shapenet.example"
_LISTS = ("bytes_list", "float_list", "int64_list")


class Example:
    """The features of one record.

    Args:
        data: The record's bytes.

    Raises:
        DataError: They are not a ``tf.train.Example``. The error has no place.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._features = _message_class().FromString(data).features.feature
        except DecodeError as error:
            message = f"expected a tf.train.Example, received other bytes: {error}"
            raise DataError("data/tfrecord-example", message) from None

    @property
    def names(self) -> list[str]:
        """The names of all features, sorted."""
        return sorted(self._features)

    def get(self, name: str) -> Feature | None:
        """The values of a feature; None if there are none."""
        if name not in self._features:  # a protobuf map would make an entry
            return None
        feature = self._features[name]
        kind = feature.WhichOneof("kind")
        return getattr(feature, kind).value or None if kind else None

    def numbers(self, name: str) -> Sequence[float] | Sequence[int] | None:
        """The values of a feature of numbers; None if there are none, or it holds byte strings."""
        values = self.get(name)
        return None if values is None or isinstance(values[0], bytes) else values  # type: ignore[return-value]

    def text(self, name: str) -> bytes | None:
        """The only value of a feature of byte strings; None if there is none, or it holds something else."""
        values = self.get(name)
        return values[0] if values is not None and len(values) == 1 and isinstance(values[0], bytes) else None


def example_bytes(features: Mapping[str, Feature]) -> bytes:
    """A record with the given features.

    Args:
        features: By name; lists of bytes, of floats or of ints, not empty.
    """
    example = _message_class()()
    for name in sorted(features):  # in one order, so that equal features give equal bytes
        values = features[name]
        kind = {bytes: "bytes_list", float: "float_list", int: "int64_list"}[type(values[0])]
        getattr(example.features.feature[name], kind).value.extend(values)
    data: bytes = example.SerializeToString(deterministic=True)
    return data


@cache
def _message_class() -> Any:
    """The class of the message, in a pool of its own: TensorFlow's own one stays as it is."""
    file = descriptor_pb2.FileDescriptorProto(name="shapenet/example.proto", package=_PACKAGE, syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, kind in zip(("BytesList", "FloatList", "Int64List"), ("BYTES", "FLOAT", "INT64"), strict=True):
        message = file.message_type.add(name=name)
        message.field.add(name="value", number=1, type=kinds.Type.Value(f"TYPE_{kind}"), label=kinds.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (name, kind) in enumerate(zip(_LISTS, ("BytesList", "FloatList", "Int64List"), strict=True), 1):
        _add_message(feature, name, number, kind).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    _add_message(entry, "value", 2, "Feature")
    _add_message(features, "feature", 1, "Features.FeatureEntry").label = kinds.LABEL_REPEATED
    _add_message(file.message_type.add(name="Example"), "features", 1, "Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Example"))


def _add_message(message: Any, name: str, number: int, type_name: str) -> Any:
    kinds = descriptor_pb2.FieldDescriptorProto
    return message.field.add(
        name=name, number=number, type=kinds.TYPE_MESSAGE, type_name=f".{_PACKAGE}.{type_name}",
        label=kinds.LABEL_OPTIONAL,
    )  # fmt: skip
