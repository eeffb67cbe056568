"""Checkpoints on disk: whole, in order, and checked by digest."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from shapenet.callbacks.checkpoint import (
    Draft,
    Position,
    checked_weights,
    needed,
    positions,
    read_arrays,
    read_state,
    remove_others,
)
from shapenet.errors import MachineError, RunError
from tests.hostile.resumed import within_each_other


class FakeModel:
    """Saves a number as its weights."""

    weights = ()

    def save_weights(self, file: BinaryIO) -> None:
        file.write(b"7")


def write(folder: Path, position: Position, best: int | None = None, *, arrays: bool = True) -> Path:
    target = folder / position.name
    values = {"epoch": position.epoch, "step": position.step, "best": {"epoch": best} if best else None}
    Draft(target, FakeModel(), values, {"a": np.arange(3)} if arrays else None).commit()
    return target


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    checkpoint = write(tmp_path, Position(3, 7), best=2)
    assert checked_weights(checkpoint).read_text() == "7"
    assert read_state(checkpoint) == {"epoch": 3, "step": 7, "best": {"epoch": 2}}
    assert read_arrays(checkpoint)["a"].tolist() == [0, 1, 2]


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "epoch-0001", FakeModel(), {}, {})
    assert [path.name[:5] for path in tmp_path.iterdir()] == [".tmp-"]
    draft.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]


def test_a_checkpoint_does_not_give_way_to_what_has_its_name(tmp_path: Path) -> None:
    """Such as the ruin of an older one: else the new one would be dropped, and nobody would know."""
    ruin = tmp_path / "epoch-0001"
    ruin.mkdir()
    (ruin / "state.json").touch()
    with pytest.raises(MachineError, match="epoch-0001: expected no checkpoint of this name"):
        write(tmp_path, Position(1))
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]


def test_what_can_not_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **options: object) -> None:
        if not options.get("ignore_errors"):
            raise PermissionError(13, "Permission denied", str(path))

    write(tmp_path, Position(1))
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(MachineError, match="epoch-0001: can't write: Permission denied"):
        remove_others(tmp_path, set())


@pytest.mark.parametrize("position", [Position(3), Position(3, 7), Position(12345, 1234567)])
def test_names_of_positions(position: Position) -> None:
    assert Position.named(position.name) == position


def test_what_is_no_position() -> None:
    assert [Position.named(name) for name in ("best", "epoch-1", "epoch-0001-step-7", "epoch-0001-x")] == [None] * 4


def test_positions_come_newest_first_and_need_a_state(tmp_path: Path) -> None:
    for position in (Position(1), Position(2, 8), Position(2), Position(10, 1)):
        write(tmp_path, position)
    write(tmp_path, Position(4), arrays=False)
    (tmp_path / "last").symlink_to("epoch-0002")
    assert [position for position, _ in positions(tmp_path)] == [
        Position(10, 1), Position(2), Position(2, 8), Position(1),
    ]  # fmt: skip


def test_the_newest_and_the_best_of_each_are_needed(tmp_path: Path) -> None:
    for epoch, best in ((1, 1), (2, 1), (3, 1), (4, 4), (5, 4)):
        write(tmp_path, Position(epoch), best)
    (tmp_path / "best").symlink_to("epoch-0004")
    (tmp_path / "last").symlink_to("epoch-0005")
    assert needed(tmp_path, 3) == {"epoch-0001", "epoch-0003", "epoch-0004", "epoch-0005"}
    assert [path.name for path in remove_others(tmp_path, needed(tmp_path, 1))] == [
        "epoch-0001", "epoch-0002", "epoch-0003",
    ]  # fmt: skip


@pytest.mark.parametrize("file", ["model.weights.h5", "state.json", "state.npz"])
def test_a_damaged_file_is_named_by_its_checksum(tmp_path: Path, file: str) -> None:
    checkpoint = write(tmp_path, Position(1))
    (checkpoint / file).write_text("damaged")
    with pytest.raises(RunError, match=rf"{file} is damaged: expected SHA-256 [0-9a-f]+, received [0-9a-f]+"):
        checked_weights(checkpoint)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_manifest_is_no_checkpoint(tmp_path: Path, text: str) -> None:
    checkpoint = write(tmp_path, Position(1))
    (checkpoint / "manifest.json").write_text(text)
    with pytest.raises(RunError, match="there is no whole checkpoint"):
        checked_weights(checkpoint)


def test_no_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        checked_weights(tmp_path / "best")
    assert caught.value.exit_code == 4


def repacked(checkpoint: Path, content: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    """One member in place of all arrays."""
    with zipfile.ZipFile(checkpoint / "state.npz", "w", compression) as archive:
        archive.writestr("a.npy", content)


def npy(array: np.ndarray[Any, Any], declared: str | None = None) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue().replace(b"(3,), }", f"({declared},), }}".encode()) if declared else buffer.getvalue()


def test_arrays_run_nothing_and_are_no_larger_than_they_look(tmp_path: Path) -> None:
    checkpoint = write(tmp_path, Position(1))
    assert read_arrays(checkpoint)
    with pytest.raises(RunError, match="expected at most 10 bytes"):
        read_arrays(checkpoint, 10)
    for refused, content in {
        "a.npy: object": npy(np.array([object()])),
        "a.npy: datetime64": npy(np.zeros(3, "M8[s]")),
        "a.npy: uint8 (999999999,) in": npy(np.zeros(3, np.uint8), "999999999"),
        "magic string": b"no array",
    }.items():
        repacked(checkpoint, content)
        with pytest.raises(RunError, match=re.escape(refused)):
            read_arrays(checkpoint)
    repacked(checkpoint, npy(np.zeros(100_000)), zipfile.ZIP_DEFLATED)
    with pytest.raises(RunError, match="an array that is compressed"):
        read_arrays(checkpoint)
    within_each_other(checkpoint / "state.npz", levels=9)
    with pytest.raises(RunError, match=r"the same bytes|Overlapped"):
        read_arrays(checkpoint)


@pytest.mark.parametrize(
    "changes",
    [
        {"best": {"epoch": 12345}}, {"best": {"epoch": "../../x"}}, {"best": [1]}, {"best": {"epoch": 1, "loss": []}},
        {"best": {"epoch": -1}}, {"seconds": "long"}, {"seconds": None},
    ],
)  # fmt: skip
def test_plain_values_without_sense_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    checkpoint = write(tmp_path, Position(1))
    text = json.dumps({**read_state(checkpoint), **changes})
    (checkpoint / "state.json").write_text(text.replace("12345", "1" * 5000))
    with pytest.raises(RunError, match="expected"):
        read_state(checkpoint)


def test_the_manifest_lists_every_file(tmp_path: Path) -> None:
    digests = json.loads((write(tmp_path, Position(1)) / "manifest.json").read_text())
    assert set(digests) == {"model.weights.h5", "state.json", "state.npz"}
