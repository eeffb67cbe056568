"""Texts of configs drawn from the schema and the registries: right, nearly right, and strange."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import yaml

from shapenet.config.schema import (
    DataConfig,
    EarlyStoppingConfig,
    ExperimentConfig,
    ModelConfig,
    SplitConfig,
    TrainingConfig,
)
from shapenet.registry import REGISTRIES
from shapenet.vocabulary import load_vocabulary

_SECTIONS = {
    "data": DataConfig, "model": ModelConfig, "training": TrainingConfig, "split": SplitConfig,
    "early_stopping": EarlyStoppingConfig,
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
_TOKENS = (
    "&a ", "*a", "*b", "<<: *a", "<<: [*a, *b]", "!!str ", "!!python/name:os.system ", "!!binary ", "! ", "---\n",
    "...\n", "%TAG ! tag:x\n", "\t", "? ", ": ", "- ", "{", "}", "[", "]", "|\n", ">-\n", "'", '"', "\r", "\x85",
    "\ufeff", ",", "#", "${", "}",
    "${name}", "\\x41", "\n", "\n  ", " ", "null", "~", "key: key: key", "&a [*a]", "{" * 60, "[" * 120,
)  # fmt: skip


def config_text(rng: random.Random, names: Sequence[str]) -> str:
    """YAML that may be an experiment.

    Args:
        rng: Decides on everything.
        names: Names of files that it may extend.
    """
    load_vocabulary()
    content = _sound(rng) if rng.random() < 0.85 else _section(rng, ExperimentConfig, 0)
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        _spoil(content, rng)
    if rng.random() < 0.2:
        content["extends"] = rng.choice((rng.choice(names), list(names), "none.yaml", [], 3, {"a": 1}, "."))
    style = rng.choice((None, True, False))
    text = yaml.dump(content, default_flow_style=style, allow_unicode=rng.random() < 0.5, sort_keys=rng.random() < 0.5)
    return with_tokens(text, rng) if rng.random() < 0.3 else text


def with_tokens(text: str, rng: random.Random) -> str:
    """`text` with pieces of YAML put in, or in the place of others."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(_TOKENS) + text[at + rng.choice((0, 0, 1, 5)) :]
    return text


def overrides(rng: random.Random) -> list[str]:
    """Texts for ``-o``."""
    load_vocabulary()
    return [_override(rng) for _ in range(rng.choice((1, 1, 2, 4)))]


def _override(rng: random.Random) -> str:
    road = ".".join(_key(rng) for _ in range(rng.choice((1, 2, 2, 3, 5))))
    value = rng.choice((str(_scalar(rng)), yaml.dump(_value(rng, 2), default_flow_style=True).strip(), "", "null"))
    text = f"{road}{rng.choice(('=', '=', '=', '=', '', '==', ' = '))}{value}"
    return text.replace("\x00", "").encode(errors="ignore").decode()


def _key(rng: random.Random) -> str:
    known = (*ExperimentConfig.model_fields, *_SECTIONS, *_PARTS, *_LISTS, "0", "1", "-1", "99999999999", "")
    return rng.choice((rng.choice(known), rng.choice(known), _name(rng, rng.choice(list(REGISTRIES)))))


def _sound(rng: random.Random) -> dict[str, Any]:
    shapes = {"classes": ["square", "triangle"], "num_images": 60, "size": 16}
    layers: list[Any] = [_component(rng, "layer", 0) for _ in range(rng.choice((0, 1, 3)))]
    content: dict[str, Any] = {
        "name": "x", "data": {"source": {"shapes": shapes}, "split": {"val": 0.1}},
        "model": {"layers": [*layers, "Flatten", {"Dense": {"units": 3}}]},
    }  # fmt: skip
    for name in ("optimizer", "loss", "task"):
        if rng.random() < 0.3:
            content[name] = _component(rng, _PARTS[name], 0)
    if rng.random() < 0.5:
        content["training"] = _section(rng, TrainingConfig, 1)
    return content


def _spoil(content: Any, rng: random.Random) -> None:
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


def _misspelt(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name) + 1)
    return rng.choice(
        (name[:at] + name[at + 1 :], name[:at] + "e" + name[at:], name.upper(), name + " ", f"{name}.{name}")
    )


def _section(rng: random.Random, section: Any, depth: int) -> dict[str, Any]:
    return {name: _field(rng, name, depth) for name in section.model_fields if rng.random() < 0.5}


def _field(rng: random.Random, name: str, depth: int) -> Any:
    if rng.random() < 0.15:
        return _value(rng, depth)
    if name in _SECTIONS:
        return _section(rng, _SECTIONS[name], depth + 1)
    if name in _PARTS:
        return _component(rng, _PARTS[name], depth)
    if name in _LISTS:
        return [_component(rng, _LISTS[name], depth) for _ in range(rng.choice((0, 1, 2, 4)))]
    return _scalar(rng)


def _component(rng: random.Random, kind: str, depth: int) -> Any:
    name = _name(rng, kind)
    entry = next((entry for entry in REGISTRIES[kind] if entry.name == name), None)
    if entry is None or rng.random() < 0.2:
        return rng.choice((name, {name: None}, {name: _value(rng, depth)}))
    arguments = {}
    for parameter in entry.parameters.values():
        if parameter.required or rng.random() < 0.2:
            part = parameter.part
            inner = part and depth < 6 and rng.random() < 0.8
            arguments[parameter.name] = (
                _component(rng, str(part), depth + 1) if inner else _argument(rng, parameter, depth)
            )
    return {name: arguments} if arguments or rng.random() < 0.5 else name


def _argument(rng: random.Random, parameter: Any, depth: int) -> Any:
    if parameter.names and rng.random() < 0.7:
        return rng.choice(parameter.names)
    return parameter.default if rng.random() < 0.3 else _value(rng, depth + 3)


def _name(rng: random.Random, kind: str) -> str:
    names = [entry.name for entry in REGISTRIES[kind]] or ["none"]
    name = rng.choice(names)
    return name if rng.random() < 0.9 else rng.choice((_misspelt(name, rng), "Lambda", "os.system", ""))


def _scalar(rng: random.Random) -> Any:
    return rng.choice((rng.choice(_NUMBERS), rng.choice(_TEXTS), rng.choice((True, False, None)), rng.randrange(1, 50)))


def _value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth > 4 or kind < 0.5:
        return _scalar(rng)
    if kind < 0.7:
        return [_value(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 3, 40)))]
    if kind < 0.705:
        return _nest(rng)
    return {rng.choice((_key(rng), str(_scalar(rng)))): _value(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 5)))}


def _nest(rng: random.Random) -> Any:
    """Lists or mappings in each other."""
    value: Any = 1
    for _ in range(rng.choice((5, 20, 150))):
        value = [value] if rng.random() < 0.5 else {_key(rng): value}
    return value
