"""The command `shapenet validate`."""

import json

import pytest

from shapenet.cli.render.console import as_text
from shapenet.cli.render.layers import layers_table, readable_bytes
from shapenet.models.summary import LayerRow

CONFIG = """\
name: quick
data:
  source: {shapes: {classes: [square, star], num_images: 8, size: 16}}
model:
  layers:
    - Flatten
    - Dense: {units: 8, activation: relu}
training: {batch_size: 4, epochs: 3}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(CONFIG.replace("units", "unit").replace("epochs", "epoch"), encoding="utf-8")
    return tmp_path


def test_a_right_config(folder, cli):
    done = cli("validate", "--config", "right.yaml")
    assert done.out == "ok: right.yaml: quick\n  classification of shapes, 2 layers, Adam, at most 3 epochs\n"
    assert (done.code, done.err) == (0, "")


def test_overrides_count(folder, cli):
    done = cli("validate", "--config", "right.yaml", "-o", "name=other", "-o", "optimizer=SGD")
    assert done.out == "ok: right.yaml: other\n  classification of shapes, 2 layers, SGD, at most 3 epochs\n"


def test_every_error_of_every_config_at_once(folder, cli):
    done = cli("validate", "--config", "wrong.yaml", "--config", "right.yaml", "--config", "rigth.yaml")
    assert done.code == 2
    assert done.out.startswith("ok: right.yaml: quick\n")
    errors = [line for line in done.err.splitlines() if line.startswith("error")]
    assert sorted(line.split("]")[0] for line in errors) == [
        "error[config/missing-file",
        "error[config/unknown-argument",
        "error[config/unknown-key",
    ]
    assert "wrong.yaml:7:15" in done.err
    assert "did you mean units?" in done.err
    assert "did you mean right.yaml" in done.err
    assert done.err.endswith("\n3 errors\n")


def test_json(folder, cli):
    done = cli("validate", "--config", "right.yaml", "--config", "wrong.yaml", "--format", "json")
    right, wrong = json.loads(done.out)
    assert right == {
        "config": "right.yaml", "ok": True, "name": "quick", "project": "default", "task": "classification",
        "source": "shapes", "num_layers": 2, "optimizer": "Adam", "epochs": 3,
    }  # fmt: skip
    assert (wrong["ok"], done.code, done.err) == (False, 2, "")
    assert {"file": "wrong.yaml", "line": 7}.items() <= wrong["errors"][0].items()


def test_build_shows_the_layers(folder, cli):
    done = cli("validate", "--config", "right.yaml", "--build")
    assert (done.code, done.err) == (0, "")
    table = [line.split()[1:] for line in done.out.splitlines()[3:]]
    assert ["Dense", "8", "6,152", "128", "B"] in table
    assert ["6,170", "27.2", "KiB"] in table
    as_json = json.loads(cli("validate", "--config", "right.yaml", "--build", "--format", "json").out)[0]
    assert as_json["num_parameters"] == 6170
    assert as_json["layers"][-1]["output_shape"] == [2]


def test_build_warns_of_a_head_behind_a_softmax(folder, cli):
    layers = "model.layers=[Flatten, {Dense: {units: 2, activation: softmax, name: classes}}]"
    done = cli("validate", "--config", "right.yaml", "--build", "-o", layers)
    assert done.code == 0
    assert done.err.startswith("warning: right.yaml: command line (-o model.layers=[Flatten, {Dense")
    assert "): the output layer follows 'classes', which gives as many" in done.err
    (warning,) = json.loads(cli("validate", "--config", "right.yaml", "--build", "--format", "json", "-o", layers).out)[
        0
    ]["warnings"]
    assert "model.head: none" in warning["help"]


def test_build_places_what_does_not_fit(folder, cli):
    pooling = CONFIG.replace("    - Flatten\n", "    - Conv2D: {filters: 4, kernel_size: 32}\n    - Flatten\n")
    (folder / "deep.yaml").write_text(pooling, encoding="utf-8")
    done = cli("validate", "--config", "deep.yaml", "--build")
    assert done.code == 2
    assert "deep.yaml:6:" in done.err
    assert "32 x 32" in done.err


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("training.monitor=val_foo", "received 'val_foo'"),
        ("metrics=[BinaryAccuracy]", "InvalidArgumentError: Incompatible shapes"),
        ("training.callbacks=[ReduceLROnPlateau: {factor: 2.0}]", "ReduceLROnPlateau: "),
        ("model.input_scaling={Rescaling: {scale: abc}}", "Cast string to float is not supported"),
    ],
)
def test_build_refuses_what_training_would(folder, cli, override, text):
    done = cli("validate", "--config", "right.yaml", "--build", "-o", override)
    assert done.code == 2
    assert text in done.err
    assert "File " not in done.err
    assert ("right.yaml:" if "Rescaling" in override else "command line (-o ") in done.err


def test_layers_fit_80_columns():
    rows = [LayerRow("a_very_long_name_of_a_layer" * 3, "BatchNormalization", (224, 224, 1024), 10**8, 10**8, 2**40)]
    lines = as_text(layers_table(rows, batch_size=256), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("224 x 224 x 1024" in line and "100,000,000" in line and "256.0 TiB" in line for line in lines)
    assert lines[-1] == "memory: estimate for the activations of a batch of 256"


def test_unknown_sizes():
    text = as_text(layers_table([LayerRow("a", "Conv2D", (None, None, 3), 0, 0, 12)], batch_size=1))
    assert "? x ? x 3" in text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (2**20, "1.0 MiB"), (2**50, "1024.0 TiB")]
)
def test_readable_bytes(size, text):
    assert readable_bytes(size) == text


UNFIT = """\
name: quick
data:
  source: {shapes: {classes: [square, star], num_images: 8, size: 16}}
model:
  layers:
    - Flatten: {name: flat, inputs: inptu}
    - Dense: {units: 8, name: flat}
loss: Circle
training:
  monitor: val_acuracy
  early_stopping: {monitor: foo}
  callbacks: [{ReduceLROnPlateau: {monitor: los}}]
"""


def test_what_does_not_fit_is_told_without_keras(folder, cli):
    (folder / "unfit.yaml").write_text(UNFIT, encoding="utf-8")
    done = cli("validate", "--config", "unfit.yaml", "--format", "json")
    assert done.code == 2
    (checked,) = json.loads(done.out)
    assert [(error["code"], error["line"], error["help"]) for error in checked["errors"]] == [
        ("model/unknown-input", 6, "did you mean input?"),
        ("model/duplicate-name", 7, None),
        ("config/loss", 8, checked["errors"][2]["help"]),
        ("config/monitor", 10, "did you mean val_accuracy or accuracy?"),
        ("config/monitor", 11, "one of: accuracy, loss, val_accuracy, val_loss"),
        ("config/monitor", 12, "did you mean loss?"),
    ]


def test_a_value_of_the_val_split_needs_one(folder, cli):
    overrides = ("-o", "training.monitor=val_loss", "-o", "data.split.val=0.0")
    done = cli("validate", "--config", "right.yaml", *overrides)
    assert done.code == 2
    assert "there is no val split" in done.err


def test_names_that_only_making_a_metric_tells_are_left_to_training(folder, cli):
    metrics = ("-o", "metrics=[AUC, AUC]", "-o", "training.monitor=val_auc_1")
    assert cli("validate", "--config", "right.yaml", *metrics).code == 0


def test_building_tells_of_numbers_that_do_not_follow_their_images(folder, cli):
    overrides = ("-o", "task={regression: {fields: [centre]}}", "-o", "data.augment=[RandomFlip]")
    done = cli("validate", "--build", "--config", "right.yaml", *overrides)
    assert done.code == 0
    expected = "warning: right.yaml: command line (-o data.augment=[RandomFlip]): images are moved by RandomFlip"
    assert expected in done.err


def test_building_tells_the_line_of_a_layer_that_augments_what_is_not_learnt_with_it(folder, cli):
    text = (folder / "right.yaml").read_text(encoding="utf-8")
    assert "  layers:\n" in text
    (folder / "right.yaml").write_text(text.replace("  layers:\n", "  layers:\n    - MixUp\n"), encoding="utf-8")
    done = cli("validate", "--build", "--config", "right.yaml")
    line = text[: text.index("  layers:\n")].count("\n") + 2
    expected = (
        f"warning: right.yaml:{line}:7: MixUp changes images within the model, but not what is learnt of them: label"
    )
    assert (done.code, " ".join(done.err.split()).startswith(expected)) == (0, True), done.err
