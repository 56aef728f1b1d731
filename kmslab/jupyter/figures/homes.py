"""Where the three kinds of keys are: two of them in the customer's account, the third elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Lab
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, INK, ORANGE, PALE, Drawing, Figure, cut

_WIDTH, _LINE, _HEAD, _GAP = 720, 20, 52, 12
_BOX, _ELSEWHERE = 212, 476
#: How many keys of a kind are named; the others are counted.
_SHOWN = 5
_NONE = "none"

#: Title and colour of what lives in the account, by the key's manager.
_IN_ACCOUNT = {"CUSTOMER": ("Customer managed keys", GREEN), "AWS": ("AWS managed keys", BLUE)}
_OWNED = ("no list for you", "no trail for you", "no bill for you")


def key_homes(lab: Lab, region: str | None = None) -> Figure:
    """The keys of an account in one Region by who manages them, and beside the account those that it cannot see.

    Args:
        lab: Whose account.
        region: Which Region; the Lab's unless said otherwise.
    """
    region = region or lab.region
    keys = lab.inventory.select(region=region)
    named = {
        manager: _names([_name(key.key_id, key.aliases) for key in keys if key.manager == manager])
        for manager in _IN_ACCOUNT
    }
    inner = _HEAD + _LINE * max(3, *map(len, named.values()))
    drawing = Drawing(_WIDTH, 40 + inner + 2 * _GAP)
    title = f"Account {lab.account_id}, {region}"
    drawing.box(6, 6, _ELSEWHERE - 18, drawing.height - 12, fill=PALE, stroke=BLUE, round_=8)
    drawing.text(20, 30, title, size=15, bold=True)
    lines = [title]
    for column, (manager, (kind, colour)) in enumerate(_IN_ACCOUNT.items()):
        _kind(drawing, 20 + column * (_BOX + _GAP), inner, kind, named[manager], colour)
        lines += [f"  {kind}", *(f"    {name}" for name in named[manager])]
    drawing.box(_ELSEWHERE, 6, _WIDTH - _ELSEWHERE - 6, drawing.height - 12, fill=PALE, stroke=ORANGE, round_=8)
    drawing.text(_ELSEWHERE + 12, 30, "Accounts of AWS services", size=15, bold=True)
    _kind(drawing, _ELSEWHERE + 12, inner, "AWS owned keys", _OWNED, ORANGE)
    lines += ["Accounts of AWS services", "  AWS owned keys", *(f"    {name}" for name in _OWNED)]
    return drawing.figure(title, "\n".join(lines))


def _kind(drawing: Drawing, x: float, height: float, kind: str, names: Sequence[str], colour: str) -> None:
    drawing.box(x, 44, _BOX, height, fill="#ffffff", stroke=colour, round_=6)
    drawing.text(x + 12, 66, kind, bold=True)
    for row, name in enumerate(names):
        colour_of_text = GREY if name == _NONE else INK
        drawing.text(x + 12, 90 + row * _LINE, cut(name, _BOX - 20, 12), size=12, fill=colour_of_text)


def _name(key_id: str, aliases: Sequence[str]) -> str:
    return aliases[0] if aliases else key_id


def _names(names: Sequence[str]) -> Sequence[str]:
    if not names:
        return [_NONE]
    more = len(names) - _SHOWN
    return [*names[:_SHOWN], f"and {more} more"] if more > 0 else names
