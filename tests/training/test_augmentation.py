"""Training with augmentation: the same again, on the training split alone, with a loss that fits mixed labels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.batches import Batches, Split
from shapenet.data.order import epoch_order
from shapenet.data.pack import open_packed
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment
from shapenet.training.build import build_augmenter, build_for_inspection, compile_model
from shapenet.training.data import load_data, open_sources
from shapenet.training.feed import to_dataset
from shapenet.training.fit import TrainingResult, train
from shapenet.training.reporter import Reporter
from shapenet.training.session import import_keras
from shapenet.training.tasks import bind_tasks
from tests.tasks.specs import spec_of

from .conftest import CONFIG, Recorder, experiment_in, rows_without_times, train_in

AUGMENTED = CONFIG.replace(
    "  split:", "  augment: [RandomFlip: {mode: horizontal}, {MixUp: {alpha: 0.4}}, RandomErasing]\n  split:"
)
SPEC = spec_of(2, (16, 16, 3))


@pytest.fixture(scope="module")
def augmented(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A run with augmentation."""
    return train_in(tmp_path_factory.mktemp("augmented"), config=AUGMENTED)


def test_the_resolved_config_alone_gives_the_same_numbers(augmented: TrainingResult, tmp_path: Path) -> None:
    copy = tmp_path / "again.yaml"
    copy.write_bytes(augmented.run.resolved_config.read_bytes())
    again = train(load_experiment(copy, ["training.steps_per_execution=3"]), tmp_path / "runs", (), Reporter())
    assert rows_without_times(again) == rows_without_times(augmented)


def test_augmentation_changes_the_numbers(
    augmented: TrainingResult, trained: tuple[TrainingResult, Recorder], tmp_path: Path
) -> None:
    assert rows_without_times(augmented) != rows_without_times(trained[0])
    frozen = ["optimizer={SGD: {learning_rate: 1e-30}}", "training.epochs=1", "loss=CategoricalCrossentropy"]
    plain = rows_without_times(train_in(tmp_path, *frozen))[0]
    changed = rows_without_times(train_in(tmp_path, *frozen, config=AUGMENTED))[0]
    assert changed["val_loss"] == plain["val_loss"], "validation sees images as they are"
    assert changed["loss"] != plain["loss"]


def test_a_sheet_shows_what_becomes_of_images(
    augmented: TrainingResult, trained: tuple[TrainingResult, Recorder]
) -> None:
    with Image.open(augmented.run.augmented_png) as sheet:
        assert len(sheet.getcolors(10**6) or []) > 100
    assert not trained[0].run.augmented_png.exists()


def test_mixed_labels_get_a_loss_of_vectors(tmp_path: Path) -> None:
    compiled = compile_model(experiment_in(tmp_path, config=AUGMENTED).config, SPEC, steps_per_execution=1)
    assert type(compiled.model.loss).__name__ == "CategoricalCrossentropy"
    assert compiled.model.loss.get_config()["from_logits"]


def test_a_sparse_loss_is_refused_where_labels_are_mixed(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path, config=AUGMENTED + "loss: SparseCategoricalCrossentropy\n")
    with pytest.raises(ConfigError, match="MixUp makes each label a vector over the classes") as caught:
        build_for_inspection(experiment)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.line == len(AUGMENTED.splitlines()) + 1
    assert "CategoricalCrossentropy" in str(problem.hint)


def test_building_tells_the_line_of_what_keras_refuses(tmp_path: Path) -> None:
    config = CONFIG.replace("  split:", "  augment:\n    - RandomFlip\n    - RandomRotation: {factor: 2}\n  split:")
    with pytest.raises(ConfigError, match="RandomRotation: The `factor` argument") as caught:
        build_for_inspection(experiment_in(tmp_path, config=config))
    place = caught.value.problems[0].place
    assert place is not None
    assert place.line == config.splitlines().index("    - RandomRotation: {factor: 2}") + 1


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """53 images of 16 x 16."""
    import_keras()
    records = ShapesRecords(ShapesParameters(classes=("square", "triangle"), num_images=53, size=16))
    store = open_packed(records, tmp_path_factory.mktemp("cache"))
    return Split(store, np.arange(53), store["label"][:])


@pytest.fixture(scope="module")
def augmenter(tmp_path_factory: pytest.TempPathFactory) -> Augmenter:
    """The augmentations of the config."""
    experiment = experiment_in(tmp_path_factory.mktemp("config"), config=AUGMENTED)
    made = build_augmenter(experiment.config, SPEC, bind_tasks(experiment.config, SPEC))
    assert made is not None
    return made


def test_the_feed_augments_each_batch_by_its_epoch_and_step(split: Split, augmenter: Augmenter) -> None:
    batches = Batches(split, 8, 5, epoch=2)
    order = epoch_order(53, 5, 2)
    elements = list(to_dataset(batches, lambda batch: batch["label"], augmenter=augmenter).as_numpy_iterator())
    assert len(elements) == 7
    for step, (images, labels) in enumerate(elements):
        positions = order[8 * step : 8 * step + 8]
        batch = {"image": split.images(positions), "label": split.labels[positions]}
        expected = augmenter(batch, 2, step)
        np.testing.assert_array_equal(images, expected["image"])
        np.testing.assert_allclose(labels, expected["label"], atol=1e-6)
        assert not np.array_equal(images, batch["image"])


def test_nothing_to_augment_makes_no_augmenter(tmp_path: Path) -> None:
    assert build_augmenter(experiment_in(tmp_path).config, SPEC, {}) is None


ON_TWO_DEVICES = """
import sys
import numpy as np
from pathlib import Path
from shapenet.training.session import import_keras
import_keras()
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from shapenet.data.batches import Batches, Split
from shapenet.data.store import Store
from shapenet.experiment import load_experiment
from tests.tasks.specs import spec_of
from shapenet.training.build import build_augmenter
from shapenet.training.feed import to_dataset
store = Store(Path(sys.argv[1]))
augmenter = build_augmenter(load_experiment(Path(sys.argv[2])).config, spec_of(2, (16, 16, 3)), {})
batches = Batches(Split(store, np.arange(53), store["label"][:]), 8, 5, epoch=1)
feed = to_dataset(batches, lambda batch: batch["label"], augmenter=augmenter)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
shared = [strategy.experimental_local_results(images) for images, _ in strategy.experimental_distribute_dataset(feed)]
for parts, (images, _) in zip(shared, feed.as_numpy_iterator(), strict=True):
    assert len(parts) == 2 and len(parts[0]) < len(images)
    assert np.array_equal(np.concatenate(parts), images)
print("equal", len(shared))
"""


def test_two_devices_share_what_one_would_see(split: Split, tmp_path: Path) -> None:
    path = experiment_in(tmp_path, config=AUGMENTED).path
    command = [sys.executable, "-c", ON_TWO_DEVICES, str(split.store.folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["equal", "7"], done.stderr


@pytest.mark.parametrize(
    ("top", "arguments", "warns"), [(200, "{}", True), (200, "{value_range: [0, 200]}", False), (1, "{}", False)]
)
def test_floating_point_that_would_be_cut_is_told(tmp_path: Path, top: int, arguments: str, *, warns: bool) -> None:
    images = np.linspace(0, top, 60 * 16, dtype=np.float32).reshape(60, 4, 4)
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(60) % 2)
    source = f"data.source={{arrays: {{path: {tmp_path}/images.npz}}}}"
    experiment = experiment_in(tmp_path, source, f"data.augment=[{{RandomInvert: {arguments}}}]")
    recorder = Recorder()
    load_data(experiment, open_sources(experiment.config), recorder)
    assert any("give value_range" in warning for warning in recorder.warnings) == warns


@pytest.mark.parametrize(
    ("task", "warns"), [("{fields: [centre]}", True), ("{fields: [centre], points: [centre]}", False)]
)
def test_numbers_that_do_not_follow_are_told(tmp_path: Path, task: str, *, warns: bool) -> None:
    experiment = experiment_in(tmp_path, f"task={{regression: {task}}}", "data.augment=[RandomFlip]")
    recorder = Recorder()
    load_data(experiment, open_sources(experiment.config), recorder)
    assert any("moved by RandomFlip, but the values of centre" in warning for warning in recorder.warnings) == warns


def test_images_of_any_size_are_augmented(tmp_path: Path) -> None:
    rows = ["path,label"]
    for index in range(40):
        size = [(12, 16), (16, 12), (20, 20)][index % 3]
        Image.new("RGB", size, (index, 9 * index % 255, 99)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    config = """\
name: any
data:
  source: {csv: {path: data.csv, size: any}}
  augment: [{RandomRotation: {factor: 0.1}}, MixUp]
model: {layers: [GlobalAveragePooling2D]}
training: {batch_size: 4, epochs: 1, steps_per_execution: 3}
"""
    result = train_in(tmp_path, config=config)
    assert result.run.augmented_png.is_file()
