"""What lives where: Regions and their keys, aliases and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kmslab import Lab
from kmslab.jupyter.figures.buckets import buckets as of_account
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, ORANGE, PALE, Drawing, Figure, cut

if TYPE_CHECKING:
    from kmslab.keys.inventory import Inventory, KeyView

_WIDTH, _LINE, _GAP = 720, 22, 14
_INDENT, _NO_KEY = "  ", "no KMS key"
#: A key is drawn in the colour of its state, and the state is written beside it.
STATE_COLOURS = {"Enabled": GREEN, "Disabled": GREY, "PendingDeletion": ORANGE}


class _Row(NamedTuple):
    """One line in a Region.

    Attributes:
        text: What it says.
        key: The key that it begins with, or None.
    """

    text: str
    key: KeyView | None = None


def region_map(lab: Lab, regions: Sequence[str] = (), *, buckets: bool = False) -> Figure:
    """An account's Regions and the keys in each; related multi-Region keys are joined by lines.

    Args:
        lab: Whose account.
        regions: Regions to show even if they hold no key.
        buckets: Whether to show buckets and their default encryption too, for which S3 is asked.
    """
    keys = lab.inventory
    found = of_account(lab) if buckets else {}
    shown = list(dict.fromkeys([*regions, *(region for region, _ in keys.by_region()), *sorted(found)]))
    rows = {region: _rows(keys, region, found.get(region, ())) for region in shown}
    heights = [_LINE * len(rows[region]) + 2 * _GAP + 16 for region in shown]
    drawing = Drawing(_WIDTH, 60 + sum(height + _GAP for height in heights))
    title = f"Account {lab.account_id}"
    drawing.box(6, 6, _WIDTH - 12, drawing.height - 12, fill=PALE, stroke=BLUE, round_=8)
    drawing.text(20, 30, title, size=15, bold=True)
    lines, y = [title], 46.0
    places: dict[str, list[float]] = {}
    for region, height in zip(shown, heights, strict=True):
        drawing.box(20, y, _WIDTH - 40, height, fill="#ffffff", stroke=GREY, round_=6)
        drawing.text(34, y + 22, f"Region {region}", bold=True)
        lines.append(f"  Region {region}")
        for index, (text, key) in enumerate(rows[region], 1):
            at = y + 22 + index * _LINE
            if key is None:
                drawing.text(58 if text.startswith(_INDENT) else 50, at, cut(text.strip(), _WIDTH - 110, 12), size=12)
                lines.append(f"    {text}")
                continue
            drawing.box(40, at - 10, 10, 10, fill=STATE_COLOURS.get(key.state, BLUE), stroke=GREY)
            drawing.text(58, at, cut(text, _WIDTH - 110, 12), size=12)
            lines.append(f"    key {text}")
            if key.multi_region:
                places.setdefault(key.key_id, []).append(at)
        y += height + _GAP
    _join(drawing, places)
    return drawing.figure(title, "\n".join(lines))


def _rows(keys: Inventory, region: str, buckets: Sequence[tuple[str, str]]) -> list[_Row]:
    rows: list[_Row] = []
    for key in keys.select(region=region):
        rows.append(_Row(f"{key.key_id}  {key.spec}  {key.state}{_called(key.aliases)}", key))
        if key.multi_region:
            others = [each.region for each in keys if each.key_id == key.key_id and each.region != region]
            kind = "multi-Region, primary" if key.multi_region_type == "PRIMARY" else "multi-Region, replica"
            rows.append(_Row(f"{_INDENT}{kind}; related key in {', '.join(others) or 'no other Region'}"))
    rows = rows or [_Row(_NO_KEY)]
    return [*rows, *(_Row(f"bucket {name}: {encryption}") for name, encryption in buckets)]


def _join(drawing: Drawing, places: Mapping[str, list[float]]) -> None:
    # Each group of related keys has a line of its own, at the right.
    for number, each in enumerate(ends for ends in places.values() if len(ends) > 1):
        x = _WIDTH - 30 - 7 * number
        drawing.line(x, each[0] - 5, x, each[-1] - 5)
        for at in each:
            drawing.line(x - 10, at - 5, x, at - 5)


def _called(aliases: Sequence[str]) -> str:
    return f"  {', '.join(aliases)}" if aliases else ""


def alias_map(lab: Lab, region: str | None = None) -> Figure:
    """The aliases of a Region and the keys that they stand for; keys without an alias stand alone.

    Args:
        lab: Whose account.
        region: Which Region; the Lab's unless said otherwise.
    """
    region = region or lab.region
    keys = lab.inventory.select(region=region)
    rows = [(alias, key) for key in keys for alias in (key.aliases or ("",))]
    drawing = Drawing(_WIDTH, 60 + 40 * max(1, len(rows)))
    title = f"Aliases in {region}"
    drawing.text(10, 24, title, size=15, bold=True)
    lines = [title]
    if not rows:
        drawing.text(10, 60, "no KMS key", fill=GREY)
        lines.append("  no KMS key")
    # A key is one box, however many aliases point at it.
    places: dict[str, int] = {}
    for index, (alias, key) in enumerate(rows):
        y, at = 46 + 40 * index, places.setdefault(key.arn, 46 + 40 * index)
        if alias:
            drawing.box(10, y, 220, 28, fill=PALE, stroke=BLUE, round_=14)
            drawing.text(120, y + 19, cut(alias, 210), anchor="middle")
            drawing.line(232, y + 14, 296, at + 14, arrow=True)
        if at == y:
            drawing.box(300, y, 410, 28, fill="#ffffff", stroke=STATE_COLOURS.get(key.state, BLUE), round_=4)
            drawing.text(312, y + 19, cut(f"{key.key_id}  {key.state}", 390, 12), size=12)
        lines.append(f"  {alias or 'no alias'} -> {key.key_id} ({key.state})")
    return drawing.figure(title, "\n".join(lines))
