"""The command `shapenet list`, and types in words."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from shapenet.cli.render.annotations import in_words
from shapenet.cli.render.config_keys import config_keys, keys_view
from shapenet.cli.render.console import as_text
from shapenet.cli.render.docstrings import argument_descriptions
from shapenet.config.learning import InitConfig, LimitBatchesConfig, UnfreezeConfig
from shapenet.config.model_input import ModelInputConfig
from shapenet.config.runtime import RuntimeConfig
from shapenet.config.schema import (
    CheckpointConfig,
    DataConfig,
    EarlyStoppingConfig,
    ExperimentConfig,
    ModelConfig,
    SplitConfig,
    TrainingConfig,
)
from shapenet.registry import REGISTRIES, OneOf, Part
from shapenet.values import ConfigPath, FractionRange, ImageSize
from shapenet.vocabulary import load_vocabulary


def rows(text):
    return [line.split() for line in text.splitlines()]


def test_kinds_with_their_counts(cli):
    done = cli("list")
    shown = {row[0]: row[1] for row in rows(done.out)[2:]}
    assert shown == {kind: str(len(registry)) for kind, registry in REGISTRIES.items()}
    assert (done.code, done.err) == (0, "")


def test_names_with_ours_first(cli):
    known = ["shapenet", "keras"]  # other tests register more
    lines = [row for row in rows(cli("list", "metric").out)[2:] if row[1:] and row[1] in known]
    origins = [row[1] for row in lines]
    assert origins == sorted(origins, key=known.index)
    assert set(origins) == {"shapenet", "keras"}
    for origin in origins:
        names = [row[0].lower() for row in lines if row[1] == origin]
        assert names == sorted(names)


def test_names_of_one_origin_do_not_repeat_it(cli):
    assert "keras " not in cli("list", "initializer").out


def test_arguments_with_type_and_default(cli):
    out = cli("list", "layer", "Conv2D").out
    assert out.startswith("Conv2D  layer from keras\n2D convolution layer.\n")
    table = {row[0]: row[1:] for row in rows(out) if row}
    assert table["filters"] == ["required", "an", "integer", "from", "1"]
    assert table["padding"] == ["valid", "valid,", "same", "or", "causal"]
    assert table["kernel_initializer"] == ["glorot_uniform", "an", "initializer"]
    assert table["activation:"][0] == "celu,"
    assert rows(out)[5][0] == "filters", "required ones come first"


def test_a_name_without_arguments(cli):
    assert cli("list", "metric", "accuracy").out.endswith("It takes no arguments.\n")


def test_arguments_are_described_where_the_factory_describes_them(cli):
    out = cli("list", "source", "csv").out
    table = out.splitlines()
    described = next(index for index, line in enumerate(table) if line.startswith("size "))
    assert table[described + 1].strip().startswith("Side in pixels, or height and width, of all images; `any` lets")
    load_vocabulary()
    ours = [entry for registry in REGISTRIES.values() for entry in registry if entry.origin == "shapenet"]
    assert {"csv", "shapes"} <= {entry.name for entry in ours}
    for entry in ours:
        assert argument_descriptions(entry).keys() >= set(entry.parameters), entry.name


def test_the_keys_of_the_config(cli):
    out = cli("list", "config").out
    sections = [line for line in out.splitlines() if line and " " not in line and "─" not in line]
    assert sections == [
        "data", "data.split", "model", "model.input", "init", "training", "training.early_stopping",
        "training.checkpoint", "training.unfreeze", "training.limit_batches", "runtime",
    ]  # fmt: skip
    table = {row[0]: row[1:] for row in rows(out) if row}
    assert table["seed"] == ["0", "an", "integer", "from", "0"]
    assert table["source"] == ["required", "a", "source"]
    assert table["on_bad"] == ["error", "error", "or", "skip"]
    assert table["optimizer"] == ["Adam", "an", "optimizer"]
    assert "What to do about images that are missing or can't be read: stop, or leave them out." in out


def test_every_key_of_the_config_is_listed():
    load_vocabulary()
    listed = {key.dotted for key in config_keys()}
    sections = {"": ExperimentConfig, "data.": DataConfig, "data.split.": SplitConfig, "model.": ModelConfig,
                "model.input.": ModelInputConfig, "init.": InitConfig, "training.checkpoint.": CheckpointConfig,
                "training.": TrainingConfig, "training.early_stopping.": EarlyStoppingConfig,
                "training.unfreeze.": UnfreezeConfig, "training.limit_batches.": LimitBatchesConfig,
                "runtime.": RuntimeConfig}  # fmt: skip
    assert listed == {f"{prefix}{name}" for prefix, section in sections.items() for name in section.model_fields}


def test_a_section_and_a_single_key_of_the_config(cli):
    out = cli("list", "config", "data.split").out
    assert out.startswith("data.split\nkey ")
    assert "stratify" in out
    assert "on_bad" not in out
    single = rows(cli("list", "config", "training.epochs").out)
    assert single[0] == ["training"]
    assert single[3] == ["epochs", "10", "an", "integer", "from", "1"]


def test_keys_of_the_config_fit_80_columns():
    load_vocabulary()
    lines = as_text(keys_view(config_keys()), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)


def test_the_config_is_listed_without_keras():
    code = (
        "import sys; from shapenet.cli.list import list_parts; list_parts(['config'], standalone_mode=False);"
        "sys.exit(str({'tensorflow', 'keras', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines() == ["set()"]


def test_every_name_can_be_shown(cli):
    load_vocabulary()
    for kind, registry in REGISTRIES.items():
        for entry in registry:
            done = cli("list", kind, entry.name)
            assert done.code == 0
            assert "typing." not in done.out
            assert "Annotated" not in done.out


@pytest.mark.parametrize(
    ("arguments", "error", "help_text"),
    [
        ("layr", "usage/unknown-kind]: command line: there is no kind 'layr'", "did you mean layer?"),
        ("shoes", "usage/unknown-kind]: command line: there is no kind 'shoes'", "one of: "),
        ("confg", "usage/unknown-kind]: command line: there is no kind 'confg'", "did you mean config?"),
        (
            "config training.epoch",
            "usage/unknown-key]: command line: the config has no key 'training.epoch'",
            "did you mean training.epochs",
        ),
        ("layer Con2D", "config/unknown-layer]: command line: there is no layer 'Con2D'", "did you mean Conv2D"),
    ],
)
def test_unknown_kinds_and_names(arguments, error, help_text, cli):
    done = cli("list", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error[{error}\n  help: {help_text}")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "an integer"),
        (float | None, "a number, or null"),
        (Literal["auto", "rgb", False], "auto, rgb or false"),
        (Any, "any value that Keras takes"),
        (ConfigPath, "a path"),
        (Path | None, "a path, or null"),
        (Annotated[int, Field(ge=1)], "an integer from 1"),
        (Annotated[int, Field(ge=8, le=100_000)], "an integer from 8 to 100000"),
        (Annotated[float, Field(gt=0, lt=1)], "a number above 0 below 1"),
        (Annotated[float, Field(gt=0, le=0.1)], "a number above 0 up to 0.1"),
        (Annotated[int, Field(ge=0, lt=2**63)], "an integer from 0"),
        (Annotated[Any, Part("initializer")], "an initializer"),
        (Annotated[Any, Part("source", "one")], "a source"),
        (Annotated[Any, Part("source", "list")], "a list of sources"),
        (Annotated[Any, Part("source", "mapping")], "names, each with a source"),
        (Annotated[Annotated[float, Field(gt=0)], Part("schedule")], "a number above 0, or a schedule"),
        (Annotated[Any, OneOf(("a", "b"))], "a, b or null"),
        (Annotated[Any, OneOf(("a", "b"), or_null=False)], "a or b"),
        (Annotated[Any, OneOf(tuple("abcdefghij"))], "one of the names below, or null"),
        (FractionRange, "a list of 2 numbers from 0 to 1"),
        (ImageSize, "any, an integer from 1 to 16384, or a list of 2 integers from 1 to 16384"),
        (tuple[str, ...], "a list of texts"),
        (list[Literal["a", "b"]], "a list of values, each a or b"),
        (tuple[int, str], "a list of an integer, text"),
        (dict[str, int], "a mapping"),
    ],
)
def test_types_in_words(annotation, words):
    assert in_words(annotation) == words
