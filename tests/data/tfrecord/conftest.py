"""Small shards to read and to damage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shapenet.data.tfrecord.example import example_bytes
from shapenet.data.tfrecord.framing import frame_bytes


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write examples, given as features, into one shard."""

    def shard(*examples: Mapping[str, Any], name: str = "data.tfrecord") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(frame_bytes(example_bytes(features)) for features in examples))
        return path

    return shard
