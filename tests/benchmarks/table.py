"""The lines of the table that the benchmarks make together: a figure of kmslab, a peer's, and what was aimed at.

A benchmark module has a function `lines(options)` that yields a `Line` as soon as it is measured. Ours and the peer's
are measured in the same run, in turns, so that the ratio means something on a machine whose speed drifts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        about: What was done, such as "in process: Encrypt".
        ours: What was measured for kmslab, in `unit`.
        unit: Such as "us a call", "requests/s", "MiB".
        peer: What it is compared with; empty where the target is a figure and not a ratio.
        theirs: What was measured for the peer, in `unit`; None without a peer, or where it could not be installed.
        figure: What the target is about: the ratio of ours to theirs (the median of the rounds' ratios), or `ours`.
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
    sense: Literal["at most", "at least"]
    target: float
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is what it was meant to be."""
        return self.figure <= self.target if self.sense == "at most" else self.figure >= self.target


#: `options.quick` asks for a run that shows that it works, in seconds, and whose figures say little.
Lines = Callable[[argparse.Namespace], Iterator[Line]]
