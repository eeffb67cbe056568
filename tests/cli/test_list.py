"""The command `shapenet list`, and types in words."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from shapenet.cli.render.annotations import in_words
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
    lines = rows(cli("list", "metric").out)
    assert lines[2][:2] == ["accuracy", "shapenet"]
    assert {row[1] for row in lines[3:]} == {"keras"}
    names = [row[0].lower() for row in lines[3:]]
    assert names == sorted(names)


def test_names_of_one_origin_do_not_repeat_it(cli):
    assert "keras " not in cli("list", "schedule").out


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
    assert cli("list", "task", "classification").out.endswith("It takes no arguments.\n")


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
