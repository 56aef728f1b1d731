"""Envelope encryption as a diary: after each step, who holds what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kmslab.errors import KmslabError
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, PALE, Drawing, Figure, cut

_WIDTH, _LINE, _TOP = 780, 20, 66
#: Where the columns begin, the first of them for the step itself.
_COLUMNS = (10, 210, 430, 550)
_HOLDERS = ("Your program", "KMS", "Disk")
_NOTHING = "nothing"


class Held(NamedTuple):
    """Something that somebody holds.

    Attributes:
        what: What it is.
        size: How many bytes it has; None for what never leaves KMS.
        in_clear: Whether somebody who gets it can use it at once.
    """

    what: str
    size: int | None
    in_clear: bool = False

    def __str__(self) -> str:
        """As people say it."""
        told = ([] if self.size is None else [f"{self.size:,} bytes"]) + (["in clear"] if self.in_clear else [])
        return f"{self.what} ({', '.join(told)})" if told else self.what


class Stage(NamedTuple):
    """How things stand after one step.

    Attributes:
        title: What was done.
        program: What your program holds.
        kms: What KMS holds.
        disk: What lies on the disk.
        call: The call to KMS that the step made; empty if it made none.
    """

    title: str
    program: tuple[Held, ...] = ()
    kms: tuple[Held, ...] = ()
    disk: tuple[Held, ...] = ()
    call: str = ""

    @property
    def holders(self) -> tuple[tuple[Held, ...], ...]:
        """Program, KMS and disk."""
        return self.program, self.kms, self.disk


def envelope(stages: Sequence[Stage], title: str = "Envelope encryption: who holds what") -> Figure:
    """Who holds what after each step; `panels.envelope(lab, key).finish().stages` really takes the steps.

    Args:
        stages: The steps, in their order.
        title: What it shows.

    Raises:
        KmslabError: there is no step.
    """
    if not stages:
        raise KmslabError("There is no step to draw; take one first.")
    heights = [_LINE * max(2, *map(len, stage.holders)) + 12 for stage in stages]
    drawing = Drawing(_WIDTH, _TOP + sum(heights) + 34)
    drawing.text(10, 24, title, size=15, bold=True)
    for x, heading in zip(_COLUMNS, ("Step", *_HOLDERS), strict=True):
        drawing.text(x, 50, heading, bold=True)
    drawing.line(10, 58, _WIDTH - 10, 58, stroke=GREY)
    lines, y = [title], float(_TOP)
    for number, (stage, height) in enumerate(zip(stages, heights, strict=True)):
        if number % 2:
            drawing.box(6, y - 4, _WIDTH - 12, height, fill=PALE, stroke=PALE)
        drawing.text(10, y + 14, cut(f"{number} {stage.title}", _COLUMNS[1] - 16, 12), size=12, bold=True)
        if stage.call:
            drawing.text(22, y + 14 + _LINE, cut(f"calls {stage.call}", _COLUMNS[1] - 28, 12), size=12, fill=BLUE)
        ends = (*_COLUMNS[2:], _WIDTH - 6)
        for x, end, held in zip(_COLUMNS[1:], ends, stage.holders, strict=True):
            _column(drawing, x, end, y, held)
        lines.append(_sentence(number, stage))
        y += height
    _legend(drawing, y + 14)
    return drawing.figure(title, "\n".join(lines))


def _column(drawing: Drawing, x: float, end: float, y: float, held: Sequence[Held]) -> None:
    if not held:
        drawing.text(x, y + 14, _NOTHING, size=12)
    for line, each in enumerate(held):
        at = y + 14 + line * _LINE
        _mark(drawing, x, at, each.in_clear)
        size = "" if each.size is None else f", {each.size:,} B"
        drawing.text(x + 14, at, cut(f"{each.what}{size}", end - x - 18, 12), size=12, bold=each.in_clear)


def _mark(drawing: Drawing, x: float, y: float, in_clear: bool) -> None:
    # Round and orange in clear, square and green encrypted or locked away: told by its form too.
    fill, round_ = (ORANGE, 5) if in_clear else (GREEN, 0)
    drawing.box(x, y - 10, 10, 10, fill=fill, stroke=INK, round_=round_)


def _legend(drawing: Drawing, y: float) -> None:
    _mark(drawing, 10, y, True)
    drawing.text(26, y, "round, bold: in clear, of use to whoever gets it", size=12)
    _mark(drawing, 400, y, False)
    drawing.text(416, y, "square: no secret, or of no use without KMS", size=12)


def _sentence(number: int, stage: Stage) -> str:
    called = f" (calls {stage.call})" if stage.call else ""
    told = "; ".join(
        f"{holder}: {', '.join(map(str, held)) or _NOTHING}"
        for holder, held in zip(_HOLDERS, stage.holders, strict=True)
    )
    return f"  {number}. {stage.title}{called}. {told}"
