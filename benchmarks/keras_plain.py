"""The plain alternative that shapenet is measured against: Keras and tf.data, as a good tutorial writes them.

Needs nothing of shapenet. Prints its accuracy on the tenth of the training images that it holds out, as JSON.

    .venv/bin/python benchmarks/keras_plain.py --model mlp --epochs 3 --csv .../train.csv
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH_SIZE = 32
VAL_FRACTION = 0.1
SEED = 7


def read_csv(path: Path) -> tuple[list[str], list[int]]:
    """Image paths and labels from a CSV with the columns filepath or path, and label; text becomes a number."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    column = "filepath" if "filepath" in rows[0] else "path"
    classes = sorted({row["label"] for row in rows})
    return [str(path.parent / row[column]) for row in rows], [classes.index(row["label"]) for row in rows]


def load_image(path: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Read and decode one image, uint8 of (28, 28, 1)."""
    image = tf.io.decode_png(tf.io.read_file(path), channels=1)
    return tf.ensure_shape(image, (28, 28, 1)), label


def make_datasets(path: Path) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Shuffled batches to train on, and batches of the held-out tenth."""
    names, numbers = read_csv(path)
    order = np.random.default_rng(SEED).permutation(len(names))
    paths, labels = np.array(names)[order], np.array(numbers)[order]
    num_val = int(len(paths) * VAL_FRACTION)
    train = tf.data.Dataset.from_tensor_slices((paths[num_val:], labels[num_val:]))
    val = tf.data.Dataset.from_tensor_slices((paths[:num_val], labels[:num_val]))
    train = train.shuffle(len(paths) - num_val, seed=SEED)
    return finish(train), finish(val)


def finish(dataset: tf.data.Dataset, load: Callable[..., tuple[tf.Tensor, tf.Tensor]] = load_image) -> tf.data.Dataset:
    """Decode in parallel, batch and prefetch."""
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE)


def make_mlp() -> keras.Model:
    """The course's network: 128, 32, 64, logits."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def make_cnn() -> keras.Model:
    """Two convolutions with pooling, one dense layer, logits."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10),
        ]
    )


def main() -> None:
    """Train and print the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("mlp", "cnn"), required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--csv", type=Path, required=True, help="MNIST's train.csv")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    train, val = make_datasets(arguments.csv)
    model = make_mlp() if arguments.model == "mlp" else make_cnn()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(train, validation_data=val, epochs=arguments.epochs, verbose=2)
    print(json.dumps({"val_accuracy": history.history["val_accuracy"][-1]}))


if __name__ == "__main__":
    main()
