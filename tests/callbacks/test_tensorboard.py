"""TensorBoard's logs that can't be written: one warning, and nothing more is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from shapenet.callbacks.tensorboard import TensorBoardExtras, TensorBoardFaults, bearing_faults
from shapenet.training.session import import_keras


def test_training_goes_on_with_one_warning(tmp_path: Path) -> None:
    import_keras()
    import keras

    in_the_way = tmp_path / "logs"
    in_the_way.write_text("a file")
    warnings: list[str] = []
    faults = TensorBoardFaults(in_the_way, warnings.append)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    TensorBoardExtras(in_the_way, {"a": 1}, np.zeros((4, 4, 3), np.uint8), faults).train_begin(model)
    callback = bearing_faults(keras.callbacks.TensorBoard(str(in_the_way)), faults)
    history = model.fit(np.ones((8, 4)), np.ones((8, 2)), epochs=2, verbose=0, callbacks=[callback])
    assert len(history.history["loss"]) == 2
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{in_the_way}: TensorBoard's logs end here, for they can't be written: ")
    assert warnings[0].endswith("Not a directory")


def test_what_keras_s_callback_does_is_done(tmp_path: Path) -> None:
    import_keras()
    import keras

    warnings: list[str] = []
    model: Any = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    callback = bearing_faults(keras.callbacks.TensorBoard(str(tmp_path)), TensorBoardFaults(tmp_path, warnings.append))
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0, validation_split=0.5, callbacks=[callback])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train", "validation"]
    assert warnings == []
