"""Plain data to YAML that reads back to the same values."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import yaml

from shapenet.config.scalars import resolve_plain

_LINE_WIDTH = 100
_BREAK = re.compile("[\n\r\x85\u2028\u2029]")
_WORDS_ELSEWHERE = {"y", "n"}  # booleans for some readers of YAML 1.1


def dump_yaml(plain: Mapping[str, Any]) -> str:
    """YAML that `load_yaml`, and any reader of YAML 1.1 or 1.2, takes for the same values.

    Keys stay in order; text that could be taken for something else is quoted;
    lists of scalars stand on one line where they fit.

    Args:
        plain: Mappings with text as keys, lists, strings, finite numbers, booleans and None.

    Raises:
        ValueError: A number is not finite.
        TypeError: A key is not text, or a value is of another type.
    """
    try:
        return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, default_flow_style=False, width=sys.maxsize)
    except yaml.representer.RepresenterError as error:
        raise TypeError(f"expected plain data: {error}") from None


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper without aliases, with quotes by the rules of YAML 1.1 and 1.2."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeat values rather than refer to them."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the lists of mappings."""
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = '"' if _BREAK.search(value) else "'" if _ambiguous(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)


def _ambiguous(text: str) -> bool:
    """Whether YAML 1.2 would not take `text`, unquoted, for a string; 1.1 is seen to by PyYAML."""
    try:
        return not isinstance(resolve_plain(text), str) or text.lower() in _WORDS_ELSEWHERE
    except ValueError:
        return True


def _number(dumper: _Dumper, value: float) -> yaml.ScalarNode:
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, received {value}")
    return yaml.SafeDumper.represent_float(dumper, float(value))


def _list(dumper: _Dumper, value: list[Any] | tuple[Any, ...]) -> yaml.SequenceNode:
    is_flat = all(item is None or isinstance(item, bool | int | float | str) for item in value)
    fits = is_flat and sum(len(str(item)) + 2 for item in value) <= _LINE_WIDTH
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=fits)


def _mapping(dumper: _Dumper, value: Mapping[str, Any]) -> yaml.MappingNode:
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"expected text as a key, received {key!r}")
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items())


_PLAIN: tuple[Any, ...] = (type(None), bool, int, None)  # None stands for what no other entry knows: an error
_Dumper.yaml_representers = {kind: yaml.SafeDumper.yaml_representers[kind] for kind in _PLAIN}
_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)
_Dumper.add_representer(float, _number)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(MappingProxyType, _mapping)
