"""A bar chart with the numbers written on it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kmslab.errors import KmslabError
from kmslab.jupyter.figures.svg import BLUE, INK, Drawing, Figure, width_of

_ROW, _TOP, _BOTTOM, _WIDTH, _NUMBER = 30, 46, 34, 720, 150


def bars(title: str, values: Mapping[str, float], unit: str, *, log: bool = False) -> Figure:
    """Horizontal bars, one a row, in the order given.

    Args:
        title: What is compared.
        values: A number, not negative, by label.
        unit: What the numbers count.
        log: Let each step along the axis be a factor of ten, for numbers of very different size; zero has no bar.

    Raises:
        KmslabError: there is nothing to draw, or a number is negative.
    """
    if not values or min(values.values()) < 0:
        raise KmslabError("A bar chart takes one or more numbers, none of them negative.")
    left = max(width_of(label) for label in values) + 20
    drawing = Drawing(_WIDTH, _TOP + _ROW * len(values) + _BOTTOM)
    drawing.text(10, 24, title, size=15, bold=True)
    number = max(width_of(f"{_number(value, unit)} {unit}") for value in values.values()) + 16
    room = _WIDTH - left - max(_NUMBER, number)
    largest = max(values.values())
    for row, (label, value) in enumerate(values.items()):
        y = _TOP + row * _ROW
        drawing.text(left - 8, y + 17, label, anchor="end")
        length = room * _share(value, largest, log=log)
        drawing.box(left, y + 3, length, _ROW - 10, fill=BLUE, stroke=BLUE)
        drawing.text(left + length + 6, y + 17, f"{_number(value, unit)} {unit}")
    base = _TOP + _ROW * len(values)
    drawing.line(left, _TOP, left, base)
    scale = f"{unit}, each step a factor of ten" if log else unit
    drawing.text(left, base + 22, scale, size=12, fill=INK)
    lines = [f"{title} ({scale})", *(f"  {label}: {_number(value, unit)}" for label, value in values.items())]
    return drawing.figure(title, "\n".join(lines))


def _share(value: float, largest: float, *, log: bool) -> float:
    if largest == 0:
        return 0
    if log:
        return math.log10(1 + value) / math.log10(1 + largest)
    return value / largest


def _number(value: float, unit: str) -> str:
    if unit.startswith("USD") and value:
        return f"{value:,.2f}" if value >= 0.01 else f"{value:.6f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
