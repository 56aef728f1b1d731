"""A bill as bars: what each item costs, and how many requests there were of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from kmslab import Bill
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, Drawing, Figure, cut

_WIDTH, _ROW, _TOP, _LEFT, _NUMBER = 780, 26, 44, 400, 150
#: How many groups of requests have a bar of their own.
_SHOWN = 8


def bill(what: Bill, by: str = "operation", names: Mapping[str, str] | None = None) -> Figure:
    """What a bill is for: US dollars by item, and requests by a property of theirs.

    Args:
        what: The bill, or what came on top of one: `lab.bill.since(mark)`.
        by: What the requests are counted by, as in `Bill.by`.
        names: What to call what is counted, such as an alias for a key ARN.

    Raises:
        KmslabError: nothing is counted by `by`.
    """
    amounts: Counter[str] = Counter()
    for line in what.lines:
        amounts[line.item] += line.amount  # type: ignore[assignment]
    called = names or {}
    counts = [(called.get(name, _short(name)), count) for name, count in what.by(by).items()]
    more = len(counts) - _SHOWN
    if more > 0:
        rest = sum(count for _, count in counts[_SHOWN:])
        counts = [*counts[:_SHOWN], (f"{more} more", rest)]
    title = f"{what.title}: {what.total:,.6f}"
    drawing = Drawing(_WIDTH, _TOP + _ROW * (max(1, len(amounts)) + max(1, len(counts)) + 2) + 20)
    drawing.text(10, 24, cut(title, _WIDTH - 20, 15), size=15, bold=True)
    items = [(item, Decimal(amount), f"{amount:,.6f} USD") for item, amount in amounts.items()]
    requests = [(name, Decimal(count), f"{count:,}") for name, count in counts]
    y = _bars(drawing, _TOP, "US dollars by item", items, GREEN)
    _bars(drawing, y + 6, f"Requests by {by}", requests, BLUE)
    lines = [title, "  US dollars by item", *_told(items), f"  Requests by {by}", *_told(requests)]
    return drawing.figure(title, "\n".join(lines))


def _bars(drawing: Drawing, y: float, heading: str, rows: Sequence[tuple[str, Decimal, str]], colour: str) -> float:
    drawing.text(10, y + 17, heading, bold=True)
    largest = max((value for _, value, _ in rows), default=Decimal(0))
    y += _ROW
    top = y
    for name, value, told in rows:
        drawing.text(_LEFT - 8, y + 17, cut(name, _LEFT - 18, 12), size=12, anchor="end")
        length = float(value / largest) * (_WIDTH - _LEFT - _NUMBER) if largest else 0.0
        drawing.box(_LEFT, y + 4, length, _ROW - 10, fill=colour, stroke=colour)
        drawing.text(_LEFT + length + 6, y + 17, told, size=12)
        y += _ROW
    if not rows:
        drawing.text(_LEFT, y + 17, "nothing", size=12)
        y += _ROW
    drawing.line(_LEFT, top, _LEFT, y, stroke=GREY)
    return y


def _told(rows: Sequence[tuple[str, Decimal, str]]) -> list[str]:
    return [f"    {name}: {told}" for name, _, told in rows] or ["    nothing"]


def _short(name: str) -> str:
    # Of a key ARN, what tells it from others.
    return f"{name.rpartition('/')[2]} {name.split(':')[3]}" if name.startswith("arn:") else name
