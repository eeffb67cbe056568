"""Colours by luma, hue and saturation, and which of them an image may use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.data.shapes.parameters import Interval, ShapesParameters
from shapenet.data.shapes.streams import between, within

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255, as sRGB."""

Reals = npt.NDArray[np.float64]

LUMA_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""ITU-R BT.709, the primaries of sRGB; luma is taken from the values as they are stored."""

_PAPER_LUMA = (0.86, 0.97)
_INK_LUMA = (0.04, 0.42)
_GRAPHITE = 0.5


def luma(colour: Any) -> Any:
    """Luma of a colour, three numbers or three arrays, in the unit of its channels."""
    red, green, blue = colour
    return LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue


def hexadecimal(colour: Colour) -> str:
    """The colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mixed(level: float, hue: float, saturation: float) -> Colour:
    """The colour of luma `level`, moved from gray towards `hue`.

    The three channels' cosines, less their luma, are a direction that leaves luma as it is;
    saturation is the fraction of the way to the edge of the gamut.

    Args:
        level: From 0 to 1.
        hue: In degrees.
        saturation: From 0 to 1.
    """
    radians = math.radians(hue)
    cosines = [math.cos(radians - third * math.tau / 3) for third in range(3)]
    offset = luma(cosines)
    steps = [cosine - offset for cosine in cosines]
    room = min((1 - level) / step if step > 0 else -level / step for step in steps if step)
    red, green, blue = (min(255, max(0, round(255 * (level + saturation * room * step)))) for step in steps)
    return red, green, blue


def mixed_many(levels: Reals, hues: Reals, saturations: Reals) -> npt.NDArray[np.float64]:
    """The colours that `mixed` gives, of arrays ``(n,)``: whole numbers, ``(n, 3)``."""
    radians = hues * (math.pi / 180)
    cosines = np.array([list(map(math.cos, (radians - third * math.tau / 3).tolist())) for third in range(3)])
    steps = cosines - luma(cosines)
    with np.errstate(divide="ignore", invalid="ignore"):
        rooms = np.where(steps == 0, np.inf, np.where(steps > 0, 1 - levels, -levels) / steps)
    channels = 255 * (levels + saturations * rooms.min(axis=0) * steps)
    colours: npt.NDArray[np.float64] = np.clip(np.rint(channels), 0, 255).T
    return colours


def background(parameters: ShapesParameters, draws: Sequence[float]) -> tuple[Colour, float]:
    """A background and its luma, from three draws."""
    level = within(parameters.background_intervals, draws[0])
    return background_of(parameters, level, draws[1:]), level


def background_of(parameters: ShapesParameters, level: float, draws: Sequence[float]) -> Colour:
    """A colour of luma `level` with a background's hue and saturation, from two draws."""
    hue = between(parameters.background_hue, draws[0])
    return mixed(level, hue, between(parameters.background_saturation, draws[1]))


def foreground(parameters: ShapesParameters, background_luma: float, draws: Sequence[float]) -> Colour:
    """A shape's colour before a background of that luma, from three draws."""
    return foreground_of(parameters, parameters.foreground_intervals(background_luma), draws)


def foreground_of(parameters: ShapesParameters, levels: Sequence[Interval], draws: Sequence[float]) -> Colour:
    """A colour with one of the lumas `levels` and a shape's hue and saturation, from three draws."""
    level = within(levels, draws[0])
    hue = between(parameters.foreground_hue, draws[1])
    return mixed(level, hue, between(parameters.foreground_saturation, draws[2]))


def paper(parameters: ShapesParameters, draws: Sequence[float]) -> tuple[Colour, float]:
    """Light, slightly warm paper on which every ink keeps the contrast, and its luma, from three draws."""
    lowest = max(_PAPER_LUMA[0], _INK_LUMA[0] + parameters.luma_distance)
    level = between((lowest, _PAPER_LUMA[1]), draws[0])
    return mixed(level, between((25.0, 70.0), draws[1]), between((0.0, 0.4), draws[2])), level


def ink(parameters: ShapesParameters, paper_luma: float, draws: Sequence[float]) -> Colour:
    """Graphite or a coloured pen on paper of that luma, from three draws."""
    level = between((_INK_LUMA[0], min(_INK_LUMA[1], paper_luma - parameters.luma_distance)), draws[0])
    if draws[1] < _GRAPHITE:
        return mixed(level, 240.0, 0.15 * draws[2])
    return mixed(level, 360.0 * (draws[1] - _GRAPHITE) / (1 - _GRAPHITE), between((0.5, 0.9), draws[2]))
