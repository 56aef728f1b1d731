"""The lines of the table that the benchmarks make together: a figure of kmslab, a peer's, and what was aimed at.

A benchmark module has a function `lines(options)` that yields a `Line` as soon as it is measured. Ours and the peer's
are measured in the same run, in turns, so that the ratio means something on a machine whose speed drifts.

A module also says in `TARGETS` what its lines will be, so that a page that was written earlier can be held against it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Sense = Literal["at most", "at least"]


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        about: What was done, such as "in process: Encrypt".
        ours: What was measured for kmslab, in `unit`; not a number where it could not be measured.
        unit: Such as "us a call", "requests/s", "MiB".
        peer: What it is compared with; empty where the target is a figure and not a ratio.
        theirs: What was measured for the peer, in `unit`; None without a peer, or where it could not be installed.
        figure: What the target is about: the ratio of ours to theirs (the median of the rounds' ratios), or `ours`; not
            a number where there was nothing to compare with.
        target: The most or the least that `figure` was meant to be.
        sense: How `figure` is compared with `target`.
        note: What a reader has to know, in a few words.
    """

    about: str
    ours: float
    unit: str
    peer: str
    theirs: float | None
    figure: float
    sense: Sense
    target: float
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is what it was meant to be."""
        return self.figure <= self.target if self.sense == "at most" else self.figure >= self.target

    @property
    def verdict(self) -> str:
        """`met` or `missed`; `not measured` without a figure, as where the peer could not be had."""
        if math.isnan(self.figure) or (self.peer and self.theirs is None):
            return "not measured"
        return "met" if self.is_met else "missed"


class Target(NamedTuple):
    """What a line will be about and what is aimed at, before anything is measured; see `Line` for each."""

    about: str
    unit: str
    peer: str
    sense: Sense
    target: float

    def line(self, ours: float, theirs: float | None = None, figure: float | None = None, note: str = "") -> Line:
        """The line of what was measured; the figure is ours where nothing else is said."""
        figure = ours if figure is None else figure
        return Line(self.about, ours, self.unit, self.peer, theirs, figure, self.sense, self.target, note)

    def not_measured(self, why: str, ours: float = math.nan) -> Line:
        """The line of what could not be measured, or not compared."""
        return self.line(ours, None, math.nan, why)


#: `options.quick` asks for a run that shows that it works, in seconds, and whose figures say little.
Lines = Callable[[argparse.Namespace], Iterator[Line]]

HEADINGS = ("about", "ours", "unit", "peer", "theirs", "figure", "target", "result", "note")
_BAR = "\\|"
_RIGHT = {"ours", "theirs", "figure", "target"}


def row(line: Line) -> tuple[str, ...]:
    """The cells of a line, under `HEADINGS`."""
    return (
        line.about,
        number(line.ours),
        line.unit,
        line.peer,
        number(line.theirs),
        number(line.figure),
        f"{line.sense} {number(line.target)}",
        line.verdict,
        line.note,
    )


def number(value: float | None) -> str:
    """Three digits that count, or all that stand before the point; a dash for what there is not."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:#.3g}".rstrip(".")


def text(lines: Iterable[Line]) -> str:
    """The table for a terminal."""
    rows = [HEADINGS, *map(row, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_padded(cells, widths)).rstrip() for cells in rows)


def _padded(cells: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    for heading, cell, width in zip(HEADINGS, cells, widths, strict=True):
        yield cell.rjust(width) if heading in _RIGHT else cell.ljust(width)


def markdown(lines: Iterable[Line]) -> str:
    """The table for a page."""
    ruler = ("---:" if heading in _RIGHT else "---" for heading in HEADINGS)
    rows = [HEADINGS, tuple(ruler), *map(row, lines)]
    return "\n".join(f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |" for cells in rows)
