"""YAML text to a tree of nodes, by YAML 1.2's rules, safe and quick on hostile input."""

from __future__ import annotations

import os
import re
import stat
from itertools import islice
from pathlib import Path

import yaml

from shapenet.config.nodes import MappingNode, Node, ScalarNode
from shapenet.config.problems import shown
from shapenet.config.yaml_builder import TreeBuilder
from shapenet.config.yaml_errors import syntax_problem
from shapenet.errors import ConfigError, MachineError, Place, did_you_mean

MAX_BYTES = 1_000_000
"""The largest file that is read."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r]")
_TAG_DIRECTIVE = re.compile("(?:^|[\n\r\x85\u2028\u2029])%TAG")


def load_yaml(path: Path) -> MappingNode:
    """The mapping that a YAML file holds.

    Args:
        path: The file: UTF-8, at most 1 MB, one document.

    Returns:
        The mapping. Relative paths in it start from the file's folder.

    Raises:
        ConfigError: The file is missing, too large, or not one YAML mapping; lists
            every duplicate key, number that is not finite, wrong key and tag at once.
        MachineError: The file can't be read.
    """
    name = str(path)
    text = _decode(_read(path), name)
    node = _parse(text, name, path.absolute().parent, with_lines=True)
    if node is None:
        raise ConfigError("config/empty", "the file is empty: expected keys and values", place=Place(name, 1, 1))
    if not isinstance(node, MappingNode):
        received = shown(node.value) if isinstance(node, ScalarNode) else "a list"
        raise ConfigError(
            "config/root", f"expected keys and values, received {received}", place=node.place, hint="write key: value"
        )
    return node


def parse_yaml(text: str, name: str, base_dir: Path, *, with_lines: bool = True) -> Node:
    """The value that a YAML text stands for.

    Args:
        text: The text.
        name: What to call the text in messages.
        base_dir: The folder that relative paths in it start from.
        with_lines: Whether places have lines and columns; without, they are just `name`.

    Raises:
        ConfigError: As `load_yaml`, but any kind of value is right.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError("config/too-big", f"expected at most {MAX_BYTES:,} characters, received {len(text):,}",
                          place=Place(name))  # fmt: skip
    node = _parse(text, name, base_dir, with_lines=with_lines)
    return node or ScalarNode(None, Place(name, 1, 1) if with_lines else Place(name), base_dir)


def _parse(text: str, name: str, base_dir: Path, *, with_lines: bool) -> Node | None:
    text = text.removeprefix("\ufeff")
    _check_characters(text, name)
    builder = TreeBuilder(name, base_dir, with_lines=with_lines)
    try:
        return builder.build(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: bad escapes, without libyaml
        raise ConfigError([*builder.problems, syntax_problem(error, text, name)]) from None


def _check_characters(text: str, name: str) -> None:
    found = _UNPRINTABLE.search(text)
    if found:
        place = _place_at(text, found.start(), name)
        if found.group() == "\0":
            raise ConfigError("config/nul", "a NUL byte: this is not a text file", place=place)
        message = f"the character U+{ord(found.group()):04X} can't stand in YAML"
        raise ConfigError("config/character", message, place=place, hint="remove it, or write an escape in quotes")
    if len(_TAG_DIRECTIVE.findall(text)) > 10:  # libyaml's time is quadratic in them
        raise ConfigError("config/tag", "too many %TAG directives", place=Place(name, 1, 1), hint="leave them out")


def _place_at(text: str, index: int, name: str) -> Place:
    breaks = [match.end() for match in _BREAK.finditer(text, 0, index)]
    return Place(name, len(breaks) + 1, index - (breaks[-1] if breaks else 0) + 1)


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)  # counted without the BOM
        before = data[:start].decode("utf-8-sig")
        raise ConfigError(
            "config/encoding",
            f"not UTF-8: byte {data[start]:#04x} at offset {start}",
            place=_place_at(before, len(before), name),
            hint="save the file as UTF-8",
        ) from None


def _read(path: Path) -> bytes:
    place = Place(str(path))
    try:
        if path.is_dir():
            raise ConfigError("config/not-a-file", "expected a YAML file, received a folder", place=place,
                              hint=_yaml_files_in(path, ""))  # fmt: skip
        status = path.stat()
        is_shell_pipe = stat.S_ISFIFO(status.st_mode) and not path.resolve().exists()  # <(...) is in no folder
        if not stat.S_ISREG(status.st_mode) and not is_shell_pipe:
            raise ConfigError("config/not-a-file", "expected a YAML file, received a pipe or a device", place=place)
        size = status.st_size
        if size <= MAX_BYTES:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)  # a pipe or a device tells no size
            size = max(size, len(data))
    except (FileNotFoundError, NotADirectoryError):
        hint = _yaml_files_in(path.parent, path.name)
        raise ConfigError("config/missing-file", "there is no such file", place=place, hint=hint) from None
    except ValueError:
        raise ConfigError("config/missing-file", "expected a path without NUL bytes", place=place) from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise MachineError("machine/read", f"can't read: {reason}", place=place) from error
    if size > MAX_BYTES:
        message = f"expected a file of at most {MAX_BYTES:,} bytes, received {size:,} or more"
        raise ConfigError("config/too-big", message, place=place, hint="is this a config?")
    return data


def _yaml_files_in(folder: Path, name: str) -> str | None:
    try:
        names = [file.name for file in islice(folder.iterdir(), 1000) if file.suffix in (".yaml", ".yml")]
    except OSError:
        return f"there is no folder {folder} either"
    return did_you_mean(name, names)
