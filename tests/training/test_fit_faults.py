"""What ends a training early, and what is refused before it begins."""

from __future__ import annotations

import errno
import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.errors import ConfigError, DataError, DivergedError, MachineError
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.record import _LogFile

from .conftest import experiment_in, train_in


def test_divergence_ends_the_run_and_keeps_it(tmp_path: Path) -> None:
    schedule = "optimizer={SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [8], values: [0.01, 1e38]}}}}"
    with pytest.raises(DivergedError, match=r"in epoch 2, at one of the steps \d+ to \d+") as caught:
        train_in(tmp_path, schedule, "training.epochs=5")
    assert caught.value.exit_code == 6
    run = next((tmp_path / "runs" / "default").iterdir())
    manifest = read_manifest(run / "run.json")
    assert (manifest.status, manifest.epochs_done) == ("diverged", 1)
    assert checked_weights(run / "checkpoints" / "best").is_file()


def test_divergence_that_only_the_validation_shows(tmp_path: Path) -> None:
    # The last of 8 steps spoils the weights, after its loss was computed.
    rates = "{PiecewiseConstantDecay: {boundaries: [14], values: [0.01, 1e38]}}"
    with pytest.raises(DivergedError, match="the loss of the validation became nan in epoch 2"):
        train_in(tmp_path, f"optimizer={{SGD: {{learning_rate: {rates}}}}}", "training.epochs=5")
    run = RunDir(next((tmp_path / "runs" / "default").iterdir()))
    manifest = read_manifest(run.run_json)
    assert (manifest.status, manifest.epochs_done) == ("diverged", 2)
    assert manifest.best is not None
    assert manifest.best.epoch == 1
    assert json.loads((run.best_dir / "state.json").read_text())["epoch"] == 1
    assert checked_weights(run.best_dir).is_file()


def test_divergence_in_the_first_steps_keeps_the_run_too(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="in epoch 1"):
        train_in(tmp_path, "optimizer={SGD: {learning_rate: 1e38}}")
    run = next((tmp_path / "runs" / "default").iterdir())
    assert read_manifest(run / "run.json").status == "diverged"


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (("training.monitor=val_acuracy",), "did you mean val_accuracy"),
        (("training.monitor=val_loss", "data.split.val=0.0"), "there is no val split"),
        (("training.early_stopping={monitor: nothing}",), "expected one of loss, accuracy, val_loss, val_accuracy"),
        (("training.batch_size=500",), "a batch of 500 is larger than the train split of 120 images"),
        (("training.precision=mixed_float16",), "mixed_float16 needs a GPU"),
        (("training.callbacks=[ReduceLROnPlateau: {factor: 3.0}]",), "ReduceLROnPlateau"),
        (("metrics=[Precision]",), "need a loss of vectors: CategoricalCrossentropy"),
        (
            ("loss=CategoricalCrossentropy", "metrics=[accuracy, F1Score]"),
            "expected one number, received one for each of",
        ),
        (("metrics=[MeanIoU: {num_classes: 2}]",), "MeanIoU is not a metric for classification"),
        (("metrics=[BinaryAccuracy]",), "InvalidArgumentError: Incompatible shapes"),
        (
            (
                "training.callbacks=[ReduceLROnPlateau]",
                "optimizer={Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}}",
            ),
            "which follows the schedule CosineDecay already",
        ),
        (("model.input_scaling={Rescaling: {scale: abc}}",), "the model can't take its first step: "),
        (("metrics=[accuracy, accuracy]",), "a name of its own for each metric"),
        (("model.layers.0.Conv2D.kernel_size=40",), "at least"),
        (("model.layers=[Dense: {units: 3}]",), "insert Flatten or GlobalAveragePooling2D before Dense"),
        (("model.head=none",), "expected an output of shape (2,)"),
        (("loss={Huber: {delta: -1.0}}", "optimizer={SGD: {momentum: 7.0}}"), "momentum"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_leaves_nothing(
    tmp_path: Path, overrides: tuple[str, ...], text: str
) -> None:
    if "mixed_float16" in text:
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigError) as caught:
        train_in(tmp_path, *overrides)
    assert text in str(caught.value)
    assert "File " not in str(caught.value)
    assert caught.value.problems[0].place is not None
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (("data.source.shapes.classes=[square]",), "expected at least two classes in the train split"),
        (("data.limit=2", "data.split={val: 0.0, test: 0.9}", "training.batch_size=1"), "the train split is empty"),
    ],
)
def test_unfit_data(tmp_path: Path, overrides: tuple[str, ...], text: str) -> None:
    with pytest.raises(DataError) as caught:
        train_in(tmp_path, *overrides)
    assert text in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(MachineError) as caught:
        train_in(tmp_path)
    assert str(tmp_path / "runs") in str(caught.value)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shapenet.callbacks import checkpoint

    whole = checkpoint.new_folder
    calls: list[Path] = []

    def full_from_the_second_on(path: Path) -> object:
        calls.append(path)
        if len(calls) > 1:
            raise MachineError("machine/write", "can't write: No space left on device")
        return whole(path)

    monkeypatch.setattr(checkpoint, "new_folder", full_from_the_second_on)
    with pytest.raises(MachineError):
        train_in(tmp_path)
    run = next((tmp_path / "runs" / "default").iterdir())
    assert read_manifest(run / "run.json").status == "failed"
    assert checked_weights(run / "checkpoints" / "best").is_file()


def test_what_ended_a_run_is_told_though_its_record_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shapenet.callbacks import checkpoint
    from shapenet.training import record

    def full(*arguments: object) -> None:
        raise MachineError("machine/write", "can't write run.json either")

    def full_at_the_checkpoint(*arguments: object) -> None:
        monkeypatch.setattr(record, "write_manifest", full)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_weights", full_at_the_checkpoint)
    with pytest.raises(MachineError, match=r"checkpoints/epoch-0001: can't write: No space left on device"):
        train_in(tmp_path)


def test_a_log_on_a_full_disk_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    handler = _LogFile("/dev/full")
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("a line")
    assert capsys.readouterr().err == ""
    with suppress(OSError):
        handler.close()


def test_a_folder_in_the_way_of_latest_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "runs" / "latest").mkdir(parents=True)
    with pytest.raises(MachineError, match="expected a link, received a folder"):
        train_in(tmp_path)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["latest"]


def test_locating_leaves_other_errors_alone(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path)
    with pytest.raises(ZeroDivisionError), experiment.locating():
        1 / 0  # noqa: B018
