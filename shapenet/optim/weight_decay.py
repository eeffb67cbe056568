"""Which weights decay: by default all but biases, scales and offsets, and learnt positions."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from shapenet.errors import ConfigError, Key, Problem, did_you_mean

EXCLUDE = "exclude_from_weight_decay"
"""The argument of every optimizer that names variables which don't decay."""
_NEVER_DECAYS = ("*/bias", "*/gamma", "*/beta", "*/alpha", "*pos*embed*", "*class_token*", "*cls_token*")
"""Attention has biases of two axes, and recurrent layers too; PReLU has a slope for each place."""


def exclude_from_weight_decay(optimizer: Any, model: Any, patterns: Sequence[str] | None, key: Key) -> None:
    """Tell an optimizer which variables don't decay, before it is built.

    Args:
        optimizer: A Keras optimizer.
        model: The model it will train.
        patterns: Patterns of variables' paths, such as ``*/bias`` or ``stem/*``; None for biases, scales and offsets
            of normalisation, whatever else is of one axis or none, and embeddings of positions and classes:
            decay would only pull them to where they mean nothing (He et al., "Bag of Tricks", 2019).
        key: Where in the config the patterns stand.

    Raises:
        ConfigError: A pattern means no variable.
    """
    variables = model.trainable_variables
    if patterns is None:
        excluded = [v for v in variables if len(v.shape) <= 1 or _matches_any(v.path, _NEVER_DECAYS)]
    else:
        _check_patterns(patterns, [v.path for v in variables], key)
        excluded = [v for v in variables if _matches_any(v.path, patterns)]
    optimizer.exclude_from_weight_decay(var_list=excluded)


def _matches_any(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path.lower(), pattern.lower()) for pattern in patterns)


def _check_patterns(patterns: Sequence[str], paths: Sequence[str], key: Key) -> None:
    problems = []
    for index, pattern in enumerate(patterns):
        if not any(_matches_any(path, [pattern]) for path in paths):
            message = f"{EXCLUDE}: the model has no variable that {pattern!r} means"
            hint = did_you_mean(pattern, paths) or f"variables are called like {paths[0]}: write */bias, or dense/*"
            problems.append(Problem("config/unknown-variable", message, key=(*key, index), hint=hint))
    if problems:
        raise ConfigError(problems)
