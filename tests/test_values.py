"""Values of a config: paths know where they were written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from shapenet.values import ConfigPath, ConfigText, FractionRange, ImageSize, absolute_path

PATH: TypeAdapter[Path] = TypeAdapter(ConfigPath)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/b.csv", "/folder/a/b.csv"), ("/a", "/a"), ("./a", "/folder/a"), ("../a", "/a"), ("~/a", "/home/user/a")],
)
def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    assert absolute_path(text, Path("/folder")) == Path(expected)
    assert PATH.validate_python(ConfigText(text, Path("/folder"))) == Path(expected)


def test_text_from_elsewhere_starts_from_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert PATH.validate_python("x") == tmp_path / "x"


@pytest.mark.parametrize("value", ["", "a\0b", 3, None, ["a"]])
def test_what_is_no_path(value: object) -> None:
    with pytest.raises(ValidationError):
        PATH.validate_python(value)


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (FractionRange, [0, 0.5], (0, 0.5)), (ImageSize, 28, 28), (ImageSize, [28, 32], (28, 32)),
        (FractionRange, [0, 1.5], None), (FractionRange, [0], None), (ImageSize, 0, None), (ImageSize, [1, 2, 3], None),
        (ImageSize, True, None), (ImageSize, 20_000, None),
    ],
)  # fmt: skip
def test_ranges_and_sizes(annotation: object, value: object, expected: object) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(annotation)
    if expected is None:
        with pytest.raises(ValidationError):
            adapter.validate_python(value, strict=True)
    else:
        assert adapter.validate_python(value, strict=True) == expected
