"""The rules of the house that ruff, mypy and import-linter have no check for."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = sorted((REPOSITORY / "shapenet").rglob("*.py"))
CONFIGS = sorted((REPOSITORY / "configs").rglob("*.yaml"))
HEAVY = {"tensorflow", "keras", "tensorboard", "jax"}
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50


def name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def imports_at_load(statements: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import that runs when the module is loaded."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from imports_at_load(statement.orelse)
        elif isinstance(statement, ast.Import):
            yield from ((statement.lineno, alias.name.partition(".")[0]) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.lineno, statement.module.partition(".")[0]
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from imports_at_load(getattr(statement, part, []))
            for handler in getattr(statement, "handlers", []):
                yield from imports_at_load(handler.body)


def long_functions(tree: ast.AST) -> list[str]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = ((f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions)
    return [f"{function}: {size} lines" for function, size in sizes if size > MAX_FUNCTION_LINES]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert long_functions(ast.parse(text)) == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_heavy_packages_are_imported_inside_bodies(path: Path) -> None:
    found = [(line, package) for line, package in imports_at_load(ast.parse(path.read_text(encoding="utf-8")).body)]
    assert [(line, package) for line, package in found if package in HEAVY] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import keras.layers", [(1, "keras")]),
        ("try:\n    from tensorflow import io\nexcept ImportError:\n    import jax", [(2, "tensorflow"), (4, "jax")]),
        ("class A:\n    import keras", [(2, "keras")]),
        ("def f():\n    import keras", []),
        ("if TYPE_CHECKING:\n    import keras", []),
        ("from . import keras", []),
    ],
)
def test_imports_at_load_are_found(source: str, expected: list[tuple[int, str]]) -> None:
    assert list(imports_at_load(ast.parse(source).body)) == expected


def test_long_functions_are_found() -> None:
    body = "    pass\n" * MAX_FUNCTION_LINES
    assert long_functions(ast.parse(f"def f():\n{body}")) == ["f: 51 lines"]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_say_their_job_in_their_first_line(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.partition("\n")[0].endswith(".")


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_configs_open_with_a_comment_that_gives_the_command(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    comment = "\n".join(lines[:end])
    assert path.name in comment or "make " in comment
    assert "shapenet " in comment or "make " in comment


def test_the_lock_pins_every_dependency_and_names_no_place() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {line.partition("==")[0] for line in lock.splitlines() if "==" in line}
    assert {re.split(r"[<>=!~\[; ]", requirement)[0].lower() for requirement in wanted} <= pinned
    requirements = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    assert [line for line in requirements if not re.fullmatch(r"[a-z0-9-]+==[\w.+]+", line)] == []
    assert "://" not in lock


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    expected = {target for target in targets[1].split() if re.fullmatch(r"[a-z]+(-[a-z]+)?", target)}
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=REPOSITORY, env=outside, capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=2) for line in shown.splitlines()]
    assert {line[1] for line in lines} == expected
    assert all(len(line) == 3 for line in lines)
