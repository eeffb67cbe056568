"""Which values of an epoch decide, and which way each of them goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shapenet.callbacks.best import higher_is_better
from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Key, did_you_mean

if TYPE_CHECKING:
    from shapenet.training.build import Compiled


@dataclass(frozen=True)
class Monitors:
    """The values that decide.

    Attributes:
        best: Picks the best epoch.
        stopping: What early stopping watches, and callbacks that name nothing else.
        known: All values that could be named.
        rising: Those of them that grow as the model improves.
    """

    best: str
    stopping: str
    known: tuple[str, ...]
    rising: frozenset[str]

    def mode(self, name: str) -> Literal["min", "max"]:
        """Which way the value `name` goes as the model improves."""
        return "max" if name in self.rising else "min"

    def checked(self, name: str, key: Key) -> str:
        """`name` itself.

        Raises:
            ConfigError: There is no such value.
        """
        return known_value(name, self.known, key)


def monitored(config: ExperimentConfig, compiled: Compiled, *, has_val: bool) -> Monitors:
    """The values that decide in the training of an experiment.

    Args:
        config: The experiment.
        compiled: Knows the metrics.
        has_val: Whether there is a validation split.

    Raises:
        ConfigError: A config names a value that there is not.
    """
    prefixes = ("", "val_") if has_val else ("",)
    known = tuple(f"{prefix}{name}" for prefix in prefixes for name in ("loss", *compiled.metrics))
    rising = frozenset(f"{prefix}{name}" for prefix in prefixes for name in compiled.rising)
    default = f"val_{compiled.monitor}" if has_val else compiled.monitor
    best = known_value(config.training.monitor or default, known, ("training", "monitor"))
    stopping = config.training.early_stopping
    own = stopping.monitor if stopping else None
    watched = known_value(own or best, known, ("training", "early_stopping", "monitor"))
    return Monitors(best, watched, known, rising)


def rises(metric: Any) -> bool:
    """Whether a metric grows as the model improves.

    Args:
        metric: A ``keras.metrics.Metric``, or the short name of one. Keras's own say it;
            for others the name of their class and their own name have to tell.
    """
    if isinstance(metric, str):
        return higher_is_better(metric)
    direction = getattr(metric, "_direction", None)
    if direction is not None:
        return bool(direction == "up")
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(metric).__name__).lower()
    return higher_is_better(kind) or higher_is_better(metric.name)


def known_value(name: str, known: tuple[str, ...], key: Key) -> str:
    """`name` itself, if it is among `known`.

    Args:
        name: A value to monitor.
        known: All values that there are.
        key: Where in the config the name stands.

    Raises:
        ConfigError: There is no such value.
    """
    if name not in known:
        message = f"{'.'.join(map(str, key))}: expected one of {', '.join(known)}; received {name!r}"
        hint = did_you_mean(name, known)
        if name.startswith("val_") and name.removeprefix("val_") in known:
            hint = "there is no val split: give data.split.val or data.val, or monitor the training's own value"
        raise ConfigError("config/monitor", message, key=key, hint=hint)
    return name
