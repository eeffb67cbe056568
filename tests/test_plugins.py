"""Plug-ins: run once, known to pickle, their faults told in their file."""

from __future__ import annotations

import pickle
import py_compile
import sys
from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment
from shapenet.plugins import load_plugins, loaded_plugins, was_run
from shapenet.registry import REGISTRIES

CONFIG = """\
name: own
plugins: [own/layers.py]
data: {source: {shapes: {classes: [square, star], num_images: 8, size: 16}}}
model: {layers: [{TestsOwnDense: {units: 3}}]}
"""
PLUGIN = """
from __future__ import annotations
from dataclasses import dataclass
from shapenet.registry import REGISTRIES

@dataclass
class Thing:
    count: int

@REGISTRIES["layer"].register("TestsOwnDense")
def own_dense(*, units: int):
    '''A layer of one's own.'''
    return Thing(units)
"""


def test_a_config_names_its_plugins(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "layers.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(CONFIG, encoding="utf-8")
    for _ in range(2):  # the second time it is loaded already
        experiment = load_experiment(tmp_path / "c.yaml")
    thing = experiment.config.model.layers[0].create()
    assert pickle.loads(pickle.dumps(thing)) == thing  # noqa: S301
    assert REGISTRIES["layer"].get("TestsOwnDense").summary == "A layer of one's own."
    assert str(tmp_path / "own" / "layers.py") in experiment.resolved()
    assert tmp_path / "own" / "layers.py" in loaded_plugins()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\n\nraise RuntimeError('no luck')\n", 3, "the plug-in failed with RuntimeError: no luck"),
        ("x = 1\ny = = 2\n", 2, "the plug-in failed with SyntaxError: "),
        ("import json\njson.loads('{')\n", 2, "the plug-in failed with JSONDecodeError: "),
    ],
)
def test_a_fault_is_told_with_its_line_and_nothing_stays(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_plugins([path])
    (problem,) = caught.value.problems
    assert (problem.place.file, problem.place.line) == (str(path), line)
    assert problem.message.startswith(message)
    assert path not in loaded_plugins()
    assert not any(name.startswith("shapenet_plugin_bad_") for name in sys.modules)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no plug-in file .*own\.py"):
        load_plugins([tmp_path / "own.py"])
    (tmp_path / "own.txt").write_text("x = 1")
    with pytest.raises(ConfigError, match=r"expected a Python file, \*.py"):
        load_plugins([tmp_path / "own.txt"])


def test_what_was_run_is_remembered_by_path_and_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path, copy = tmp_path / "first.py", tmp_path / "copy.py"
    path.write_text("x = 'remembered'\n", encoding="utf-8")
    assert not was_run(path)
    load_plugins([path])
    copy.write_bytes(path.read_bytes())
    assert was_run(path)
    assert not was_run(copy)
    assert not was_run(tmp_path / "missing.py")
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "of-another-user"))
        assert not was_run(path)
    path.write_text("x = 'other'\n", encoding="utf-8")
    assert not was_run(path)


def test_what_fails_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "fails.py"
    path.write_text("raise RuntimeError('forget me')\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        load_plugins([path])
    assert not was_run(path)


def test_a_list_that_can_not_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "unremembered.py"
    path.write_text("x = 'unremembered'\n", encoding="utf-8")
    load_plugins([path])
    assert path in loaded_plugins()
    assert not was_run(path)


def test_bytecode_that_lies_beside_a_plug_in_is_not_run(tmp_path: Path) -> None:
    """What runs is the text that a user can read before trusting it."""
    plugin = tmp_path / "beside.py"
    plugin.write_text("raise SystemError('hidden')")
    hidden = py_compile.compile(str(plugin), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert hidden
    plugin.write_text("seen = True")
    load_plugins([plugin])
    assert next(module for name, module in sys.modules.items() if name.startswith("shapenet_plugin_beside_")).seen
