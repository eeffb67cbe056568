"""Runs made to do harm to whoever goes on in them, or tidies them up: each is a sound one, changed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tests.hostile.runs import STRANGE, Spoil, in_place, link_to_secret, text_in, weights
from tests.hostile.weights_files import SPOILED

_HEADER = "{'descr': %s, 'fortran_order': False, 'shape': %s}\n"


def _last(run: Path) -> Path:
    return (run / "checkpoints" / "last").resolve()


def _vouched(change: Callable[[Path, Path], None]) -> Spoil:
    """A change of the last checkpoint; the stranger gives the digests of its files too."""

    def spoil(run: Path, home: Path) -> None:
        folder = _last(run)
        change(folder, home)
        digests = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.iterdir()
            if path.name != "manifest.json" and path.is_file()
        }
        (folder / "manifest.json").write_text(json.dumps(digests))

    return spoil


def _values(**changes: Any) -> Spoil:
    def change(folder: Path, home: Path) -> None:
        path = folder / "state.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return _vouched(change)


def _raw_value(old: str, new: str) -> Spoil:
    def change(folder: Path, home: Path) -> None:
        path = folder / "state.json"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    return _vouched(change)


def _members(change: Callable[[dict[str, bytes], Path], None], compression: int = zipfile.ZIP_STORED) -> Spoil:
    """The arrays of the state, by the names of their files, changed as bytes."""

    def spoil(folder: Path, home: Path) -> None:
        path = folder / "state.npz"
        with zipfile.ZipFile(path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        change(found, home)
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in found.items():
                archive.writestr(name, content)

    return _vouched(spoil)


def _optimizer(made: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    """The first array of the optimizer that is no single number, replaced."""

    def change(found: dict[str, bytes], home: Path) -> None:
        for name, content in found.items():
            array = np.load(io.BytesIO(content))
            if name.startswith("optimizer/") and array.ndim:
                found[name] = _npy(made(array))
                return

    return _members(change)


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()


def _header(descr: str, shape: str, content: bytes = b"") -> bytes:
    text = (_HEADER % (descr, shape)).encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


class _Payload:
    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, (self._command,)


def _pickle(found: dict[str, bytes], home: Path) -> None:
    found["optimizer/0.npy"] = _npy(np.array([_Payload(f"touch {home}/ran")], dtype=object), pickled=True)


def _zeros(found: dict[str, bytes], home: Path) -> None:
    found["optimizer/0.npy"] = _header("'|u1'", "(400000000,)", bytes(4 * 10**8))


def _put(content: bytes) -> Callable[[dict[str, bytes], Path], None]:
    return lambda found, home: found.__setitem__("optimizer/0.npy", content)


def within_each_other(path: Path, levels: int = 300) -> None:
    """An archive whose members stand in each other, so that together they are far larger than the file."""
    content, infos = _npy(np.zeros(1_000_000, np.uint8)), []
    for number in range(levels):
        info = zipfile.ZipInfo(f"callback/0/{number}.npy")
        info.CRC, info.file_size, info.compress_size = zlib.crc32(content), len(content), len(content)
        content = info.FileHeader(False) + content
        infos.append((info, len(content)))
        content = _npy(np.frombuffer(content, np.uint8))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", content)
        assert archive.fp is not None
        for info, size in infos:
            info.header_offset = archive.fp.tell() - size
            archive.filelist.append(info)


def _links(folder: Path, home: Path) -> None:
    (home / "state.npz").write_bytes((folder / "state.npz").read_bytes())
    (folder / "state.npz").unlink()
    (folder / "state.npz").symlink_to(home / "state.npz")


_ABSURD_BEST = {
    "infinite": '{"epoch": 1e999}', "negative": '{"epoch": -1}', "text": '{"epoch": "../../x"}', "list": "[1]",
    "many digits": '{"epoch": 1%s}' % ("0" * 4000), "fraction": '{"epoch": 1.5}',
    "values": '{"epoch": 1, "loss": {"a": []}}',
}  # fmt: skip

LEADING_OUT: Mapping[str, Spoil] = MappingProxyType({
    **{f"run.lock {name}": in_place("run.lock", make) for name, make in STRANGE.items() if name != "huge"},
    **{f"{file} {name}": in_place(file, STRANGE[name]) for name in ("pipe", "device", "link", "loop")
       for file in ("metrics.jsonl", "logs/train.log", "checkpoints/epoch-0009", "model.txt")},
    **{f"{folder} elsewhere": in_place(folder, lambda path, home: path.symlink_to(home))
       for folder in ("logs", "logs/tensorboard", "data", "checkpoints", "checkpoints/last", "checkpoints/best",
                      "checkpoints/epoch-0001")},
    "last above": in_place("checkpoints/last", lambda path, home: path.symlink_to("../../../../../../../..")),
    "arrays elsewhere": _vouched(_links),
    "temporary files elsewhere": in_place("logs/.tmp-1", lambda path, home: path.symlink_to(home)),
    "lock of a secret": in_place("run.lock", link_to_secret),
})  # fmt: skip
"""Runs that ``train --resume`` refuses with 4, and in which ``runs gc`` removes nothing."""

_NO_FILES = ("oversized", "folder")
"""Weights that are not even opened: the checkpoint counts as damaged."""

RESUMED: Mapping[str, Spoil] = MappingProxyType({
    "arrays that are pickles": _members(_pickle),
    "arrays that are compressed": _members(_zeros, zipfile.ZIP_DEFLATED),
    "arrays of a terabyte": _members(_put(_header("'|u1'", "(1048576, 1048576)"))),
    "arrays of subarrays": _members(_put(_header("('|u1', (1073741824,))", "(1,)"))),
    "header of code": _members(_put(_header("__import__('os').system('touch ran')", "(1,)"))),
    "texts": _optimizer(lambda array: np.full(array.shape, "x" * 1000)),
    "complex": _optimizer(lambda array: array.astype(np.complex128)),
    "dates": _optimizer(lambda array: np.zeros(array.shape, "M8[s]")),
    "other shape": _optimizer(lambda array: np.zeros((3, *array.shape), array.dtype)),
    "no arrays": _members(lambda found, home: found.clear()),
    "no random numbers": _members(lambda found, home: [found.pop(n) for n in list(found) if n.startswith("random")]),
    "random numbers of another form": _members(lambda found, home: found.update(
        {"random/python.npy": _npy(np.zeros(3)), "random/numpy.npy": _npy(np.zeros((2, 2)))})),
    "arrays within each other": _vouched(lambda folder, home: within_each_other(folder / "state.npz")),
    "no archive": _vouched(lambda folder, home: (folder / "state.npz").write_bytes(b"\x80\x04cos\nsystem\n.")),
    "callbacks of another form": _values(callbacks={"class": 1}),
    "callbacks of many": _values(callbacks=[{"class": "EarlyStopping", "attributes": {}}] * 1000),
    "random numbers of text": _values(random={"python": ["x", None], "numpy": ["x", None, {}]}),
    "random numbers missing": _values(random=None),
    **{f"weights {name}": weights(name) for name in SPOILED if name not in _NO_FILES},
})  # fmt: skip
"""Runs that ``train --resume`` refuses with 4."""

BEGUN_AGAIN: Mapping[str, Spoil] = MappingProxyType({
    **{f"checkpoints/last/{file} {name}": text_in(f"checkpoints/last/{file}", text)
       for file in ("state.json", "manifest.json") for name, text in {"deep": "[" * 100_000, "text": "\0"}.items()},
    **{f"best is {name}": _raw_value('"best": {', f'"best": {value}, "x": {{') for name, value in _ABSURD_BEST.items()},
    **{f"weights {name}": weights(name) for name in _NO_FILES},
    "seconds of text": _values(seconds="x", epoch=1, step=1),
    "seconds without an end": _raw_value('"seconds":', f'"seconds": 1{"0" * 4000}, "x":'),
})  # fmt: skip
"""Runs whose last checkpoint can't be used: the training begins again, with a warning."""
