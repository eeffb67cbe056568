"""References in a config's text: ``${other.key}``, ``${dir:path.key}`` and ``${env:NAME:default}``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from shapenet.config.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    child,
    measure,
    to_plain,
)
from shapenet.config.problems import dotted, near_in_model, shown
from shapenet.config.scalars import resolve_plain
from shapenet.errors import ConfigError, Key, Place, Problem, did_you_mean
from shapenet.values import absolute_path

_TOKEN = re.compile(r"(?P<escape>\$\$\{)|\$\{(?P<name>[^}]*)\}|(?P<open>\$\{)")
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?", re.DOTALL)
_FOLDER = "dir:"
_CODE = "config/interpolation"
_MAX_LEVELS = 100
_MAX_CHARACTERS = 1_000_000
_MAX_PROBLEMS = 20


def interpolate(tree: Node, environment: Mapping[str, str] | None = None) -> Node:
    """The tree with every reference replaced by what it refers to.

    ``${model.layers.0}`` is the value at that road from the root; alone it keeps its
    type and may be a mapping or a list, inside text it is written out. ``${dir:road}``
    is the folder, absolute, of the path at that road. ``${env:NAME}`` and
    ``${env:NAME:default}`` are an environment variable; alone they are read as YAML
    reads an unquoted word. ``$${`` stands for ``${``. Keys are left as they are.

    A value taken whole keeps its `base_dir`: a path still starts from the folder of the
    file that wrote it, one from the environment from the working folder.

    Args:
        tree: The config with its overrides, which stays as it is.
        environment: The variables; by default those of the process.

    Raises:
        ConfigError: Unknown keys and variables, circles, references that blow up; lists them all.
    """
    work = _Interpolation(tree, os.environ if environment is None else environment)
    try:
        result = work.walk(tree, ())
    except _EnoughError as enough:
        raise ConfigError(enough.problems) from None
    if work.problems:
        raise ConfigError(work.problems)
    return result


def escape(plain: Any) -> Any:
    """Plain data whose text means itself after `interpolate`: each ``${`` becomes ``$${``."""
    if isinstance(plain, str):
        return plain.replace("${", "$${")
    if isinstance(plain, Mapping):
        return {key: escape(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [escape(value) for value in plain]
    return plain


class _Interpolation:
    """One pass over one tree."""

    def __init__(self, tree: Node, environment: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._tree = tree
        self._environment = environment
        self._done: dict[Key, Node] = {}
        self._failed: set[Key] = set()  # reported already
        self._open: list[Key] = []  # being resolved, each for the one before it
        self._levels = 0
        self._num_nodes = 0
        self._num_characters = 0

    def walk(self, node: Node, road: Key) -> Node:
        """The resolved `node`, which stands at `road` in the tree."""
        if isinstance(node, ScalarNode):
            return self._leaf(node, road) if _is_reference(node) else node
        self._levels += 1
        try:
            if isinstance(node, SequenceNode):
                return replace(node, items=tuple(self.walk(item, (*road, i)) for i, item in enumerate(node.items)))
            return replace(
                node,
                entries={
                    key: Entry(entry.key_place, self.walk(entry.node, (*road, key)))
                    for key, entry in node.entries.items()
                },
            )
        finally:
            self._levels -= 1

    def _leaf(self, node: ScalarNode, road: Key) -> Node:
        try:
            return self._resolve(node, road)
        except ConfigError as error:
            self.problems.extend(error.problems)
            if len(self.problems) >= _MAX_PROBLEMS:
                raise _EnoughError(self.problems) from None
            return node

    def _resolve(self, node: ScalarNode, road: Key) -> Node:
        """What the text at `road` stands for, with a guard against circles and blow-ups."""
        if road in self._failed:
            raise ConfigError(())
        if road in self._open:
            circle = " > ".join(dotted(key) for key in (*self._open[self._open.index(road) :], road))
            raise ConfigError(
                "config/interpolation-cycle", f"references lead back to themselves: {circle}", place=node.place
            )
        if road not in self._done:
            self._open.append(road)
            self._levels += 1
            try:
                if self._levels > _MAX_LEVELS:
                    self._fail(node, f"references lead more than {_MAX_LEVELS} levels deep")
                self._done[road] = self._counted(self._expand(node), node, road)
            except ConfigError:
                self._failed.add(road)
                raise
            finally:
                self._open.pop()
                self._levels -= 1
        return self._done[road]

    def _counted(self, result: Node, site: ScalarNode, road: Key) -> Node:
        size, depth = measure(result)
        self._num_nodes += size
        if isinstance(result, ScalarNode) and isinstance(result.value, str):
            self._num_characters += len(result.value)
        if self._num_nodes > MAX_NODES or self._num_characters > _MAX_CHARACTERS:
            raise _EnoughError([*self.problems, Problem("config/too-big", "references repeat too much", site.place)])
        if len(road) + depth > MAX_DEPTH:
            self._fail(site, f"expected at most {MAX_DEPTH} levels, received more", "config/too-deep")
        return result

    def _expand(self, site: ScalarNode) -> Node:
        text = str(site.value)
        whole = _TOKEN.fullmatch(text)
        if whole and whole["name"] is not None:
            return replace(self._reference(whole["name"], site), place=self._place(whole["name"], site))
        return replace(site, value="".join(self._pieces(text, site)))

    def _pieces(self, text: str, site: ScalarNode) -> Iterator[str]:
        end = length = 0
        for token in _TOKEN.finditer(text):
            yield text[end : token.start()]
            end = token.end()
            if token["open"]:
                self._fail(site, f"expected a }} after {shown(text[token.start() : token.start() + 40])}")
            if token["escape"]:
                yield "${"
                continue
            piece = self._written(token["name"], site)
            length += len(piece)
            if length > _MAX_CHARACTERS:
                self._fail(site, "references repeat too much", "config/too-big")
            yield piece
        yield text[end:]

    def _written(self, name: str, site: ScalarNode) -> str:
        """What a reference inside text is written out as."""
        variable = self._as_variable(name, site)
        if variable:
            return self._variable(variable, site)
        node = self._reference(name, site)
        if not isinstance(node, ScalarNode):
            message = f"{_reference_text(name)} is not a single value and can't stand inside text"
            self._fail(site, message, hint="let it stand alone")
        return node.value if isinstance(node.value, str) else shown(node.value)

    def _reference(self, name: str, site: ScalarNode) -> Node:
        variable = self._as_variable(name, site)
        if not variable:
            return self._folder(name, site) if name.startswith(_FOLDER) else self._lookup(name, site)
        text = self._variable(variable, site)
        base_dir = Path.cwd() if variable[1] in self._environment else site.base_dir
        try:
            return ScalarNode(resolve_plain(text), site.place, base_dir)
        except ValueError as error:
            self._fail(site, f"{_reference_text(name)}: {error}", "config/environment")

    def _folder(self, name: str, site: ScalarNode) -> Node:
        """The folder of the path at a dotted road."""
        node = self._lookup(name.removeprefix(_FOLDER), site)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            self._fail(site, f"{_reference_text(name)}: expected a path there, received {shown(to_plain(node))}")
        return replace(node, value=str(absolute_path(node.value, node.base_dir).parent))

    def _as_variable(self, name: str, site: ScalarNode) -> re.Match[str] | None:
        """The parts of ``env:NAME:default``; None for a dotted key."""
        if "${" in name:
            self._fail(site, f"{_reference_text(name)}: references can't stand inside each other")
        variable = _VARIABLE.fullmatch(name)
        if name.startswith("env:") and not variable:
            self._fail(
                site,
                f"{_reference_text(name)}: expected a variable's name after env:",
                hint="write ${env:NAME} or ${env:NAME:default}",
            )
        if not name:
            self._fail(site, "${} names nothing", hint="write ${key} or ${env:NAME}, and $${ for ${ itself")
        return variable

    def _variable(self, variable: re.Match[str], site: ScalarNode) -> str:
        name, default = variable.groups()
        text = self._environment.get(name, default)
        if text is None:
            hint = f"set it, or write ${{env:{name}:default}}"
            self._fail(site, f"the environment variable {name} is not set", "config/environment", hint)
        if re.search("[\ud800-\udfff]", text):
            self._fail(site, f"the environment variable {name} is not UTF-8", "config/environment")
        return text

    def _place(self, name: str, site: ScalarNode) -> Place:
        variable = _VARIABLE.fullmatch(name)
        is_set = variable is not None and variable[1] in self._environment
        return Place(f"environment variable {variable[1]}") if variable and is_set else site.place

    def _lookup(self, name: str, site: ScalarNode) -> Node:
        """The resolved value at a dotted road from the root."""
        node, is_final = self._tree, False
        road: Key = ()
        for part in name.split("."):
            if not is_final and _is_reference(node):
                node, is_final = self._resolve(node, road), True
            step: str | int = int(part) if isinstance(node, SequenceNode) and re.fullmatch("[0-9]{1,6}", part) else part
            below = child(node, step)
            if below is None:
                where = f" in {dotted(road)}" if road else ""
                message = f"{_reference_text(name)}: there is no {shown(part)}{where}"
                self._fail(site, message, hint=_near(part, node, road))
            node, road = below, (*road, step)
        if is_final:
            return node
        return self._resolve(node, road) if _is_reference(node) else self.walk(node, road)

    def _fail(self, site: ScalarNode, message: str, code: str = _CODE, hint: str | None = None) -> NoReturn:
        raise ConfigError(code, message, place=site.place, hint=hint)


class _EnoughError(Exception):
    """Ends the pass at once.

    Args:
        problems: All that was found.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def _near(part: str, node: Node, road: Key) -> str | None:
    """What may be meant by a `part` that the mapping at `road` does not have."""
    hint = did_you_mean(part, node.entries if isinstance(node, MappingNode) else ())
    if road != ("model",):
        return hint
    own = child(node, "parameters")
    if isinstance(own, MappingNode) and part in own.entries:
        return f"did you mean ${{model.parameters.{part}}}?"
    return near_in_model(part, hint)


def _is_reference(node: Node) -> TypeGuard[ScalarNode]:
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and "${" in node.value


def _reference_text(name: str) -> str:
    return f"${{{name if len(name) <= 60 else name[:57] + '...'}}}"
