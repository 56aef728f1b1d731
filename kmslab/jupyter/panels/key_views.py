"""What the key explorer shows of a key: one function for each page of it, most of them without a call."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from kmslab import Lab
from kmslab.jupyter.panels.panel import Said, name_of
from kmslab.tables import Table

if TYPE_CHECKING:
    from kmslab.keys.inventory import KeyView

#: Makes a call for a key: the method, and its members beside the KeyId.
Call = Callable[..., Any]

_NO_CALL = "Read from lab.inventory, without a call."


class View(NamedTuple):
    """One page.

    Attributes:
        name: What it is called in the list, with the calls that it makes.
        tell: What it says; takes the Lab, the key, and how to call.
    """

    name: str
    tell: Callable[[Lab, KeyView, Call], Said]


def _general(lab: Lab, key: KeyView, call: Call) -> Said:
    # The figure beside it has the rest.
    return Said((_NO_CALL,))


def _policy(lab: Lab, key: KeyView, call: Call) -> Said:
    text = call("get_key_policy")["Policy"]
    statements = json.loads(text)["Statement"]
    count = len(statements) if isinstance(statements, list) else 1
    return Said((f"The key policy has {count} statement{'' if count == 1 else 's'}.",), block=text)


def _grants(lab: Lab, key: KeyView, call: Call) -> Said:
    grants: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = call("list_grants", **more)
        grants += page["Grants"]
        if not page["Truncated"]:
            break
        more = {"Marker": page["NextMarker"]}
    if not grants:
        return Said(("The key has no grants.",))
    rows = [
        (
            grant["GrantId"][:8],
            grant.get("Name") or "none",
            grant.get("GranteePrincipal") or grant.get("GranteeServicePrincipal", ""),
            ", ".join(grant["Operations"]),
            json.dumps(grant.get("Constraints", {})) if grant.get("Constraints") else "none",
        )
        for grant in grants
    ]
    columns = ("Grant id begins with", "Name", "Who", "Operations", "Constraints")
    return Said((f"The key has {_count(len(rows), 'grant')}.",), Table("Grants", columns, rows))


def _rotation(lab: Lab, key: KeyView, call: Call) -> Said:
    status = call("get_key_rotation_status")
    materials = call("list_key_rotations", IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    line = "Automatic rotation is off."
    if status["KeyRotationEnabled"]:
        line = f"Automatic rotation is on, every {status['RotationPeriodInDays']} days"
        line += f"; the next is due on {_date(status['NextRotationDate'])}." if "NextRotationDate" in status else "."
    under_way = status.get("OnDemandRotationStartDate")
    rows = [
        (
            str(number),
            each.get("KeyMaterialId", "")[:8],
            each.get("KeyMaterialState", ""),
            _date(each.get("RotationDate")) or "from the beginning",
            each.get("RotationType", ""),
        )
        for number, each in enumerate(materials, 1)
    ]
    columns = ("Number", "Id begins with", "State", "Since", "Why")
    extra = (f"A rotation on demand is under way since {_date(under_way)}.",) if under_way else ()
    return Said((line, *extra), Table("Key materials", columns, rows) if rows else None)


def _names(lab: Lab, key: KeyView, call: Call) -> Said:
    rows = [("alias", name, "") for name in key.aliases] + [("tag", *pair) for pair in sorted(key.tags.items())]
    line = f"The key has {_count(len(key.aliases), 'alias', 'aliases')} and {_count(len(key.tags), 'tag')}."
    return Said((f"{line} {_NO_CALL}",), Table("Names", ("Kind", "Name", "Value"), rows) if rows else None)


def _cost(lab: Lab, key: KeyView, call: Call) -> Said:
    bill = lab.bill.for_key(key.arn)
    lines = [
        f"So far: {bill.total:,.6f} USD, for its time and {_count(bill.requests, 'request')}. Read from lab.bill, "
        "without a call.",
        "The free requests of the month belong to the account; here they are taken off as if there were this key only.",
    ]
    if key.manager == "AWS":
        lines.append("An AWS managed key costs nothing by itself; the requests are charged.")
    elif not lab.bill.usage.keys.get(key.arn):
        lines.append("As it waits for its deletion, it costs nothing a month.")
    else:
        lines.append(f"Its next months cost {lab.bill.usage.keys[key.arn]}.00 USD each, as it stands.")
    return Said(tuple(lines), bill.table())


def list_of(keys: Sequence[KeyView]) -> Table:
    """Keys, one a row, as the console lists them."""
    # No more columns than have room at half a screen; the rest is on the key's own page.
    rows = [(", ".join(key.aliases) or "none", key.key_id, key.state, key.region, key.manager) for key in keys]
    return Table("Keys", ("Aliases", "Key id", "State", "Region", "Managed by"), rows)


def label_of(key: KeyView) -> str:
    """A key in one line, what matters most first. A key without an alias is known by its description."""
    described = f" ({key.description})" if key.description and not key.aliases else ""
    managed = "AWS managed, " if key.manager == "AWS" else ""
    return f"{name_of(key)}{described}: {key.state}, {key.region}, {managed}{key.spec}"


def _date(when: datetime | None) -> str:
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d}"


def _count(number: int, unit: str, units: str = "") -> str:
    return f"{number:,} {unit if number == 1 else units or unit + 's'}"


GENERAL = "General"

#: The pages, in the order of the list.
VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(GENERAL, _general),
        View("Aliases and tags", _names),
        View("Cost", _cost),
        View("Key policy (calls GetKeyPolicy)", _policy),
        View("Grants (calls ListGrants)", _grants),
        View("Rotation (calls GetKeyRotationStatus, ListKeyRotations)", _rotation),
    )
}
