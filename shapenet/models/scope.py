"""Names in a list of layers: those that layers get in the model, and what `inputs` may name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

PREVIOUS = "previous"
"""What `inputs` call the layer before; the others are names of layers."""

INPUT = "input"
"""What `inputs` call what the first layer of a list gets."""

SEPARATOR = "."
"""Stands between the name of a block and those of the layers in it."""


@dataclass
class Scope:
    """One list of layers while it is connected.

    Attributes:
        previous: Output of the layer before.
        outputs: Outputs by the name that `inputs` may use.
        prefix: Begins the names of the layers in the model; empty outside of all blocks.
        taken: Names, without the prefix, that layers of the list have or will have.
    """

    previous: Any
    outputs: dict[str, Any]
    prefix: str = ""
    taken: set[str] = field(default_factory=set)

    def full_name(self, given: object, label: str) -> str:
        """The name in the model of a layer.

        Args:
            given: The name that the config gives it, if it does.
            label: What it is, as a class name: ``Conv2D`` is called ``conv2d``, the next ``conv2d_2``.
        """
        return self.prefix + (str(given) if given else self._free(snake_case(label)))

    def _free(self, name: str) -> str:
        number, free = 1, name
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        self.taken.add(free)
        return free


def snake_case(name: str) -> str:
    """``UNetUp`` as ``unet_up``, ``Conv2DTranspose`` as ``conv2d_transpose``; only what a layer's name can hold."""
    words = re.sub("([a-z]|[0-9]D)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"[^A-Za-z0-9_]+", "_", words).strip("_").lower() or "layer"
