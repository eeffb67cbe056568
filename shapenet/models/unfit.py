"""What a layer's refusal of its inputs means, and what to insert."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES
from shapenet.words import counted

Shape = tuple[int | None, ...]

_TOO_SMALL = r"negative|too small|zero size|smaller than|<= ?0"
_MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
_AXES = {3: ("height", "width", "channels"), 2: ("length", "channels"), 1: ("length",)}


def unfit(layer: str, shapes: Sequence[Shape], reason: str) -> ConfigError:
    """The error, without its place, of a layer that does not take its inputs.

    Args:
        layer: What the config calls it.
        shapes: Of its inputs, without the batch.
        reason: What Keras says.
    """
    written = ", ".join(map(_tuple, shapes))
    if re.search(_TOO_SMALL, reason, re.IGNORECASE):
        why = reason.partition(". Received")[0]
        return ConfigError("model/too-small", f"{layer} can't take an input of shape {written}: {why}")
    if layer in _MERGES and len(shapes) > 1:
        return _unfit_merge(layer, shapes)
    found = re.search(r"expected (min_|max_)?ndim=(\d+), found ndim=(\d+)", reason)
    if found:
        return _unfit_rank(layer, shapes[0], int(found[2]) - 1, at_least=found[1] == "min_")
    hint = _about_groups(reason) or _about_size(reason) or _about_axis(layer, shapes[0], reason)
    if hint is None and re.search(r"ndim|rank|dimension", reason, re.IGNORECASE):
        hint = "insert Flatten or GlobalAveragePooling2D before dense layers, Reshape before convolutions"
    if reason.startswith("IndexError") and hint:
        reason = "it has no axis of that number"
    return ConfigError("model/shape", f"{layer} can't take an input of shape {written}: {reason}", hint=hint)


def empty_output(layer: str, shapes: Sequence[Shape]) -> ConfigError:
    """The error, without its place, of a layer that would leave nothing of its input."""
    return unfit(layer, shapes, "its output would be empty (negative or zero size)")


def _about_groups(reason: str) -> str | None:
    """Into how many groups the channels can be divided, where a layer can't divide them."""
    found = re.search(r"groups=\d+, but the input has (\d+) channels|groups \(\d+\).*channels \((\d+)\)", reason)
    if not found:
        return None
    channels = int(found[1] or found[2])
    divisors = ", ".join(str(number) for number in range(1, channels + 1) if channels % number == 0)
    return f"{counted(channels, 'channel')} can be divided into groups: {divisors}"


def _about_size(reason: str) -> str | None:
    """How many numbers there are and how many a Reshape asks for."""
    found = re.search(r"input_shape=\(([\d, ]+)\), target_shape=\(([-\d, ]+)\)", reason)
    if not found:
        return None
    there, asked = ([int(side) for side in re.findall(r"-?\d+", sides)] for sides in found.groups())
    known = [side for side in asked if side != -1]
    text = f"the input has {_product(there)} numbers, target_shape "
    if known != asked:
        return f"{text}asks for a multiple of {_product(known)}"
    return f"{text}{_product(asked)}; one side may be -1, which is what the others leave"


def _product(sides: Sequence[int]) -> str:
    written = " x ".join(map(str, sides))
    return f"{written} = {math.prod(sides)}" if len(sides) > 1 else written


def _about_axis(layer: str, shape: Shape, reason: str) -> str | None:
    """Which axes there are, where a layer asks for another."""
    if not {"axis", "axes"} & set(REGISTRIES["layer"].get(layer).parameters):
        return None
    if not re.search(r"^IndexError: .* out of range|axis\b.*(out of bounds|in the range)", reason, re.IGNORECASE):
        return None
    return f"give axis 1 to {len(shape)}, or -1 for the last: axis 0 is the batch"


def _unfit_rank(layer: str, shape: Shape, rank: int, *, at_least: bool) -> ConfigError:
    expected = " x ".join(_AXES.get(rank, ())) or f"{rank} axes"
    message = f"{layer} can't take an input of shape {_tuple(shape)}: it expects {expected}"
    if len(shape) < rank:
        hint = f"insert Reshape: {{target_shape: {_target(shape, rank)}}} before it"
        if len(shape) == 1:
            hint += f", or put {layer} before the layer that makes vectors: Flatten, GlobalAveragePooling2D, ..."
    elif rank == 1:
        hint = "insert Flatten or GlobalAveragePooling2D before it"
    elif rank == 2 and len(shape) == 3:
        channels = "channels" if shape[-1] is None else shape[-1]
        hint = f"insert Reshape: {{target_shape: [-1, {channels}]}} before it, or PatchEmbedding"
    else:
        hint = "insert Flatten, a global pooling or Reshape before it"
    return ConfigError("model/shape", message + (" or more" if at_least else ""), hint=hint)


def _target(shape: Shape, rank: int) -> str:
    """A form of `rank` axes that a vector can take: a square of as many channels as it needs."""
    size = shape[0] if len(shape) == 1 else None
    if size is None or rank != 3:
        return f"[{', '.join(_AXES.get(rank, ('...',)))}]"
    side = next(side for side in range(math.isqrt(size), 0, -1) if size % (side * side) == 0)
    return f"[{side}, {side}, {size // side**2}]"


def _unfit_merge(layer: str, shapes: Sequence[Shape]) -> ConfigError:
    """Which axes of the inputs of a merge differ, and what makes them equal."""
    first = shapes[0]
    other = next((shape for shape in shapes if len(shape) != len(first)), None)
    if other is not None:
        message = f"{layer} can't merge inputs of shapes {', '.join(map(_tuple, shapes))}: one has more axes"
        hint = "bring them to one form: Flatten or GlobalAveragePooling2D of the map, or Reshape of the vector"
        return ConfigError("model/shape", message, hint=hint)
    joined = layer == "Concatenate"
    other = next((shape for shape in shapes if _differing(first, shape, joined)), shapes[1])
    axes = _differing(first, other, joined)
    names = _AXES.get(len(first), tuple(f"axis {number}" for number in range(1, len(first) + 1)))
    differ = " and ".join(f"{names[axis]} {_size(first[axis])} and {_size(other[axis])}" for axis in axes)
    message = f"{layer} can't merge inputs of shapes {', '.join(map(_tuple, shapes))}: {differ or 'they do not fit'}"
    return ConfigError("model/shape", message, hint=_equalizer(first, other, axes) if axes else None)


def _differing(first: Shape, other: Shape, joined: bool) -> list[int]:
    """The axes in which shapes differ, but for the last if it is joined, and for what repeats itself if not."""
    pairs = list(enumerate(zip(first, other, strict=True)))
    if joined:
        return [axis for axis, (a, b) in pairs[:-1] if a != b]
    return [axis for axis, (a, b) in pairs if a != b and 1 not in (a, b)]


def _equalizer(first: Shape, other: Shape, axes: Sequence[int]) -> str:
    """What makes two inputs of a merge equal in `axes`."""
    channels = len(first) - 1
    if len(first) != 3:
        return f"insert Dense: {{units: {_size(first[channels])}}} before the second of them"
    if list(axes) == [channels]:
        return (
            f"insert Conv2D: {{filters: {_size(first[channels])}, kernel_size: 1}} after the one with "
            f"{_size(other[channels])} channels, or merge them by Concatenate"
        )
    large, small = sorted((first, other), key=lambda shape: shape[axes[0]] or 0, reverse=True)
    if all(shape[axis] for shape in (first, other) for axis in axes):
        ratios = {(large[axis] or 1) / (small[axis] or 1) for axis in (0, 1)}
        if len(ratios) == 1 and (ratio := ratios.pop()).is_integer() and ratio > 1:
            number = int(ratio)
            return (
                f"insert MaxPooling2D: {{pool_size: {number}}} after the larger one, "
                f"or UpSampling2D: {{size: {number}}} after the smaller one"
            )
        size = f"{{height: {small[0]}, width: {small[1]}}}"
        return f"insert Resizing: {size} after the larger one; or padding: same in the layers between them"
    return "use padding: same in the layers between them, or UNetUp, which fits the one to the other"


def _size(size: int | None) -> str:
    return "of any size" if size is None else str(size)


def _tuple(shape: Shape) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
