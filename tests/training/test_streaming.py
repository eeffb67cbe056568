"""Training on data that is streamed: what stops the reading is told as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import DataError

from .conftest import train_in

CONFIG = """\
name: streamed
data: {source: {csv: {path: data.csv}}, stream: true, split: {val: 0.5}}
model: {layers: [Flatten]}
optimizer: Adam
training: {batch_size: 16, epochs: 1}
"""
NUM_IMAGES = 200


@pytest.mark.parametrize("split", ["train", "val"])
def test_an_image_that_proves_damaged_is_told(tmp_path: Path, split: str) -> None:
    rows = ["path,label,split"]
    for index in range(NUM_IMAGES):
        Image.fromarray(np.full((4, 4), index, np.uint8)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2},{'train' if index < NUM_IMAGES / 2 else 'val'}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    damaged = NUM_IMAGES // 2 - 1 if split == "train" else NUM_IMAGES - 1
    (tmp_path / f"{damaged}.png").write_bytes(b"junk")
    with pytest.raises(DataError, match=f"{damaged}.png: expected an image") as caught:
        train_in(tmp_path, "data.split={column: split}", config=CONFIG)
    assert caught.value.problems[0].place.line == damaged + 2
