"""Who did something when: a lane for each, a mark for each time, and the days along the top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from kmslab.errors import KmslabError
from kmslab.jupyter.figures.svg import BLUE, GREY, ORANGE, PALE, Drawing, Figure, cut, width_of

_WIDTH, _LANE, _TOP, _BOTTOM = 780, 30, 74, 34
_MOST_DAYS = 31
_DAY = timedelta(days=1)
#: From 20:00 to 6:00, when people sleep; drawn in grey.
_MORNING, _EVENING = timedelta(hours=6), timedelta(hours=20)


def lanes(title: str, moments: Mapping[str, Iterable[datetime]], marked: Collection[str] = ()) -> Figure:
    """A timeline with a lane for each name; the nights are grey.

    Args:
        title: What it shows.
        moments: The times at which something happened, by name; a time without a zone is read as UTC.
        marked: The names whose lanes stand out.

    Raises:
        KmslabError: there is no moment at all, or they lie more than a month apart.
    """
    told = {name: sorted(_in_utc(each) for each in times) for name, times in moments.items()}
    everything = [each for times in told.values() for each in times]
    if not everything:
        raise KmslabError("A timeline takes one or more moments.")
    start = min(everything).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (max(everything) - start) // _DAY + 1
    if days > _MOST_DAYS:
        raise KmslabError(f"A timeline shows {_MOST_DAYS} days at most, not {days}.")
    drawing = Drawing(_WIDTH, _TOP + _LANE * len(told) + _BOTTOM)
    drawing.text(10, 24, cut(title, _WIDTH - 20, 15), size=15, bold=True)
    left = max(width_of(name) for name in told) + 20
    day_width = (_WIDTH - 10 - left) / days
    _draw_days(drawing, start, days, left, day_width, _TOP + _LANE * len(told))
    for row, (name, times) in enumerate(told.items()):
        y = _TOP + row * _LANE
        drawing.text(left - 8, y + 19, name, anchor="end", bold=name in marked)
        for when in times:
            x = left + (when - start) / _DAY * day_width
            colour = ORANGE if name in marked else BLUE
            drawing.box(x, y + 6, 3, _LANE - 12, fill=colour, stroke=colour)
    drawing.text(left, _TOP + _LANE * len(told) + 22, "grey: from 20:00 to 06:00 UTC", size=12)
    return drawing.figure(title, "\n".join([title, *(_sentence(*lane, lane[0] in marked) for lane in told.items())]))


def _draw_days(drawing: Drawing, start: datetime, days: int, left: float, width: float, bottom: float) -> None:
    for number in range(days):
        x = left + number * width
        drawing.text(x + 2, 50, cut(f"{start + number * _DAY:%a}", width), size=12)
        drawing.text(x + 2, 65, cut(f"{start + number * _DAY:%d}", width), size=12)
        drawing.box(x, _TOP, width * (_MORNING / _DAY), bottom - _TOP, fill=PALE, stroke=PALE)
        evening = _EVENING / _DAY
        drawing.box(x + width * evening, _TOP, width * (1 - evening), bottom - _TOP, fill=PALE, stroke=PALE)
        drawing.line(x, 40, x, bottom, stroke=GREY)
    drawing.line(left, bottom, left + days * width, bottom, stroke=GREY)


def _sentence(name: str, times: list[datetime], is_marked: bool) -> str:
    by_day = Counter(f"{when:%Y-%m-%d}" for when in times)
    at_night = sum(not _MORNING <= _time_of(when) < _EVENING for when in times)
    counts = ", ".join(f"{day}: {count}" for day, count in by_day.items()) or "never"
    night = f"; {at_night} of {len(times)} at night" if times else ""
    return f"  {name}{' (!)' if is_marked else ''}: {counts}{night}"


def _time_of(when: datetime) -> timedelta:
    return timedelta(hours=when.hour, minutes=when.minute, seconds=when.second)


def _in_utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
