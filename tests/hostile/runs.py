"""Run directories made to do harm: each is a sound one, changed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.hostile.weights_files import SPOILED, secret_h5

Spoil = Callable[[Path, Path], None]
"""Changes a sound run; gets its directory, and the folder of secrets outside it."""

RAN = "ran"
"""Name of the file, in the folder of secrets, that every payload writes."""


def code(home: Path) -> str:
    """Python that shows that it ran."""
    return f"import pathlib\npathlib.Path({str(home / RAN)!r}).write_text('ran')\n"


def _config(run: Path, change: Callable[[str], str]) -> None:
    path = run / "config.resolved.yaml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def _more(text: str) -> Spoil:
    def spoil(run: Path, home: Path) -> None:
        (home / "plugin.py").write_text(code(home))
        _config(run, lambda old: old + text.replace("HOME", str(home)))

    return spoil


def _layer(text: str) -> Spoil:
    """One more layer in front."""

    def spoil(run: Path, home: Path) -> None:
        written = text.replace("HOME", str(home))
        _config(run, lambda old: old.replace("  layers:\n", f"  layers:\n    - {written}\n", 1))

    return spoil


def _plugin(run: Path, home: Path) -> None:
    (run / "my.py").write_text(code(home))
    _config(run, lambda old: old.replace("plugins: []", f"plugins: [{run / 'my.py'}]"))


def _plugin_elsewhere(run: Path, home: Path) -> None:
    plugin = run.parent / "plugin.py"  # it is read, to see whether it is known
    plugin.write_text(code(home))
    _config(run, lambda old: old.replace("plugins: []", f"plugins: [{plugin}]"))


def _many_digits(run: Path, home: Path) -> None:
    path = run / "run.json"
    path.write_text(path.read_text().replace('"epochs_done": 1', '"epochs_done": 1' + "0" * 100_000))


def manifest(**changes: Any) -> Spoil:
    def spoil(run: Path, home: Path) -> None:
        path = run / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def text_in(file: str, text: str) -> Spoil:
    def spoil(run: Path, home: Path) -> None:
        path = run / file
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return spoil


def in_place(file: str, make: Callable[[Path, Path], None]) -> Spoil:
    """Something else in the place of a file or a folder."""

    def spoil(run: Path, home: Path) -> None:
        path = run / file
        if path.is_file():
            (home / path.name).write_bytes(path.read_bytes())
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path, home)

    return spoil


def link_to_secret(path: Path, home: Path) -> None:
    path.symlink_to(home / path.name)


def _huge(path: Path, home: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


STRANGE: dict[str, Callable[[Path, Path], None]] = {
    "pipe": lambda path, home: os.mkfifo(path),
    "device": lambda path, home: path.symlink_to("/dev/zero"),
    "link": link_to_secret,
    "loop": lambda path, home: path.symlink_to(path.name),
    "folder": lambda path, home: path.mkdir(),
    "huge": _huge,
}
_FILES = (
    "run.json", "config.resolved.yaml", "checkpoints/best/manifest.json", "checkpoints/best/state.json",
)  # fmt: skip
_SHOWN_FILES = ("metrics.jsonl", "eval/test/metrics.json")
_DEEP = "[" * 100_000


def _dtype(module: str, name: str, config: str) -> Spoil:
    """A layer with a mapping as its type, which Keras would make an object of (CVE-2025-1550 and what followed)."""
    made = f"{{module: {module}, class_name: {name}, config: {config}, registered_name: null}}"
    return _layer(f"{{Activation: {{activation: relu, dtype: {made}}}}}")


def weights(name: str) -> Spoil:
    """Weights that `tests.hostile.weights_files` spoils; the stranger gives their digests too."""

    def spoil(run: Path, home: Path) -> None:
        import hashlib

        path = run / "checkpoints" / "best" / "model.weights.h5"
        SPOILED[name](path.resolve(), secret_h5(home))
        if path.is_file() and path.stat().st_size < 10**8:
            manifest = path.parent / "manifest.json"
            digests = json.loads(manifest.read_text())
            digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
            manifest.write_text(json.dumps(digests))

    return spoil


EVALUATED: Mapping[str, Spoil] = MappingProxyType({
    **{f"weights {name}": weights(name) for name in SPOILED},
    **{f"{file} {name}": in_place(file, make) for file in _FILES for name, make in STRANGE.items()},
    **{f"{file} deep": text_in(file, _DEEP) for file in _FILES},
    **{f"{file} text": text_in(file, "\0\x1b[2J nothing") for file in _FILES},
    "best elsewhere": in_place("checkpoints/best", lambda path, home: path.symlink_to(home)),
    "best above": in_place("checkpoints/best", lambda path, home: path.symlink_to("../../../../../../../../..")),
    "eval elsewhere": in_place("eval", lambda path, home: path.symlink_to(home)),
    "eval/test elsewhere": in_place("eval/test", lambda path, home: path.symlink_to(home)),
    "plug-in of the run": _plugin,
    "plug-in elsewhere": _plugin_elsewhere,
    "extends": _more("extends: HOME/base.yaml\n"),
    "extends a device": _more("extends: /dev/stdin\n"),
    "environment": lambda run, home: _config(run, lambda old: old.replace("project: default", "project: ${env:PATH}")),
    "python tag": _more("more: !!python/object/apply:os.system ['touch HOME/ran']\n"),
    "Lambda": _layer("Lambda: {function: [4wEAAAA=, null, null], output_shape: null}"),
    "TFSMLayer": _layer("TFSMLayer: {filepath: HOME}"),
    "TorchModuleWrapper": _layer("TorchModuleWrapper: {module: HOME}"),
    "JaxLayer": _layer("JaxLayer: {call_fn: os.system}"),
    "StringLookup": _layer("StringLookup: {vocabulary: HOME/vocabulary.txt}"),
    "TextVectorization": _layer("TextVectorization: {vocabulary: 'http://127.0.0.1:9/words'}"),
    "IntegerLookup": _layer("IntegerLookup: {vocabulary: HOME/vocabulary.txt}"),
    "dotted name": _layer("os.system: {command: touch HOME/ran}"),
    "dtype runs": _dtype("os", "system", "{command: touch HOME/ran}"),
    "dtype is a lookup": _dtype("keras.layers", "StringLookup", "{vocabulary: HOME/vocabulary.txt}"),
    "dtype is a Lambda": _dtype(
        "keras.layers", "Lambda", "{function: {class_name: __lambda__, config: {code: 4wEA}}}"
    ),
    "dtype is an array": _dtype("numpy", "__numpy__", "{value: [0], dtype: '(1000000000,)f8'}"),
    "wrapped layer by class name": _layer(
        "{TimeDistributed: {layer: {class_name: Lambda, module: keras.layers, config: {function: os.system}}}}"
    ),
    "initializer by class name": _layer(
        "{Conv2D: {filters: 2, kernel_size: 1, "
        "kernel_initializer: {module: os, class_name: system, config: {command: touch HOME/ran}}}}"
    ),
    "model of 144 GB": _layer("Dense: {units: 1000000000}"),
    "model of 400 MB": _layer("Dense: {units: 2500000}"),
    "image of objects": manifest(image={"shape": [16, 16, 3], "dtype": "O"}),
    "image without an end": manifest(image={"shape": [10**12] * 9, "dtype": "uint8"}),
    "year 1": manifest(started_at="0001-01-01T00:00:00+23:00"),
    "year 9999": manifest(started_at="9999-12-31T23:59:59-23:00"),
    "many digits": _many_digits,
})  # fmt: skip
"""Runs that ``eval`` refuses with 4."""

SHOWN: Mapping[str, Spoil] = MappingProxyType({
    **{f"{file} {name}": in_place(file, make) for file in _SHOWN_FILES for name, make in STRANGE.items()},
    **{f"{file} deep": text_in(file, _DEEP) for file in _SHOWN_FILES},
    "metrics of all kinds": text_in("metrics.jsonl",
                                  '{"epoch": [1], "loss": 1e999, "a": {"b": NaN}, "\\u001b[2J": ""}\n'),
    "metrics of many digits": text_in("metrics.jsonl", '{"epoch": 1' + "0" * 4000 + ', "loss": -1' + "0" * 400 + "}\n"),
    "figures of many digits": text_in("eval/test/metrics.json", '{"accuracy": 1' + "0" * 4000 + ', "loss": NaN}'),
    "terminal codes": manifest(name="\x1b]0;owned\x07", command=["\x1b[2J"], error="\x1b[31m" * 1000),
    "pid of init": manifest(status="running", pid=1, host="\0"),
    "negative pid": manifest(status="running", pid=-1),
})  # fmt: skip
"""Runs that ``runs show`` shows, or refuses with 4."""
