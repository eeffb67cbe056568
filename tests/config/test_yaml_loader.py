"""YAML by 1.2's rules, its faults with their places, and hostile text."""

import contextlib
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config import yaml_loader
from shapenet.config.nodes import place_of, to_plain
from shapenet.config.yaml_loader import MAX_BYTES, load_yaml, parse_yaml
from shapenet.errors import ConfigError, MachineError, Place


def parse(text):
    return to_plain(parse_yaml(text, "f.yaml", Path("/folder")))


def problems_of(text):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.exit_code == 2
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("-1.", -1.0), ("+1.5e+3", 1500.0), ("010", 10), ("-0", 0),
        ("0o17", 15), ("0x1F", 31), ("~", None), ("null", None), ("NULL", None), ("", None),
        ("true", True), ("False", False),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"), ("0b1", "0b1"), ("nan", "nan"), ("inf", "inf"), ("1e", "1e"),
         ("=", "="), ("\u0661", "\u0661"),
        ("'1'", "1"), ('"null"', "null"), ("!!str 1", "1"), ("! '1'", "1"), ("| \n 1", "1"),
    ],
)  # fmt: skip
def test_scalars(text, value):
    found = parse(f"a: {text}")["a"]
    assert found == value
    assert isinstance(found, str) if isinstance(value, str) else type(found) is type(value)


def test_merge_keys_and_anchors():
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\nd: {<<: *a, '<<': 4}\ne: [*a, *a]"
    plain = parse(text)
    assert plain["c"] == {"x": 1, "y": 1, "z": 3}
    assert plain["d"] == {"x": 1, "y": 1, "<<": 4}
    assert plain["e"] == [{"x": 1, "y": 1}] * 2


def test_a_byte_order_mark_crlf_and_directives():
    node = parse_yaml("\ufeff%YAML 1.2\r\n---\r\na: 1\r\nb: {c: no}\r\n...\r\n", "f.yaml", Path())
    assert to_plain(node) == {"a": 1, "b": {"c": "no"}}
    assert place_of(node, ("b", "c")) == Place("f.yaml", 4, 8)


FAULTS = [
    ("a: 1\na: 2", "config/duplicate-key", 2, 1, "the key 'a' is given twice: in lines 1 and 2"),
    ("x:\n  b: 1\n  c: 2\n  b: 3", "config/duplicate-key", 4, 3, "the key 'b' is given twice: in lines 2 and 4"),
    ("a: {<<: {}, <<: {}}", "config/duplicate-key", 1, 13, "the key '<<' is given twice: here and before"),
    ("a: .nan", "config/number", 1, 4, "expected a finite number, received .nan"),
    ("a:\n  - 1\n  - -.inf", "config/number", 3, 5, "expected a finite number, received -.inf"),
    ("a: 1e999", "config/number", 1, 4,
     "expected a finite number, received 1e999, which is beyond the range of a float"),
    ("1: a", "config/key", 1, 1, "expected text as a key, received 1"),
    ("a: {true: 1}", "config/key", 1, 5, "expected text as a key, received true"),
    ("a:\n  ~: 1", "config/key", 2, 3, "expected text as a key, received null"),
    ("? [x]\n: 1", "config/key", 1, 3, "expected text as a key, received a mapping or a list"),
    ("a: !!python/name:os.system", "config/tag", 1, 4, "the tag '!!python/name:os.system' is not supported"),
    ("a: !!python/object/apply:os.system [ls]", "config/tag", 1, 4,
     "the tag '!!python/object/apply:os.system' is not supported"),
    ("a: !mine {}", "config/tag", 1, 4, "the tag '!mine' is not supported"),
    ("a: !!int 1", "config/tag", 1, 4, "the tag '!!int' is not supported"),
    ("a: !!str [1]", "config/tag", 1, 4, "the tag '!!str' is not supported"),
    ("a: {<<: 3}", "config/merge-key", 1, 5, "expected a mapping or a list of mappings after <<:"),
    ("a: *x", "config/alias", 1, 4, "there is no anchor &x"),
    ("a: &x [*x]", "config/alias", 1, 8, "*x stands inside its own anchor"),
    ("\ta: 1", "config/tab", 1, 1, "a tab stands where spaces indent"),
    ("a: 1\nb:\n\tc: 1", "config/tab", 3, 1, "a tab stands where spaces indent"),
    ("a:\n  b: 1\n  \tc: 2", "config/tab", 3, 3, "a tab stands where spaces indent"),
    ("a: 1\nb: \0", "config/nul", 2, 4, "a NUL byte: this is not a text file"),
    ("a: \x07", "config/character", 1, 4, "the character U+0007 can't stand in YAML"),
    ("a: 1\n---\nb: 1", "config/documents", 2, 1, "a second document begins: expected one"),
    ("a: 1\n---\n", "config/documents", 2, 1, "a second document begins: expected one"),
    ("a: [1\nb: 2", "config/syntax", 2, 2, "the list that begins in line 1, column 4 is not closed before this"),
    ("a: {x: 1]", "config/syntax", 1, 9, "the mapping that begins in line 1, column 4 is not closed before this"),
    ("a: 'x\nb: 1", "config/syntax", 2, 5, "the quoted text that begins in line 1, column 4 is never closed"),
    ("a: b: c", "config/syntax", 1, 5, "this ': ' is one too many: a mapping can't begin here"),
    ("a: 1\n b: 2", "config/syntax", 2, 3, "this ': ' is one too many: a mapping can't begin here"),
    ("- a\nb: 1", "config/syntax", 2, 1, "expected another '- ' of the list that begins in line 1, column 1"),
    ("a:\n    b: 1\n  c: 2", "config/syntax", 3, 3, "expected a key of the mapping that begins in line 1, column 1"),
    ("a: @x", "config/syntax", 1, 4, "'@' can't begin an unquoted value"),
    ("a: - b", "config/syntax", 1, 4, "a list can't begin here"),
    ('a: "\\q"', "config/syntax", 1, 5, "an unknown escape in double-quoted text"),
    ("a: *", "config/syntax", 1, 5, "a name must follow & or *"),
    ("%YAML 3.0\n---\na: 1", "config/syntax", 1, 1, "a % directive that shapenet can't read"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line", "column", "message"), FAULTS)
def test_faults(text, code, line, column, message):
    (problem,) = problems_of(text)
    assert (problem.code, problem.place, problem.message) == (code, Place("f.yaml", line, column), message)


def test_all_faults_at_once():
    problems = problems_of("a: 1\na: 2\n3: x\nb: .nan\nc: !t 1\nd: [")
    assert [p.code.split("/")[1] for p in problems] == ["duplicate-key", "key", "number", "tag", "syntax"]
    assert len(problems_of("\n".join(["a: 1"] * 1000))) == 20


def bomb(levels=20):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "alias bomb": (bomb(), "config/too-big"),
    "merged bomb": (bomb().replace("[", "{k: [").replace("]", "]}"), "config/too-big"),
    "many values": ("a: [" + "x," * 400_000 + "]", "config/too-big"),
    "open lists": ("a: " + "[" * 100_000, "config/too-deep"),
    "open mappings": ("{a: " * 100_000, "config/too-deep"),
    "nested lists": ("- " * 400_000, "config/too-deep"),
    "nested keys": ("? " * 400_000, "config/too-deep"),
    "depth by alias": (f"a: &a {'[' * 40}{']' * 40}\nb: {'[' * 40}*a{']' * 40}", "config/too-deep"),
    "tag directives": ("".join(f"%TAG !{i}! tag:x\n" for i in range(45_000)) + "--- a", "config/tag"),
    "many digits": ("a: " + "1" * 900_000, "config/number"),
    "long anchor": ("a: *" + "n" * 900_000, "config/alias"),
    "long tag": ("a: !" + "n" * 900_000, "config/tag"),
    "long key": ("n" * 900_000 + ": 1", "config/syntax"),
    "10 MB": ("a: b\n" * 2_000_000, "config/too-big"),
}


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_left_at_once(text, code):
    problem = problems_of(text)[-1]
    assert problem.code == code
    assert len(str(problem)) < 400


def test_honest_anchors_and_depth():
    assert len(parse("a: &a [x, x]\nb: [" + "*a," * 1000 + "]")["b"]) == 1000
    parse("[" * 64 + "]" * 64)


@given(st.text(max_size=200) | st.text(alphabet="ab01:-?[]{},&*!|>%@#'\"\\ \t\n\r~<.e", max_size=80))
def test_any_text_is_a_value_or_a_config_error(text):
    with contextlib.suppress(ConfigError):
        parse(text)


def test_without_libyaml(monkeypatch):
    monkeypatch.setattr(yaml_loader, "_LOADER", yaml.SafeLoader)
    assert parse("a: {b: 1e-3}") == {"a": {"b": 0.001}}
    for text, code, line, _, _ in FAULTS:
        problem = problems_of(text)[-1]
        assert problem.code == code or "\t" in text, text
        assert problem.place.line in (line, line + 1)
    assert problems_of('a: "\\UFFFFFFFF"')[0].code == "config/syntax"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"", "config/empty", (1, 1)),
        (b"# only a comment\n", "config/empty", (1, 1)),
        (b"---\n", "config/empty", (1, 1)),
        (b"- a\n", "config/root", (1, 1)),
        (b"\nhello\n", "config/root", (2, 1)),
        (b"''\n", "config/root", (1, 1)),
        (b"a: 1\nname: caf\xe9\n", "config/encoding", (2, 10)),
        (b"\xef\xbb\xbfa: \xff", "config/encoding", (1, 4)),
        ("a: 1".encode("utf-16"), "config/encoding", (1, 1)),
        (b"a: " + b"x" * MAX_BYTES, "config/too-big", ()),
    ],
)
def test_bad_files(tmp_path, data, code, place):
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (code, Place(str(path), *place))


def test_the_offset_of_what_is_not_utf8(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: \xff")
    with pytest.raises(ConfigError, match="byte 0xff at offset 6"):
        load_yaml(tmp_path / "a.yaml")


def test_a_missing_file_a_folder_a_device(tmp_path):
    (tmp_path / "train.yaml").write_text("a: 1")
    for path, code, hint in [
        (tmp_path / "trian.yaml", "config/missing-file", "did you mean train.yaml?"),
        (tmp_path, "config/not-a-file", "one of: train.yaml"),
        (tmp_path / "none" / "a.yaml", "config/missing-file", f"there is no folder {tmp_path / 'none'} either"),
    ]:
        with pytest.raises(ConfigError) as caught:
            load_yaml(path)
        assert (caught.value.problems[0].code, caught.value.problems[0].hint) == (code, hint)
    if Path("/dev/zero").exists():
        with pytest.raises(ConfigError, match="received a pipe or a device"):
            load_yaml(Path("/dev/zero"))


def test_a_pipe_of_the_shell_is_read_and_one_with_a_name_is_not(tmp_path):
    ours, theirs = os.pipe()
    os.write(theirs, b"a: 1")
    os.close(theirs)
    assert to_plain(load_yaml(Path(f"/dev/fd/{ours}"))) == {"a": 1}
    os.close(ours)
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(ConfigError, match="received a pipe or a device"):
        load_yaml(tmp_path / "a.yaml")


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a.yaml").symlink_to(tmp_path / "a.yaml")
    with pytest.raises(MachineError, match="can't read"):
        load_yaml(tmp_path / "a.yaml")


def test_base_dir_is_the_files_folder(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text("path: x.csv")
    monkeypatch.chdir(tmp_path)
    node = load_yaml(Path("a.yaml"))
    assert to_plain(node)["path"].base_dir == tmp_path
    assert place_of(node, ("path",)) == Place("a.yaml", 1, 7)
