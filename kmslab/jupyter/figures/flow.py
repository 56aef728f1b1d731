"""Who sends what to whom, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kmslab.errors import KmslabError
from kmslab.jupyter.figures.svg import BLUE, GREY, PALE, Drawing, Figure, cut

_COLUMN, _ROW, _TOP, _HEAD = 230, 44, 44, 34


class Step(NamedTuple):
    """One message.

    Attributes:
        sender: Who sends.
        receiver: Who receives; the sender itself for something it does alone.
        message: What.
    """

    sender: str
    receiver: str
    message: str


def flow(title: str, actors: Sequence[str], steps: Sequence[Step]) -> Figure:
    """A sequence: actors side by side, time from top to bottom.

    Raises:
        KmslabError: a step names somebody who is no actor.
    """
    strangers = {name for step in steps for name in step[:2]} - set(actors)
    if strangers:
        raise KmslabError(f"These are in a step but not among the actors: {', '.join(sorted(strangers))}.")
    place = {actor: _COLUMN * index + _COLUMN / 2 for index, actor in enumerate(actors)}
    height = _TOP + _HEAD + _ROW * len(steps) + 20
    drawing = Drawing(_COLUMN * len(actors), height)
    drawing.text(10, 24, title, size=15, bold=True)
    for actor, x in place.items():
        drawing.line(x, _TOP + _HEAD, x, height - 8, stroke=GREY)
        drawing.box(x - _COLUMN / 2 + 14, _TOP, _COLUMN - 28, _HEAD, fill=PALE, stroke=BLUE, round_=6)
        drawing.text(x, _TOP + 22, actor, anchor="middle", bold=True)
    for number, step in enumerate(steps, 1):
        y = _TOP + _HEAD + _ROW * number - 10
        _draw(drawing, place[step.sender], place[step.receiver], y, f"{number} {step.message}")
    lines = [title, *(_sentence(number, step) for number, step in enumerate(steps, 1))]
    return drawing.figure(title, "\n".join(lines))


def _draw(drawing: Drawing, start: float, end: float, y: float, message: str) -> None:
    if start == end:
        drawing.box(start - _COLUMN / 2 + 14, y - 18, _COLUMN - 28, 24, fill="#ffffff", stroke=GREY, round_=3)
        drawing.text(start, y - 1, cut(message, _COLUMN - 34, 12), size=12, anchor="middle")
        return
    drawing.line(start, y, end, y, arrow=True)
    drawing.text((start + end) / 2, y - 6, cut(message, abs(end - start) - 10, 12), size=12, anchor="middle")


def _sentence(number: int, step: Step) -> str:
    who = step.sender if step.sender == step.receiver else f"{step.sender} -> {step.receiver}"
    return f"  {number}. {who}: {step.message}"
