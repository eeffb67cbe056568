"""Texts of configs drawn from the schema and the registries: right, nearly right, and strange."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from shapenet.config.learning import LimitBatchesConfig
from shapenet.config.schema import (
    CheckpointConfig,
    DataConfig,
    EarlyStoppingConfig,
    ExperimentConfig,
    ModelConfig,
    SplitConfig,
    TrainingConfig,
)
from shapenet.registry import REGISTRIES
from shapenet.vocabulary import load_vocabulary
from tests.fuzz import config_features as features

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_SECTIONS = {
    "data": DataConfig, "model": ModelConfig, "training": TrainingConfig, "split": SplitConfig,
    "early_stopping": EarlyStoppingConfig, "checkpoint": CheckpointConfig, "limit_batches": LimitBatchesConfig,
}  # fmt: skip
_PARTS = {
    "task": "task", "source": "source", "val": "source", "test": "source", "optimizer": "optimizer", "loss": "loss",
    "learning_rate": "schedule", "input_scaling": "layer",
}  # fmt: skip
_LISTS = {"layers": "layer", "metrics": "metric", "callbacks": "callback", "augment": "augmentation"}
_NUMBERS = (0, 1, 2, 3, -1, 16, 0.1, 1e-3, 10**6, 2**31, 2**63, -0.0, 1e308)
_TEXTS = (
    "", " ", "relu", "same", "none", "auto", "no", "yes", "null", "~", "1e-3", "0x10", "1_000", "1:30", ".nan", ".inf",
    "2001-01-01", "${name}", "${data}", "${data.source}", "${nothing.here}", "${model.layers.0}", "${env:HOME}",
    "${env:NO_SUCH:3}", "${dir:data.source}", "$${x}", "${", "${${name}}", "a/b", "../x", "/dev/null",
    "ü", "\u2028", "\ud7ff", "{", "[", "*a", "&a", "!x", "<<", "@", "`", "%", "#", "- a", "a: b", "'", '"',
)  # fmt: skip
_GOOD: Mapping[str, tuple[Any, ...]] = MappingProxyType({
    "batch_size": (1, 8, 32), "epochs": (1, 2, 3, 10), "precision": ("auto", "float32", "mixed_bfloat16"),
    "monitor": (None, "val_loss", "loss", "val_accuracy"), "patience": (0, 1, 5), "min_delta": (0, 0.1),
    "every_steps": (None, 1, 100), "every_seconds": (None, 0.5, 60), "keep": (1, 2), "train": (1, 10, None),
    "class_weight": (None, "balanced", {"square": 2.0}, {"none": 1}), "on_out_of_memory": ("stop", "halve"),
    "steps_per_execution": ("auto", 1, 16), "jit_compile": (True, False), "deterministic": ("auto", True, False),
    "head": ("auto", "none"), "seed": (0, 7, 2**32 - 1), "project": ("a", "\u00fc"), "name": ("one", "two", None),
    "limit": (None, 20), "stratify": (True, False), "fold": (None, "1/3", "3/3"), "oversample": (False, True),
    "stream": (False, True), "on_bad": ("error", "skip"), "units": (1, 3), "filters": (2, 4), "kernel_size": (1, 3),
    "rate": (0.0, 0.3), "times": (0, 1, 2), "axis": (-1, 1), "factor": (0.1, 0.5), "padding": ("same", "valid"),
    "num_heads": (1, 2), "key_dim": (2,), "height": (8,), "width": (8,), "target_shape": ([-1],), "output_dim": (2,),
    "learning_rate": (1e-3, 0.1), "initial_learning_rate": (0.1,), "decay_steps": (5, {"epochs": 1}),
    "decay_rate": (0.9,), "power": (1.0,), "max_learning_rate": (0.1,), "alpha": (0.1,), "boundaries": ([3, 5],),
    "values": ([0.1, 0.2, 0.3],), "val": (None, 3), "activation": ("relu", "softmax", None), "size": (2, [2, 2]),
})  # fmt: skip
"""Values that are right for many a field or argument of these names."""
_TOKENS = (
    "&a ", "*a", "*b", "<<: *a", "<<: [*a, *b]", "!!str ", "!!python/name:os.system ", "!!binary ", "! ", "---\n",
    "...\n", "%TAG ! tag:x\n", "\t", "? ", ": ", "- ", "{", "}", "[", "]", "|\n", ">-\n", "'", '"', "\r", "\x85",
    "\ufeff", ",", "#", "${", "}",
    "${name}", "\\x41", "\n", "\n  ", " ", "null", "~", "key: key: key", "&a [*a]", "{" * 60, "[" * 120,
)  # fmt: skip


class Dice(random.Random):
    """Random numbers, and how often what they decide on is strange."""

    strange = 0.2


def config_text(given: random.Random, names: Sequence[str]) -> str:
    """YAML that may be an experiment.

    Args:
        given: Decides on everything.
        names: Names of files that it may extend.
    """
    load_vocabulary()
    rng = Dice(given.random())
    rng.strange = rng.choice((0.0, 0.0, 0.02, 0.2, 0.2))
    content = _sound(rng) if rng.random() < 0.85 or not rng.strange else _section(rng, ExperimentConfig, 0)
    for _ in range(rng.choice((0, 1, 1, 2, 5)) if rng.strange > 0.1 else int(rng.strange > 0)):
        _spoil(content, rng)
    if rng.random() < rng.strange:
        content["extends"] = rng.choice((rng.choice(names), list(names), "none.yaml", [], 3, {"a": 1}, "."))
    style = rng.choice((None, True, False))
    order, plain = rng.random() < 0.5, rng.random() < 0.5
    text = yaml.dump(content, Dumper=_DUMPER, default_flow_style=style, allow_unicode=plain, sort_keys=order)
    return with_tokens(text, rng) if rng.random() < 1.5 * rng.strange else text


def with_tokens(text: str, rng: random.Random) -> str:
    """`text` with pieces of YAML put in, or in the place of others."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(_TOKENS) + text[at + rng.choice((0, 0, 1, 5)) :]
    return text


def overrides(given: random.Random) -> list[str]:
    """Texts for ``-o``."""
    load_vocabulary()
    rng = Dice(given.random())
    return [_override(rng) for _ in range(rng.choice((1, 1, 2, 4)))]


def _override(rng: Dice) -> str:
    road = ".".join(_key(rng) for _ in range(rng.choice((1, 2, 2, 3, 5))))
    value = rng.choice((str(_scalar(rng)), yaml.dump(_value(rng, 2), default_flow_style=True).strip(), "", "null"))
    text = f"{road}{rng.choice(('=', '=', '=', '=', '', '==', ' = '))}{value}"
    return text.replace("\x00", "").encode(errors="ignore").decode()


def _key(rng: Dice) -> str:
    known = (*ExperimentConfig.model_fields, *_SECTIONS, *_PARTS, *_LISTS, "0", "1", "-1", "99999999999", "")
    return rng.choice((rng.choice(known), rng.choice(known), _name(rng, rng.choice(list(REGISTRIES)))))


def _sound(rng: Dice) -> dict[str, Any]:
    shapes = {"classes": ["square", "triangle"], "num_images": 60, "size": 16}
    layers: list[Any] = [_component(rng, "layer", 0) for _ in range(rng.choice((0, 1, 3)))]
    content: dict[str, Any] = {
        "name": "x", "data": {"source": {"shapes": shapes}, "split": {"val": 0.1}},
        "model": {"layers": [*layers, "Flatten", {"Dense": {"units": 3}}]},
    }  # fmt: skip
    for name in ("optimizer", "loss", "task", "init", "metrics", "loss_weights"):
        if rng.random() < 0.2:
            content[name] = _field(rng, name, 0)
    if rng.random() < 0.2:
        content["model"]["define"] = features.definitions(rng, _draw)
    if rng.random() < 0.5:
        content["training"] = _section(rng, TrainingConfig, 1)
    return content


def _spoil(content: Any, rng: Dice) -> None:
    """Change one place, however deep."""
    while isinstance(content, dict | list) and content:
        keys: list[Any] = list(content) if isinstance(content, dict) else list(range(len(content)))
        key = rng.choice(keys)
        if isinstance(content[key], dict | list) and content[key] and rng.random() < 0.7:
            content = content[key]
            continue
        action = rng.randrange(4)
        if action == 0:
            content[key] = _value(rng, 0)
        elif action == 1:
            del content[key]
        elif action == 2 and isinstance(content, dict):
            content[_misspelt(str(key), rng)] = content.pop(key)
        elif isinstance(content, dict):
            content[rng.choice((_key(rng), str(_scalar(rng))))] = _value(rng, 1)
        else:
            content.insert(key, _value(rng, 1))
        return


def _misspelt(name: str, rng: Dice) -> str:
    at = rng.randrange(len(name) + 1)
    return rng.choice(
        (name[:at] + name[at + 1 :], name[:at] + "e" + name[at:], name.upper(), name + " ", f"{name}.{name}")
    )


def _section(rng: Dice, section: Any, depth: int) -> dict[str, Any]:
    return {name: _field(rng, name, depth) for name in section.model_fields if rng.random() < 0.5}


def _field(rng: Dice, name: str, depth: int) -> Any:
    if rng.random() < rng.strange:
        return _value(rng, depth)
    if name in _FEATURES and rng.random() < 0.7:
        return _FEATURES[name](rng)
    if name in _SECTIONS:
        return _section(rng, _SECTIONS[name], depth + 1)
    if name in _PARTS:
        return _component(rng, _PARTS[name], depth)
    if name in _LISTS:
        return [_component(rng, _LISTS[name], depth) for _ in range(rng.choice((0, 1, 2, 4)))]
    return rng.choice(_GOOD[name]) if name in _GOOD else _scalar(rng)


def _draw(rng: Dice, kind: str) -> Any:
    return _component(rng, kind, 3)


_FEATURES: Mapping[str, Callable[[Dice], Any]] = MappingProxyType({
    "task": lambda rng: features.several_tasks(rng, _draw) if rng.random() < 0.4 else _draw(rng, "task"),
    "loss": lambda rng: features.by_task(rng, lambda: _draw(rng, "loss")),
    "metrics": lambda rng: features.by_task(rng, lambda: [_draw(rng, "metric")]),
    "loss_weights": lambda rng: features.by_task(rng, lambda: rng.choice(_NUMBERS)),
    "outputs": lambda rng: features.by_task(rng, lambda: "one"),
    "define": lambda rng: features.definitions(rng, _draw),
    "init": features.initial_weights, "freeze": features.patterns, "unfreeze": features.thaw,
    "learning_rate_multipliers": features.multipliers,
})  # fmt: skip


def _component(rng: Dice, kind: str, depth: int) -> Any:
    if kind == "layer" and depth < 3 and rng.random() < 0.1:
        return features.layers_in_layers(rng, _draw)
    name = _name(rng, kind)
    if name not in REGISTRIES[kind] or rng.random() < rng.strange:
        return rng.choice((name, {name: None}, {name: _value(rng, depth)}))
    arguments = {}
    for parameter in REGISTRIES[kind].get(name).parameters.values():
        if parameter.required or rng.random() < 0.2:
            is_part = parameter.part and depth < 6 and rng.random() > rng.strange
            arguments[parameter.name] = (_part if is_part else _argument)(rng, parameter, depth)
    return {name: arguments} if arguments or rng.random() < 0.5 else name


def _part(rng: Dice, parameter: Any, depth: int) -> Any:
    one = _component(rng, parameter.part, depth + 1)
    form = parameter.part_form if rng.random() > rng.strange else "one"
    return {"list": [one], "mapping": {"a": one, "b": one}}.get(form, one)


def _argument(rng: Dice, parameter: Any, depth: int) -> Any:
    if parameter.names and rng.random() < 0.7:
        return rng.choice(parameter.names)
    if parameter.name.endswith("steps") and rng.random() < 0.5:
        return features.phase(rng)
    if parameter.name in _GOOD and rng.random() > rng.strange:
        return rng.choice(_GOOD[parameter.name])
    return parameter.default if rng.random() < max(0.3, 1 - 4 * rng.strange) else _value(rng, depth + 3)


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(entry.name for entry in REGISTRIES[kind])


def _name(rng: Dice, kind: str) -> str:
    name = rng.choice(_names(kind))
    return name if rng.random() >= rng.strange / 2 else rng.choice((_misspelt(name, rng), "Lambda", "os.system", ""))


def _scalar(rng: Dice) -> Any:
    return rng.choice((rng.choice(_NUMBERS), rng.choice(_TEXTS), rng.choice((True, False, None)), rng.randrange(1, 50)))


def _value(rng: Dice, depth: int) -> Any:
    kind = rng.random()
    if depth > 4 or kind < 0.5:
        return _scalar(rng)
    if kind < 0.7:
        return [_value(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 3, 40)))]
    if kind < 0.705:
        return _nest(rng)
    return {rng.choice((_key(rng), str(_scalar(rng)))): _value(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 5)))}


def _nest(rng: Dice) -> Any:
    """Lists or mappings in each other."""
    value: Any = 1
    for _ in range(rng.choice((5, 20, 150))):
        value = [value] if rng.random() < 0.5 else {_key(rng): value}
    return value
