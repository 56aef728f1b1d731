"""A key's life: what was done to it, how it stood, and under which key material each ciphertext was made.

Told from the trail, event by event; only today's row looks at the key itself. All rows have the same height, whether a
second or a year lies between them, so that a busy day can be read; the date stands in each.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter.figures.life import DELETED, USES, Life, Row, tell
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, PALE, Drawing, Figure, cut

_WIDTH, _ROW, _TOP = 780, 24, 76
#: Where the columns begin.
_DATE, _STATE, _MATERIAL, _EVENT = 10, 96, 236, 400
_STATE_COLOURS = {"Enabled": GREEN, "Disabled": GREY}
#: Key materials take turns, so that it shows where one ends and the next begins. Each has its number beside it.
_MATERIAL_COLOURS = (BLUE, INK)


EVERYTHING = "everything"
#: What can be shown of a key's life.
SHOWN = (EVERYTHING, "changes", "uses")


def timeline(
    lab: Lab, key: str, *, since: datetime | None = None, until: datetime | None = None, show: str = EVERYTHING
) -> Figure:
    """A key's life from top to bottom, up to today: events, key states and key materials.

    Args:
        lab: Whose trail.
        key: A key id or key ARN. Of multi-Region keys with one id, the ARN tells which; the oldest unless it is given.
        since: Leave out what was before; key states and key materials are told as they then were.
        until: Leave out what was from then on.
        show: `everything`, or only `changes` of the key, or only its `uses`.

    Raises:
        KmslabError: the trail knows no such key, or `show` is something else.
    """
    if show not in SHOWN:
        raise KmslabError(f"A timeline shows {', '.join(SHOWN)}, not {show!r}.")
    arn = _arn(lab, key)
    life, rows = Life(), []
    for call in lab.trail.events(key=arn).calls:
        told = tell(life, call, arn)
        if told:
            rows.append(life.row(call.time, told, is_use=call.operation in USES))
    wanted = [row for row in rows if _is_wanted(row, since, until, show)]
    left_out = len(rows) - len(wanted)
    told_rows = [_merged(list(same)) for _, same in groupby(wanted, key=lambda row: (row.when.date(), *row[1:]))]
    if until is None:
        told_rows.append(_today(lab, life, arn))
    title = f"Life of key {arn.rpartition('/')[2]} in {arn.split(':')[3]}"
    return _draw(title, told_rows, left_out)


def _is_wanted(row: Row, since: datetime | None, until: datetime | None, show: str) -> bool:
    in_time = (since is None or row.when >= since) and (until is None or row.when < until)
    return in_time and show in (EVERYTHING, "uses" if row.is_use else "changes")


def _arn(lab: Lab, key: str) -> str:
    found = [used.arn for call in lab.trail.events(key=key).calls for used in call.keys]
    fitting = [arn for arn in found if arn == key or arn.endswith(f"/{key}")]
    if not fitting:
        raise KmslabError(f"The trail knows no key {key!r}. Give the id or the ARN of a key that was used in this Lab.")
    return fitting[0]


def _merged(rows: list[Row]) -> Row:
    first = rows[0]
    return first if len(rows) == 1 else first._replace(what=f"{first.what}, {len(rows)} times")


def _today(lab: Lab, life: Life, arn: str) -> Row:
    key = lab.inventory.get(arn)
    what = "today"
    if key is None:
        life.state, what = DELETED, "today; the key does not exist"
    else:
        # What changes without an event of its own, such as the end of Creating and Updating.
        life.state = key.state
        if key.deletion_date is not None:
            what += f"; to be deleted on {key.deletion_date:%Y-%m-%d}"
    return life.row(lab.clock.now(), what)


# --- drawing ---


def _draw(title: str, rows: list[Row], left_out: int = 0) -> Figure:
    drawing = Drawing(_WIDTH, _TOP + _ROW * (len(rows) + (left_out > 0)) + 10)
    drawing.text(_DATE, 24, cut(title, _WIDTH - 20, 15), size=15, bold=True)
    heads = ((_DATE, "Date"), (_STATE, "Key state"), (_MATERIAL, "Encrypts with"), (_EVENT, "What happened"))
    for x, head in heads:
        drawing.text(x, 52, head, bold=True)
    drawing.line(_DATE, 60, _WIDTH - 10, 60, stroke=GREY)
    lines, before = [title], Row(datetime.min, "", "", "")
    materials: list[str] = []
    for index, row in enumerate(rows):
        y = _TOP + _ROW * index
        if row.material and row.material not in materials:
            materials.append(row.material)
        if index % 2:
            drawing.box(_EVENT - 4, y - 6, _WIDTH - _EVENT - 6, _ROW, fill=PALE, stroke=PALE)
        drawing.text(_DATE, y + 10, f"{row.when:%Y-%m-%d}", size=12)
        drawing.text(_EVENT, y + 10, cut(row.what, _WIDTH - _EVENT - 14, 12), size=12)
        if row.state != DELETED:
            _stripe(drawing, _STATE, y, _STATE_COLOURS.get(row.state, ORANGE))
        if row.material:
            _stripe(drawing, _MATERIAL, y, _MATERIAL_COLOURS[materials.index(row.material) % 2])
        if row.state != before.state:
            drawing.text(_STATE + 16, y + 10, cut(row.state, _MATERIAL - _STATE - 18, 12), size=12)
        if row.material and row.material != before.material:
            drawing.text(_MATERIAL + 16, y + 10, row.material.removeprefix("key "), size=12)
        lines.append(_sentence(row, before))
        before = row
    if left_out:
        note = f"{left_out:,} more events are not shown here."
        drawing.text(_DATE, _TOP + _ROW * len(rows) + 10, note, size=12)
        lines.append(f"  {note}")
    return drawing.figure(title, "\n".join(lines))


def _stripe(drawing: Drawing, x: float, y: float, colour: str) -> None:
    drawing.box(x, y - 6, 10, _ROW, fill=colour, stroke=colour)


def _sentence(row: Row, before: Row) -> str:
    told = [row.what]
    if row.state not in (before.state, DELETED):
        told.append(row.state)
    if row.material and row.material != before.material:
        told.append(f"encrypts with {row.material}")
    return f"  {row.when:%Y-%m-%d}  {'; '.join(told)}"
