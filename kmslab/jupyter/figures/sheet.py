"""One key on a sheet: what it is, how it stands, what it is called, what was done with it and what it has cost."""

from __future__ import annotations

from collections import Counter

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter.figures.maps import STATE_COLOURS
from kmslab.jupyter.figures.svg import BLUE, GREY, INK, ORANGE, PALE, Drawing, Figure, cut, folded

_WIDTH, _LINE, _TOP, _VALUE = 760, 20, 72, 164


def key_sheet(lab: Lab, key: str) -> Figure:
    """A key of the Lab's account, read without a call.

    Args:
        lab: Whose account.
        key: Its key id, ARN or alias.

    Raises:
        KmslabError: there is no such key.
    """
    found = lab.inventory.get(key) or lab.inventory.named(key)
    if found is None:
        raise KmslabError(f"There is no key {key!r} in account {lab.account_id}; give its key id, ARN or alias.")
    bill = lab.bill.for_key(found.arn)
    done = Counter(call.operation for call in lab.trail.events(key=found.arn).calls if call.error_code is None)
    refused = sum(call.error_code is not None for call in lab.trail.events(key=found.arn).calls)
    multi_region = f"multi-Region, {found.multi_region_type.lower()}" if found.multi_region else "single-Region"
    facts = {
        "Key ARN": found.arn,
        "Aliases": ", ".join(found.aliases) or "none",
        "Description": found.description or "none",
        "Key spec and usage": f"{found.spec}, {found.usage}",
        "Managed by": "AWS" if found.manager == "AWS" else "the customer",
        "Key material from": found.origin,
        "Regions": multi_region,
        "Created": f"{found.created:%Y-%m-%d}",
        "Deletion": "none" if found.deletion_date is None else f"on {found.deletion_date:%Y-%m-%d}",
        "Tags": ", ".join(f"{name}={value}" for name, value in sorted(found.tags.items())) or "none",
        "In the trail": ", ".join(f"{name} {count}" for name, count in done.most_common()) or "nothing",
        "Refused": f"{refused:,} calls",
        "Cost so far": f"{bill.total:,.6f} USD, {bill.requests:,} requests",
    }
    title = f"{found.aliases[0] if found.aliases else found.key_id}, {found.state}, {found.region}"
    lines = {name: folded(value, _WIDTH - _VALUE - 24, 12) for name, value in facts.items()}
    drawing = Drawing(_WIDTH, _TOP + sum(_LINE * len(each) for each in lines.values()) + 20)
    drawing.box(6, 6, _WIDTH - 12, drawing.height - 12, fill="#ffffff", stroke=BLUE, round_=8)
    drawing.box(20, 18, 14, 14, fill=STATE_COLOURS.get(found.state, ORANGE), stroke=INK)
    drawing.text(42, 31, cut(title, _WIDTH - 60, 15), size=15, bold=True)
    drawing.line(20, 46, _WIDTH - 20, 46, stroke=GREY)
    y = float(_TOP)
    for number, (name, told) in enumerate(lines.items()):
        if number % 2:
            drawing.box(16, y - 15, _WIDTH - 32, _LINE * len(told), fill=PALE, stroke=PALE)
        drawing.text(20, y, name, size=12, bold=True)
        for text in told:
            drawing.text(_VALUE, y, text, size=12)
            y += _LINE
    return drawing.figure(title, "\n".join([title, *(f"  {name}: {value}" for name, value in facts.items())]))
