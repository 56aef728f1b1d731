"""Scenario files as YAML: plain values as they look, anchors, merges, and where everything stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmslab.errors import KmslabError
from kmslab.scenario.parts import Place
from kmslab.scenario.reading import beside, read_source


def _read(folder: Path, text: str) -> Any:
    path = folder / "file.yaml"
    path.write_text(text)
    return read_source(path, "file.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2012-10-17", "2012-10-17"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("0o17", "0o17"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ("true", True),
        ("~", None),
        ("12", 12),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("!!str 12", "12"),
    ],
)
def test_a_plain_value_is_what_it_looks_like(text: str, value: object, tmp_path: Path) -> None:
    read = _read(tmp_path, f"a: {text}\n").value["a"]
    assert read == value
    assert type(read) is type(value)


def test_python_objects_are_never_made(tmp_path: Path) -> None:
    source = _read(tmp_path, "a: !!python/object/apply:os.getcwd []\nb: !!python/name:os.getcwd x\n")
    assert source.value == {"a": [], "b": "x"}


def test_an_anchor_is_as_though_it_were_written_out(tmp_path: Path) -> None:
    source = _read(tmp_path, "a: &one {x: 1}\nb: *one\nc: {<<: *one, y: 2}\nd: {<<: [*one, {x: 3, z: 4}]}\n")
    one = {"x": 1}
    assert source.value == {"a": one, "b": one, "c": {"x": 1, "y": 2}, "d": {"x": 1, "z": 4}}
    assert source.findings == []


def test_a_member_of_its_own_goes_before_a_merged_one(tmp_path: Path) -> None:
    source = _read(tmp_path, "a: &one {x: 1}\nb: {x: 2, <<: *one}\n")
    assert source.value["b"] == {"x": 2}


def test_a_merge_of_something_else_is_found(tmp_path: Path) -> None:
    source = _read(tmp_path, "a: {<<: text}\n")
    assert [str(each) for each in source.findings] == [
        "file.yaml:1:9: What '<<' takes in is a mapping, or a list of mappings."
    ]


def test_every_value_and_every_name_has_its_place(tmp_path: Path) -> None:
    source = _read(tmp_path, "one:\n  - two: 3\n    four: [5]\n")
    assert source.root.get("one").place == Place("file.yaml", 2, 3)
    (first,) = source.root.get("one").items()
    assert first.get("two").place == Place("file.yaml", 2, 10)
    assert next(first.get("four").items()).place == Place("file.yaml", 3, 12)
    assert source.names["one", 0, "four"] == Place("file.yaml", 3, 5)
    # What is missing stands where it should be.
    assert first.get("six").place == Place("file.yaml", 2, 5)


def test_a_part_without_what_is_asked_for_gives_nothing(tmp_path: Path) -> None:
    part = _read(tmp_path, "one: 1\n").root.get("one")
    assert (part.text, list(part.members()), list(part.items()), part.get("x").value) == ("", [], [], None)


def test_a_policy_may_be_in_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "one.json").write_text('{\n\t"Version": "2012-10-17"\n}')
    source = _read(tmp_path, "policy: {file: policies/one.json}\nobjects: {a: {file: policies/one.json}}\n")
    assert source.value["policy"] == {"Version": "2012-10-17"}
    assert source.root.get("policy").get("Version").place == Place("policies/one.json", 2, 13)
    # Elsewhere a file is named and not read.
    assert source.value["objects"] == {"a": {"file": "policies/one.json"}}


def test_only_files_beside_the_scenario_are_found(tmp_path: Path) -> None:
    scenario = tmp_path / "class" / "file.yaml"
    (tmp_path / "class" / "keys").mkdir(parents=True)
    (tmp_path / "secret").write_text("")
    (tmp_path / "class" / "keys" / "one").write_text("")
    (tmp_path / "class" / "link").symlink_to(tmp_path / "secret")
    assert beside(scenario, "keys/one") == tmp_path.resolve() / "class" / "keys" / "one"
    for name in ("../secret", str(tmp_path / "secret"), "link", "keys", "none"):
        assert beside(scenario, name) is None


def test_what_is_merged_has_names_that_are_texts(tmp_path: Path) -> None:
    # Found by fuzzing: a list is no key of a dictionary.
    source = _read(tmp_path, "a:\n  <<: {[b]: c}\n")
    assert [each.sentence for each in source.findings] == ["The name of a member is a text."]


def test_aliases_that_are_deep_only_together(tmp_path: Path) -> None:
    # Found by fuzzing: each line is a hundred lists deep, and the last one four thousand.
    lines = ["a0: &a0 " + "[" * 90 + "]" * 90]
    lines += [f"a{number}: &a{number} {'[' * 90}*a{number - 1}{']' * 90}" for number in range(1, 40)]
    with pytest.raises(KmslabError, match=r"nested too deeply"):
        _read(tmp_path, "\n".join(lines))
