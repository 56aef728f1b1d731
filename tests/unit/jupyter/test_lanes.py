"""The timeline with a lane for each name: picture and text say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from kmslab.errors import KmslabError
from kmslab.jupyter.figures import Figure, lanes
from kmslab.jupyter.figures.svg import BLUE, ORANGE

MONDAY = datetime(2026, 5, 11, tzinfo=UTC)


def elements(figure: Figure, name: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    return list(root.iter(f"{{http://www.w3.org/2000/svg}}{name}"))


def marks(figure: Figure, colour: str) -> list[float]:
    """How far to the right the marks of a colour stand."""
    return [float(box.attrib["x"]) for box in elements(figure, "rect") if box.attrib["fill"] == colour]


def test_a_mark_stands_where_its_time_is() -> None:
    times = [MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=12)]
    first, next_day, noon = marks(lanes("Week", {"web": times}), BLUE)
    assert noon - next_day == pytest.approx((next_day - first) / 2)


def test_marked_lanes_have_a_colour_of_their_own_and_a_sign_in_the_text() -> None:
    figure = lanes("Week", {"web": [MONDAY], "<thief>": [MONDAY] * 2}, marked=["<thief>"])
    assert len(marks(figure, BLUE)) == 1
    assert len(marks(figure, ORANGE)) == 2
    assert "  <thief> (!): 2026-05-11: 2" in repr(figure)
    assert "  web: 2026-05-11: 1" in repr(figure)
    assert "<thief>" in [element.text for element in elements(figure, "text")]


def test_the_text_counts_days_and_nights() -> None:
    hours = {"early": 5, "morning": 6, "evening": 19, "late": 20}
    moments = {name: [MONDAY + timedelta(hours=hour)] for name, hour in hours.items()}
    lines = repr(lanes("Day", moments | {"nobody": []})).split("\n")
    assert lines == [
        "Day",
        "  early: 2026-05-11: 1; 1 of 1 at night",
        "  morning: 2026-05-11: 1; 0 of 1 at night",
        "  evening: 2026-05-11: 1; 0 of 1 at night",
        "  late: 2026-05-11: 1; 1 of 1 at night",
        "  nobody: never",
    ]


def test_times_are_read_in_utc() -> None:
    in_tokyo = datetime(2026, 5, 12, 1, tzinfo=timezone(timedelta(hours=9)))
    assert "2026-05-11: 2" in repr(lanes("Zones", {"a": [in_tokyo, datetime(2026, 5, 11, 16)]}))


@pytest.mark.parametrize("moments", [{}, {"web": []}], ids=["no lane", "no moment"])
def test_nothing_to_draw(moments: dict[str, list[datetime]]) -> None:
    with pytest.raises(KmslabError, match=r"A timeline takes one or more moments\."):
        lanes("Nothing", moments)


def test_more_than_a_month() -> None:
    assert "2026-06-10: 1" in repr(lanes("Month", {"web": [MONDAY, MONDAY + timedelta(days=30)]}))
    with pytest.raises(KmslabError, match=r"A timeline shows 31 days at most, not 32\."):
        lanes("Months", {"web": [MONDAY, MONDAY + timedelta(days=31)]})
