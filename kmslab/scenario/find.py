"""The keys of a scenario that a Lab has already, found without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmslab.keys.inventory import Inventory, KeyView
from kmslab.keys.specs import SYMMETRIC_DEFAULT
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Part, Route

if TYPE_CHECKING:
    from kmslab.lab import Lab


def find_keys(lab: Lab, names: Names) -> dict[Route, KeyView]:
    """The keys that are there, by the place of each in the file; and a finding for each that is in the way."""
    found = {}
    for account_id, account in names.accounts.items():
        inventory = Inventory.of(lab.world, account_id)
        for key in account.get("keys").items():
            view = _find(key, names.region_of(key), inventory)
            if view is not None:
                found[key.route] = view
    return found


def _find(key: Part, region: str, inventory: Inventory) -> KeyView | None:
    here = inventory.select(region=region)
    aliases = [alias.text for alias in key.get("aliases").items()]
    key_id = key.get("id").text
    view = here.get(key_id) if key_id else here.named(aliases[0], region)
    if view is None:
        # An alias that stands for another key already cannot stand for this one.
        taken = [alias for alias in aliases if here.named(alias, region) is not None]
        if taken:
            key.report(
                f"The Lab has an alias '{taken[0]}' in {region} for another key; delete it, or write another one."
            )
        return None
    spec = key.get("spec").text or SYMMETRIC_DEFAULT
    if view.spec != spec:
        key.report(f"The Lab has the key {view.arn} already, of spec {view.spec} and not {spec}.")
    return view
