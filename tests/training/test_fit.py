"""What training leaves behind, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.callbacks.checkpoint import checked_weights
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest
from shapenet.training.fit import TrainingResult, train
from shapenet.training.reporter import Reporter

from .conftest import CONFIG, Recorder, rows_without_times, train_in

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


def test_any_name_will_do(tmp_path: Path) -> None:
    result = train_in(tmp_path, "name='größe und τ'", "project='a b'", "training.epochs=1")
    assert read_manifest(result.run.run_json).name == "größe und τ"


def test_a_head_behind_a_softmax_is_told(tmp_path: Path) -> None:
    reporter = Recorder()
    layers = "model.layers=[Flatten, {Dense: {units: 2, activation: softmax, name: classes}}]"
    train_in(tmp_path, layers, "training.epochs=1", reporter=reporter)
    (warning,) = reporter.warnings
    assert warning.startswith("command line (-o model.layers=[Flatten")
    assert "): the output layer follows 'classes'" in warning
    assert "model.head: none" in warning
