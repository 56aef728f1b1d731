"""The parts of a scenario file, each with the place where it stands, and what is wrong with them.

Does not know how a file is read (`reading`) or what it may hold (`schema`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kmslab.errors import KmslabError

#: Where something stands in the structure: names of members and positions in lists.
Route = tuple[str | int, ...]


class Place(NamedTuple):
    """A place in a file, lines and columns counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """As compilers and editors write it."""
        return f"{self.file}:{self.line}:{self.column}"


class Finding(NamedTuple):
    """Something wrong in a file, and what to write instead."""

    place: Place
    sentence: str

    def __str__(self) -> str:
        """As one line."""
        return f"{self.place}: {self.sentence}"


def refuse(findings: list[Finding]) -> None:
    """Raise when there is something wrong.

    Raises:
        KmslabError: all findings, one a line, in the order of the file.
    """
    if findings:
        raise KmslabError("\n".join(str(each) for each in sorted(set(findings))))


@dataclass(slots=True)
class Source:
    """What was read.

    Attributes:
        path: The file.
        shown: How its name is written in findings: as its reader wrote it.
        value: What it holds, in plain Python values.
        places: Where each value stands.
        names: Where the name of each member stands.
        texts: What the file says where the value is no text, such as `0123` for a number.
        findings: What was wrong with it as YAML.
    """

    path: Path
    shown: str
    value: Any = None
    places: dict[Route, Place] = field(default_factory=dict)
    names: dict[Route, Place] = field(default_factory=dict)
    texts: dict[Route, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def root(self) -> Part:
        """The whole, as a part."""
        return Part(self, self.value, ())

    def place(self, route: Route) -> Place:
        """Where a value stands; for one that is missing, where what should hold it stands."""
        while route not in self.places and route:
            route = route[:-1]
        return self.places.get(route, Place(self.shown, 1, 1))

    def report(self, place: Place, sentence: str) -> None:
        """Note that something is wrong."""
        self.findings.append(Finding(place, sentence))


class Part(NamedTuple):
    """One value of a file, whatever it is: asking it for what it has not gives nothing, so that checks can go on."""

    source: Source
    value: Any
    route: Route

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.source.place(self.route)

    @property
    def text(self) -> str:
        """Its text; empty when it is none."""
        return self.value if isinstance(self.value, str) else ""

    def get(self, name: str) -> Part:
        """One of its members; a part without a value when there is none."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Part(self.source, value, (*self.route, name))

    def members(self) -> Iterator[tuple[str, Part]]:
        """Its members by name, in the order of the file."""
        if isinstance(self.value, dict):
            for name in self.value:
                yield name, self.get(name)

    def items(self) -> Iterator[Part]:
        """The items of a list."""
        if isinstance(self.value, list):
            for number, value in enumerate(self.value):
                yield Part(self.source, value, (*self.route, number))

    def report(self, sentence: str) -> None:
        """Note that something is wrong with it."""
        self.source.report(self.place, sentence)

    def report_name(self, sentence: str) -> None:
        """Note that something is wrong with the name it has."""
        self.source.report(self.source.names.get(self.route, self.place), sentence)
