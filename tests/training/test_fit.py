"""What training leaves behind, and how it ends."""

from __future__ import annotations

import errno
import json
import logging
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.errors import ConfigError, DataError, DivergedError, MachineError
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import TrainingResult, train
from shapenet.training.record import _LogFile
from shapenet.training.reporter import Reporter

from .conftest import CONFIG, Recorder, experiment_in, rows_without_times, train_in

FILES = [
    *("config.yaml", "config.resolved.yaml", "run.json", "metrics.jsonl", "model.txt", "logs/train.log"),
    *("data/split.csv", "data/classes.json", "data/preview.png"),
    *("checkpoints/best/model.weights.h5", "checkpoints/last/model.weights.h5"),
    *("checkpoints/last/state.json", "checkpoints/last/manifest.json"),
]


def weights_of(result: TrainingResult) -> list[np.ndarray]:
    import h5py

    arrays = []
    with h5py.File(checked_weights(result.run.last_dir)) as file:
        file.visititems(lambda _, item: arrays.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    return arrays


def test_the_run_directory_is_complete(trained: tuple[TrainingResult, Recorder]) -> None:
    run = trained[0].run
    assert [name for name in FILES if not (run.root / name).is_file()] == []
    assert run.config.read_text() == CONFIG
    assert json.loads(run.classes_json.read_text()) == ["square", "triangle"]
    assert (run.root.parents[1] / "latest").resolve() == run.root.resolve()
    assert "conv2d" in run.model_text.read_text()
    assert "done" in run.train_log.read_text()
    with Image.open(run.preview_png) as preview:
        assert len(preview.getcolors(10**6) or []) > 100


def test_the_split_is_recorded(trained: tuple[TrainingResult, Recorder]) -> None:
    lines = trained[0].run.split_csv.read_text().splitlines()
    assert lines[0] == "split,name,label"
    splits = [line.split(",")[0] for line in lines[1:]]
    assert {name: splits.count(name) for name in splits} == {"train": 120, "val": 40, "test": 40}
    assert len({line.split(",", 1)[1] for line in lines[1:]}) == 200


def test_the_manifest_says_how_it_went(trained: tuple[TrainingResult, Recorder]) -> None:
    manifest = read_manifest(trained[0].run.run_json)
    assert (manifest.status, manifest.epochs_done, manifest.seed, manifest.error) == ("done", 2, 3, None)
    assert manifest.device is not None
    assert manifest.device.precision in ("float32", "mixed_bfloat16", "mixed_float16")
    assert manifest.device.deterministic == (manifest.device.kind == "cpu")
    assert manifest.image is not None
    assert manifest.image.shape == (16, 16, 3)
    assert manifest.best is not None
    rows = rows_without_times(trained[0])
    assert manifest.best.value == min(row["val_loss"] for row in rows)
    assert rows[manifest.best.epoch - 1]["val_loss"] == manifest.best.value


def test_rows_have_loss_metric_and_times(trained: tuple[TrainingResult, Recorder]) -> None:
    result, reporter = trained
    rows = [json.loads(line) for line in result.run.metrics.read_text().splitlines()]
    names = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second"]
    assert [list(row) for row in rows] == [names, names]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows == [row for row, _ in reporter.rows]
    assert all(row["learning_rate"] == 0.01 and row["seconds"] > 0 for row in rows)


def test_the_reporter_hears_every_execution_and_is_closed(trained: tuple[TrainingResult, Recorder]) -> None:
    reporter = trained[1]
    assert reporter.start is not None
    assert reporter.start.num_examples == {"train": 120, "val": 40, "test": 40}
    assert reporter.steps == [(epoch, min(done, 120), 120) for epoch in (1, 2) for done in (32, 64, 96, 128)]
    assert reporter.closed


def test_the_resolved_config_alone_gives_the_same_numbers(
    trained: tuple[TrainingResult, Recorder], tmp_path: Path
) -> None:
    copy = tmp_path / "again.yaml"
    copy.write_bytes(trained[0].run.resolved_config.read_bytes())
    again = train(load_experiment(copy), tmp_path / "runs", (), Reporter())
    assert rows_without_times(again) == rows_without_times(trained[0])
    assert all(map(np.array_equal, weights_of(again), weights_of(trained[0])))
    assert again.run.resolved_config.read_bytes() == copy.read_bytes()


def test_steps_per_execution_do_not_change_the_numbers(
    trained: tuple[TrainingResult, Recorder], tmp_path: Path
) -> None:
    other = train_in(tmp_path, "training.steps_per_execution=5")
    assert rows_without_times(other) == rows_without_times(trained[0])


def test_another_seed_gives_other_numbers(trained: tuple[TrainingResult, Recorder], tmp_path: Path) -> None:
    assert rows_without_times(train_in(tmp_path, "seed=4")) != rows_without_times(trained[0])


def test_tensorboard_has_scalars_graphs_hyperparameters_and_samples(
    trained: tuple[TrainingResult, Recorder],
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = trained[0].run.tensorboard_dir
    tags = {}
    for name in (".", "train", "validation"):
        events = EventAccumulator(str(folder / name)).Reload()
        tags[name] = events.Tags()
        if name == ".":
            assert any("MatMul" in node.op for node in events.Graph().node)
    assert {"epoch_loss", "epoch_accuracy"} <= set(tags["train"]["tensors"]) & set(tags["validation"]["tensors"])
    assert "keras" in tags["train"]["tensors"]
    assert "training images" in tags["."]["tensors"]
    assert "_hparams_/session_start_info" in tags["."]["tensors"]


def test_early_stopping_bears_so_many_epochs_without_improvement(tmp_path: Path) -> None:
    stopping = "training.early_stopping={patience: 1, min_delta: 10.0}"
    result = train_in(tmp_path, stopping, "training.epochs=9")
    assert (result.stopped_early, result.manifest.epochs_done, result.manifest.status) == (True, 2, "done")


def test_best_follows_the_monitor(tmp_path: Path) -> None:
    result = train_in(tmp_path, "training.monitor=val_accuracy", "training.epochs=3")
    rows = rows_without_times(result)
    best = result.manifest.best
    assert best is not None
    assert best.monitor == "val_accuracy"
    assert best.value == max(row["val_accuracy"] for row in rows)
    state = json.loads((result.run.best_dir / "state.json").read_text())
    assert state["epoch"] == best.epoch


def test_without_validation_the_loss_decides(tmp_path: Path) -> None:
    result = train_in(tmp_path, "data.split.val=0.0", "training.epochs=1")
    assert result.manifest.best is not None
    assert result.manifest.best.monitor == "loss"


def test_reduce_lr_on_plateau_shows_in_the_rows(tmp_path: Path) -> None:
    callback = "training.callbacks=[ReduceLROnPlateau: {patience: 1, min_delta: 10.0, factor: 0.5}]"
    rows = rows_without_times(train_in(tmp_path, callback, "training.epochs=4"))
    assert [row["learning_rate"] for row in rows] == [0.01, 0.01, 0.005, 0.0025]


def test_schedules_show_in_the_rows(tmp_path: Path) -> None:
    schedule = "optimizer.Adam.learning_rate={PiecewiseConstantDecay: {boundaries: [8], values: [0.01, 0.001]}}"
    rows = rows_without_times(train_in(tmp_path, schedule))
    assert [row["learning_rate"] for row in rows] == [0.01, 0.001]


def test_averaged_weights_are_what_is_saved(tmp_path: Path) -> None:
    from shapenet.evaluation.evaluate import evaluate

    overrides = ("optimizer.Adam.use_ema=true", "optimizer.Adam.ema_momentum=0.8",
                 "training.callbacks=[SwapEMAWeights]", "training.epochs=3")  # fmt: skip
    result = train_in(tmp_path, *overrides)
    best = result.manifest.best
    assert best is not None
    figures = evaluate(result.run, split="val", data=None, reporter=Reporter()).figures
    assert figures["loss"] == pytest.approx(best.metrics["val_loss"], rel=1e-5)


@pytest.mark.parametrize(
    "overrides",
    [
        ("loss=CategoricalCrossentropy",),
        ("loss=CategoricalFocalCrossentropy",),
        ("loss=CategoricalCrossentropy", "metrics=[CategoricalAccuracy, F1Score: {average: macro}]"),
        ("metrics=[accuracy, SparseTopKCategoricalAccuracy: {k: 1}]",),
        ("metrics=[SparseCategoricalCrossentropy]",),
        ("loss=CategoricalCrossentropy", "metrics=[Precision, AUC, F1Score: {threshold: 0.5, average: macro}]"),
        ("model.head=none", "model.layers=[Flatten, Dense: {units: 2, activation: softmax}]"),
        ("model.input_scaling={Rescaling: {scale: 0.01, offset: -1.0}}",),
    ],
)
def test_losses_metrics_and_heads(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    rows = rows_without_times(train_in(tmp_path, "training.epochs=1", *overrides))
    assert np.isfinite(list(rows[0].values())).all()


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


def test_metrics_see_what_the_loss_sees(tmp_path: Path) -> None:
    row = rows_without_times(train_in(tmp_path, "metrics=[SparseCategoricalCrossentropy]", "training.epochs=1"))[0]
    assert row["val_sparse_categorical_crossentropy"] == pytest.approx(row["val_loss"], rel=1e-5)


def test_the_manifest_says_which_way_values_go(tmp_path: Path) -> None:
    top = "metrics=[accuracy, SparseTopKCategoricalAccuracy: {k: 1, name: top1}]"
    result = train_in(tmp_path, top, "training.monitor=val_top1", "training.epochs=3")
    best = result.manifest.best
    assert best is not None
    assert best.value == max(row["val_top1"] for row in rows_without_times(result))
    assert best.rising == ("accuracy", "top1", "val_accuracy", "val_top1")


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
        (("metrics=[MeanIoU: {num_classes: 2}]",), "InvalidArgumentError: Incompatible shapes"),
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


def test_any_name_will_do(tmp_path: Path) -> None:
    result = train_in(tmp_path, "name='größe und τ'", "project='a b'", "training.epochs=1")
    assert read_manifest(result.run.run_json).name == "größe und τ"


def test_locating_leaves_other_errors_alone(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path)
    with pytest.raises(ZeroDivisionError), experiment.locating():
        1 / 0  # noqa: B018
