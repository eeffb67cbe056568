"""References to other keys and to the environment."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.interpolation import escape, interpolate
from shapenet.config.nodes import place_of, to_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Place


def tree_of(text, **environment):
    return interpolate(parse_yaml(text, "f.yaml", Path("/folder")), environment)


def problems_of(text, **environment):
    with pytest.raises(ConfigError) as caught:
        tree_of(text, **environment)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: ${b}\nb: 1e-3", 0.001),
        ("a: ${b.c.1}\nb: {c: [1, true]}", True),
        ("a: ${b}\nb: {c: [1, x]}", {"c": [1, "x"]}),
        ("a: '${b}'\nb: null", None),
        ("a: x-${b}-${c}\nb: 1e-3\nc: true", "x-0.001-true"),
        ("a: ${b.d}\nb: ${c}\nc: {d: ${e}}\ne: 5", 5),
        ("a: $${b}", "${b}"),
        ("a: $$${b}", "$${b}"),
        ("a: $b {} }", "$b {} }"),
        ("a: ${env:N}", 10),
        ("a: v${env:N}", "v010"),
        ("a: ${env:TEXT}", "no"),
        ("a: ${env:REFERENCE}", "${b}"),
        ("a: ${env:MISSING:1e-2}", 0.01),
        ("a: ${env:MISSING:http://x:80}", "http://x:80"),
        ("a: '${env:MISSING:}'", None),
        ("a: 'x${env:MISSING:}'", "x"),
    ],
)
def test_references(text, value):
    found = to_plain(tree_of(text.replace("{d: ${e}}", "{d: '${e}'}"), N="010", TEXT="no", REFERENCE="${b}"))["a"]
    assert found == value
    assert type(found) is type(value) or isinstance(value, str)


def test_places_and_folders(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    tree = tree_of("a: ${env:P}\nb: ${a}\nc: ${env:Q:q.csv}\nd: d/${env:P}", P="p.csv")
    assert place_of(tree, ("a",)) == Place("environment variable P")
    assert place_of(tree, ("b",)) == Place("f.yaml", 2, 4)
    assert [to_plain(tree)[key].base_dir for key in "abcd"] == [tmp_path, tmp_path, Path("/folder"), Path("/folder")]


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "hint"),
    [
        ("a: ${opt.x}\nopts: 1", "interpolation", 4, "${opt.x}: there is no 'opt'", "did you mean opts?"),
        ("a: ${b.lrr}\nb: {lr: 1}", "interpolation", 4, "${b.lrr}: there is no 'lrr' in b", "did you mean lr?"),
        ("a: ${b.3}\nb: [1]", "interpolation", 4, "${b.3}: there is no '3' in b", None),
        ("a: ${", "interpolation", 4, "expected a } after '${'", None),
        ("a: '${}'", "interpolation", 4, "${} names nothing", "write ${key} or ${env:NAME}, and $${ for ${ itself"),
        ("a: '${env:X:${b}}'", "interpolation", 4, "${env:X:${b}: references can't stand inside each other", None),
        ("a: ${env:1X}", "interpolation", 4, "${env:1X}: expected a variable's name after env:",
         "write ${env:NAME} or ${env:NAME:default}"),
        ("a: x ${b}\nb: [1]", "interpolation", 4, "${b} is not a single value and can't stand inside text",
         "let it stand alone"),
        ("a: ${env:X}", "environment", 4, "the environment variable X is not set",
         "set it, or write ${env:X:default}"),
        ("a: ${env:BAD}", "environment", 4, "${env:BAD}: expected a finite number, received .nan", None),
        ("a: ${env:BYTES}", "environment", 4, "the environment variable BYTES is not UTF-8", None),
        ("a: ${a}", "interpolation-cycle", 4, "references lead back to themselves: a > a", None),
        ("a: ${b}\nb: x${c.d}\nc: {d: '${a}'}", "interpolation-cycle", 8,
         "references lead back to themselves: a > b > c.d > a", None),
        ("a: {b: '${a}'}", "interpolation-cycle", 8, "references lead back to themselves: a.b > a.b", None),
    ],
)  # fmt: skip
def test_faults(text, code, column, message, hint):
    (problem,) = problems_of(text, BAD=".nan", BYTES="\udcff")
    assert (problem.code, problem.message, problem.hint) == (f"config/{code}", message, hint)
    assert problem.place.column in (4, column)


def test_all_faults_at_once():
    assert [p.place.line for p in problems_of("a: ${x}\nb: ${env:Y}\nc: [1, '${z}']\nd: ${a}")] == [1, 2, 3]


def test_references_that_blow_up():
    doubled = "\n".join(f"a{i}: ${{a{i + 1}}}${{a{i + 1}}}" for i in range(60)) + "\na60: xx"
    nested = "\n".join(f"a{i}: ['${{a{i + 1}}}', '${{a{i + 1}}}']" for i in range(60)) + "\na60: 1"
    wide = "big: [" + "1," * 5_000 + "]\nb: [" + "'${big}'," * 5_000 + "]"
    for text in (doubled, nested, wide):
        assert problems_of(text)[-1].code in ("config/too-big", "config/too-deep")
    chain = "\n".join(f"a{i}: ${{a{i + 1}}}" for i in range(5_000)) + "\na5000: 1"
    assert "levels deep" in problems_of(chain)[0].message
    assert problems_of("a: " + "${" * 400_000)[0].code == "config/interpolation"


PLAIN = st.recursive(st.integers() | st.text(alphabet="${}ab.:"), lambda s: st.lists(s) | st.dictionaries(st.text(), s))


@given(PLAIN)
def test_escaped_data_means_itself(data):
    assert to_plain(interpolate(nodes_of(escape(data)), {})) == data


@given(st.dictionaries(st.sampled_from("abc"), st.text(alphabet="${}ab.:env0", max_size=12)))
def test_any_text_is_a_value_or_a_config_error(data):
    with suppress(ConfigError):
        interpolate(nodes_of(data), {"a": "1"})


def nodes_of(data):
    from shapenet.config.dump import dump_yaml

    return parse_yaml(dump_yaml({"root": data}), "f.yaml", Path()).entries["root"].node


def test_dir_is_the_folder_of_a_path_elsewhere(tmp_path):
    text = "a: {path: sub/train.csv}\nb: ${dir:a.path}/test.csv\nc: ${dir:a.path}\nd: ${dir:e}\ne: /x/y/z.csv"
    data = to_plain(interpolate(parse_yaml(text, "f.yaml", tmp_path), {}))
    folder = str(tmp_path / "sub")
    assert (data["b"], data["c"], data["d"]) == (f"{folder}/test.csv", folder, "/x/y")


def test_dir_needs_a_path():
    problem = problems_of("a: 3\nb: ${dir:a}")[0]
    assert problem.message == "${dir:a}: expected a path there, received 3"


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("{width: 2, parameters: {width: 3}}", None),
        ("{parameters: {width: 3}}", "did you mean ${model.parameters.width}?"),
        ("{layers: []}", "one of: layers; values of your own stand in model.parameters, and ${model.parameters.width}"),
        ("{widths: 3}", "did you mean widths?"),
    ],
)
def test_values_of_the_users_own_are_looked_for_among_the_parameters(model, hint):
    text = f"a: ${{model.width}}\nmodel: {model}"
    if hint is None:
        assert to_plain(tree_of(text))["a"] == 2
        return
    (problem,) = problems_of(text)
    assert str(problem.hint).startswith(hint)
