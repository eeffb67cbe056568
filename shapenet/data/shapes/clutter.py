"""What lies behind the shapes to distract: lines, blobs, gradients and textures, none of which hides a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shapenet.data.shapes.colours import Colour, background_of, luma, mixed
from shapenet.data.shapes.facts import Blob, Clutter, Curve, Gradient, PlacedShape, Texture
from shapenet.data.shapes.geometry import Grid, along, coverage
from shapenet.data.shapes.parameters import Interval, ShapesParameters
from shapenet.data.shapes.streams import Stream, between, bit_generator, count_between, uniforms, within

_DRAWS = 20
"""Draws of an item, a texture's heights not counted."""

_CURVES, _BLOBS, _GRADIENTS = 0.35, 0.7, 0.85
"""Below these values of the first draw an item is a curve, a blob, a gradient; above, a texture."""

_CELLS = (5, 9, 17)
_PAPER_CELLS = 40
_STRETCH = 2.2
"""Splines through random heights stay near the middle; stretched so much they use all from 0 to 1."""


def draw_clutter(
    parameters: ShapesParameters, index: int, background: Colour, shapes: Sequence[PlacedShape]
) -> tuple[Clutter, ...]:
    """The clutter of image `index`, gradients and textures first.

    Its colours lie on the background's side of every shape's contrast, so that no mixture of
    them with the background comes close to a shape's luma.
    """
    span = _quiet(parameters, background, shapes)
    generator = bit_generator(parameters, index, Stream.CLUTTER)
    items: list[Clutter] = []
    for _ in range(count_between(parameters.clutter, uniforms(generator, 1)[0])):
        draws = uniforms(generator, _DRAWS)
        colour = background_of(parameters, _level(span, background, draws[1]), draws[2:4])
        if draws[0] < _CURVES:
            items.append(_curve(parameters.size, colour, draws[4:]))
        elif draws[0] < _BLOBS:
            items.append(_blob(parameters.size, colour, draws[4:]))
        elif draws[0] < _GRADIENTS:
            items.append(Gradient(draws[4] * math.tau, colour))
        else:
            items.append(_texture(generator, _CELLS[int(draws[4] * len(_CELLS))], colour))
    return tuple(sorted(items, key=lambda item: isinstance(item, Curve | Blob)))


def draw_paper(
    parameters: ShapesParameters, index: int, background: Colour, shapes: Sequence[PlacedShape]
) -> tuple[Clutter, ...]:
    """Grain and uneven light of paper."""
    generator = bit_generator(parameters, index, Stream.PAPER)
    draws = uniforms(generator, 8)[4:]
    level = luma(background) / 255
    low = max((luma(shape.foreground) / 255 + parameters.luma_distance for shape in shapes), default=0.0)
    grain, shade = (max(low, level - depth) for depth in (0.07, between((0.02, 0.14), draws[0])))
    return (
        Gradient(draws[1] * math.tau, mixed(min(level, shade), 45.0, 0.3)),
        _texture(generator, _PAPER_CELLS, mixed(min(level, grain), 45.0, 0.2)),
    )


def _quiet(parameters: ShapesParameters, background: Colour, shapes: Sequence[PlacedShape]) -> Interval:
    """The luma around the background's that keeps its distance from every shape's."""
    level = luma(background) / 255
    low, high = min(level, parameters.background_luma[0]), max(level, parameters.background_luma[1])
    for shape in shapes:
        own = luma(shape.foreground) / 255
        if own > level:
            high = min(high, own - parameters.luma_distance)
        else:
            low = max(low, own + parameters.luma_distance)
    return min(low, level), max(high, level)


def _level(span: Interval, background: Colour, draw: float) -> float:
    """A luma from `span`, as far from the background's as that allows, up to a third of all luma."""
    level = luma(background) / 255
    sides = [
        (max(span[0], level - 0.33), max(span[0], level - 0.08)),
        (min(span[1], level + 0.08), min(span[1], level + 0.33)),
    ]
    return within(sides, draw)


def _curve(size: int, colour: Colour, draws: Sequence[float]) -> Curve:
    """An arc through a point of the image, from nearly straight to clearly bent."""
    radius = size * between((0.6, 4.0), draws[0])
    angle = draws[1] * math.tau
    through = (draws[2] * size, draws[3] * size)
    centre = (through[0] + radius * math.cos(angle), through[1] + radius * math.sin(angle))
    return Curve(centre, radius, max(0.4, size * between((0.003, 0.016), draws[4])), colour)


def _blob(size: int, colour: Colour, draws: Sequence[float]) -> Blob:
    radius = size * between((0.05, 0.14), draws[0])
    x, y = draws[1] * size, draws[2] * size
    drops = [((x, y), radius)]
    for turn, reach, share in zip(draws[3::3], draws[4::3], draws[5::3], strict=False):
        angle, far = turn * math.tau, radius * between((0.8, 1.6), reach)
        drops.append(((x + far * math.cos(angle), y + far * math.sin(angle)), radius * between((0.4, 0.9), share)))
        if len(drops) == 4:
            break
    return Blob(tuple(drops), between((0.05, 0.9), draws[12]), colour)


def _texture(generator: np.random.Philox, cells: int, colour: Colour) -> Texture:
    count = (cells + 3) ** 2
    raw = generator.random_raw(-(-count // 8)).astype("<u8", copy=False).tobytes()
    return Texture(raw[:count], cells, colour)


def clutter_cover(item: Clutter, size: int) -> Grid:
    """How much of each pixel `item` covers, 0 to 1, float32 ``(size, size)``."""
    steps = np.arange(size, dtype=np.float32) + np.float32(0.5)
    x, y = steps[None, :], steps[:, None]
    if isinstance(item, Curve):
        away = _away(x, y, item.centre)
        return coverage(np.abs(np.sqrt(away) - np.float32(item.radius)) - np.float32(item.half_width))
    if isinstance(item, Blob):
        return _blob_cover(item, x, y)
    if isinstance(item, Gradient):
        half = size / 2
        reach = half * (abs(math.cos(item.angle)) + abs(math.sin(item.angle)))
        position = along(x - np.float32(half), y - np.float32(half), item.angle)
        return _unit(position * np.float32(0.5 / reach) + np.float32(0.5))
    return _texture_cover(item, size)


def _away(x: Grid, y: Grid, centre: tuple[float, float]) -> Grid:
    """Squared distance from `centre`."""
    across, down = x - np.float32(centre[0]), y - np.float32(centre[1])
    result: Grid = across * across + down * down
    return result


def _unit(values: Grid) -> Grid:
    result: Grid = np.clip(values, np.float32(0), np.float32(1))
    return result


def _blob_cover(item: Blob, x: Grid, y: Grid) -> Grid:
    """Metaballs: each drop pulls with its squared radius over the squared distance; the edge is where they sum to 1."""
    pull = np.zeros((y.shape[0], x.shape[1]), np.float32)
    for centre, radius in item.drops:
        pull += np.float32(radius * radius) / (_away(x, y, centre) + np.float32(1e-3))
    level = _unit(
        (np.sqrt(pull) - np.float32(1)) / np.float32(max(item.softness, 1 / item.drops[0][1])) + np.float32(0.5)
    )
    return level * level * (np.float32(3) - np.float32(2) * level)


def _texture_cover(item: Texture, size: int) -> Grid:
    """Cubic B-splines between the heights, along one axis after the other, stretched to use 0 to 1."""
    heights = np.frombuffer(item.heights, np.uint8).reshape(item.cells + 3, -1).astype(np.float32) * np.float32(1 / 255)
    places = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(item.cells / size)
    cells = np.minimum(places.astype(np.intp), item.cells - 1)
    weights = _spline_weights(places - cells.astype(np.float32))
    rows = _weighted([heights[cells + tap] * weight[:, None] for tap, weight in enumerate(weights)])
    both = _weighted([rows[:, cells + tap] * weight[None, :] for tap, weight in enumerate(weights)])
    return _unit((both - np.float32(0.5)) * np.float32(_STRETCH) + np.float32(0.5))


def _spline_weights(t: Grid) -> list[Grid]:
    """How much each of the four nearest heights counts at the fraction `t` of a cell."""
    rest = np.float32(1) - t
    outer = [rest * rest * rest * np.float32(1 / 6), t * t * t * np.float32(1 / 6)]
    second = np.float32(2 / 3) - t * t * (np.float32(1) - t * np.float32(0.5))
    return [outer[0], second, np.float32(1) - outer[0] - second - outer[1], outer[1]]


def _weighted(parts: Sequence[Grid]) -> Grid:
    """The sum, in a fixed order."""
    return parts[0] + parts[1] + parts[2] + parts[3]
