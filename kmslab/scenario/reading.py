"""YAML with places: what a scenario file holds, and at which line and column each part of it stands.

Owns how the text is read. Does not know what a scenario may hold. Read as YAML 1.2 does, so that dates, `no` and `0777`
are what they look like; numbers stay numbers, and their text is kept for whoever meant a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from kmslab.errors import KmslabError
from kmslab.scenario.parts import Finding, Place, Route, Source

# An alias may stand for much; a file that unfolds to more than this is not one that a person wrote.
_MOST_PARTS = 100_000

#: The members whose value may be another file: those right below, and those whose members are policies.
_POLICY, _POLICIES = frozenset({"policy", "trust"}), frozenset({"policies", "managed_policies"})


#: The safe loader, with the plain values of YAML 1.2 instead of those of YAML 1.1.
_Loader: Any = type("_Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})

_INT, _FLOAT, _BOOL, _NULL, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null", "merge"))
for _tag, _pattern, _first in (
    (_BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (_INT, r"[-+]?[0-9]+", "-+0123456789"),
    (_FLOAT, r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", "-+.0123456789"),
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_MERGE, r"<<", "<"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list(_first))


_VALUES: dict[str, Callable[[str], Any]] = {
    _BOOL: lambda text: text.lower() == "true",
    _INT: int,
    _FLOAT: float,
    _NULL: lambda text: None,
}


def read_source(path: Path, shown: str) -> Source:
    """Read a file.

    Raises:
        KmslabError: there is no such file, or it is no YAML.
    """
    source = Source(path, shown)
    node = _compose(path, shown)
    if node is None:
        raise KmslabError(f"{shown}:1:1: The file is empty; kmslab/scenario/classroom.yaml is one to begin with.")
    try:
        source.value = _Reader(source, shown, source.findings).value(node, (), ())
    except RecursionError:
        # By aliases: what each stands for is not deep, and all of them together are.
        raise KmslabError(f"{shown} is nested too deeply.") from None
    return source


def _compose(path: Path, shown: str) -> yaml.Node | None:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KmslabError(f"{shown} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KmslabError(f"{shown} is not UTF-8 text.") from None
    if path.suffix == ".json":
        # JSON allows tabs between its parts; the YAML reader takes none. Inside of its texts they are not allowed.
        text = text.replace("\t", " ")
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(shown, 1, 1) if mark is None else Place(shown, mark.line + 1, mark.column + 1)
        raise KmslabError(f"{place}: This is no YAML: {error.problem or error.context}.") from None
    except RecursionError:
        raise KmslabError(f"{shown} is nested too deeply.") from None
    except yaml.YAMLError:
        raise KmslabError(f"{shown} is no YAML: it holds a character that YAML does not allow.") from None
    return node


class _Reader:
    """From the nodes of one file to values, noting where each stands."""

    def __init__(self, source: Source, shown: str, findings: list[Finding]) -> None:
        self._source = source
        self._shown = shown
        self._findings = findings

    def value(self, node: yaml.Node, route: Route, inside: tuple[yaml.Node, ...]) -> Any:
        """The value of a node; `inside` are the nodes that hold it."""
        source = self._source
        source.places[route] = self._place(node)
        if len(source.places) > _MOST_PARTS:
            raise KmslabError(
                f"{self._place(node)}: The file unfolds to more than {_MOST_PARTS} parts; use fewer aliases."
            )
        if any(node is each for each in inside):
            self._report(node, "An alias stands here inside of what it stands for; write out what is meant.")
            return None
        inside = (*inside, node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, route, inside)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*route, number), inside) for number, each in enumerate(node.value)]
        return self._scalar(node, route)

    def _scalar(self, node: yaml.Node, route: Route) -> Any:
        read = _VALUES.get(node.tag)
        if read is None:
            return str(node.value)
        self._source.texts[route] = node.value
        try:
            return read(node.value)
        except ValueError:
            self._report(node, f"This is no {node.tag.rpartition(':')[2]}; leave the tag before it out.")
            return None

    def _mapping(self, node: yaml.MappingNode, route: Route, inside: tuple[yaml.Node, ...]) -> Any:
        own: dict[str, yaml.Node] = {}
        merged: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for key_of_it, value_of_it in self._merged(value):
                    name = self._name(key_of_it)
                    merged.setdefault(name, value_of_it)
                    self._source.names.setdefault((*route, name), self._place(key_of_it))
                continue
            name = self._name(key)
            if name in own:
                self._report(key, f"'{name}' is written twice; keep one of the two.")
            own[name] = value
            self._source.names[(*route, name)] = self._place(key)
        nodes = merged | own
        if self._is_policy_file(nodes, route):
            return self._policy_file(nodes["file"], route)
        return {name: self.value(value, (*route, name), inside) for name, value in nodes.items()}

    def _merged(self, node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(each, yaml.MappingNode):
                yield from ((key, value) for key, value in each.value if key.tag != _MERGE)
            else:
                self._report(each, "What '<<' takes in is a mapping, or a list of mappings.")

    def _name(self, key: yaml.Node) -> str:
        if not isinstance(key, yaml.ScalarNode):
            self._report(key, "The name of a member is a text.")
            return ""
        if key.tag in (_INT, _FLOAT, _BOOL, _NULL):
            self._report(key, f'Write "{key.value}" in quotes: without them YAML reads no text here.')
        return str(key.value)

    def _is_policy_file(self, nodes: dict[str, yaml.Node], route: Route) -> bool:
        is_policy = route[-1:] and (route[-1] in _POLICY or (len(route) > 1 and route[-2] in _POLICIES))
        return bool(is_policy) and set(nodes) == {"file"} and isinstance(nodes["file"], yaml.ScalarNode)

    def _policy_file(self, node: yaml.Node, route: Route) -> Any:
        path = beside(self._source.path, node.value)
        if path is None:
            self._report(node, f"There is no file '{node.value}' beside the scenario, or in a folder there.")
            return None
        shown = str(Path(self._source.shown).parent / node.value)
        try:
            document = _compose(path, shown)
        except KmslabError as error:
            self._report(node, f"The policy cannot be read: {error}")
            return None
        if document is None:
            self._report(node, f"The file '{node.value}' is empty.")
            return None
        return _Reader(self._source, shown, self._findings).value(document, route, ())

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def _report(self, node: yaml.Node, sentence: str) -> None:
        self._findings.append(Finding(self._place(node), sentence))


def beside(scenario: Path, name: str) -> Path | None:
    """A file beside a scenario file, or in a folder there; None when there is none, or when it lies elsewhere."""
    folder = scenario.resolve().parent
    found = (folder / name).resolve()
    return found if found.is_relative_to(folder) and found.is_file() else None
