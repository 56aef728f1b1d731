"""What lives where: Regions and their keys, aliases and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Lab
from kmslab.jupyter.figures.svg import BLUE, GREEN, GREY, ORANGE, PALE, Drawing, Figure, cut

_WIDTH, _LINE, _GAP = 720, 22, 14
#: A key is drawn in the colour of its state, and the state is written beside it.
STATE_COLOURS = {"Enabled": GREEN, "Disabled": GREY, "PendingDeletion": ORANGE}


def region_map(lab: Lab, regions: Sequence[str] = ()) -> Figure:
    """An account's Regions and the keys in each.

    Args:
        lab: Whose account.
        regions: Regions to show even if they hold no key.
    """
    keys = lab.inventory
    shown = list(dict.fromkeys([*regions, *(region for region, _ in keys.by_region())]))
    heights = [_LINE * max(1, len(keys.select(region=region))) + 2 * _GAP + 16 for region in shown]
    drawing = Drawing(_WIDTH, 60 + sum(height + _GAP for height in heights))
    title = f"Account {lab.account_id}"
    drawing.box(6, 6, _WIDTH - 12, drawing.height - 12, fill=PALE, stroke=BLUE, round_=8)
    drawing.text(20, 30, title, size=15, bold=True)
    lines, y = [title], 46.0
    for region, height in zip(shown, heights, strict=True):
        drawing.box(20, y, _WIDTH - 40, height, fill="#ffffff", stroke=GREY, round_=6)
        drawing.text(34, y + 22, f"Region {region}", bold=True)
        lines.append(f"  Region {region}")
        here = keys.select(region=region)
        if not here:
            drawing.text(50, y + 22 + _LINE, "no KMS key", fill=GREY)
            lines.append("    no KMS key")
        for index, key in enumerate(here, 1):
            label = f"{key.key_id}  {key.spec}  {key.state}{_called(key.aliases)}"
            at = y + 22 + index * _LINE
            drawing.box(40, at - 10, 10, 10, fill=STATE_COLOURS.get(key.state, BLUE), stroke=GREY)
            drawing.text(58, at, cut(label, _WIDTH - 110, 12), size=12)
            lines.append(f"    key {label}")
        y += height + _GAP
    return drawing.figure(title, "\n".join(lines))


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
    for index, (alias, key) in enumerate(rows):
        y = 46 + 40 * index
        if alias:
            drawing.box(10, y, 220, 28, fill=PALE, stroke=BLUE, round_=14)
            drawing.text(120, y + 19, cut(alias, 210), anchor="middle")
            drawing.line(232, y + 14, 296, y + 14, arrow=True)
        drawing.box(300, y, 410, 28, fill="#ffffff", stroke=STATE_COLOURS.get(key.state, BLUE), round_=4)
        drawing.text(312, y + 19, cut(f"{key.key_id}  {key.state}", 390, 12), size=12)
        lines.append(f"  {alias or 'no alias'} -> {key.key_id} ({key.state})")
    return drawing.figure(title, "\n".join(lines))
