"""Keys in a scenario file: what AWS, or the file itself, would not let be."""

from __future__ import annotations

from collections.abc import Callable

from kmslab import arn
from kmslab.keys.imports import is_importable
from kmslab.keys.specs import KEY_SPECS, SYMMETRIC_DEFAULT, KeySpec
from kmslab.scenario.check_policies import check_key_policy
from kmslab.scenario.given import GivenError, is_given, material
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Part
from kmslab.scenario.wording import closest

#: Notes a part whose name, the last of some words, occurred before.
CheckOnce = Callable[..., None]


def check_key(key: Part, account_id: str, names: Names, once: CheckOnce) -> None:
    """Note everything that speaks against a key."""
    if not isinstance(key.value, dict):
        return
    if "id" not in key.value and not key.get("aliases").value:
        key.report("A key needs an 'id' or 'aliases', by which it is known when the scenario is applied again.")
    spec = KEY_SPECS.get(key.get("spec").text or SYMMETRIC_DEFAULT)
    if spec is not None:
        _check_usage(key, spec)
        _check_origin(key, spec)
        _check_material(key, spec)
    _check_replicas(key, names)
    regions = {names.region_of(key): key} | dict(key.get("replicas").members())
    for region, here in regions.items():
        _check_in_region(here, account_id, region, names, once)
    if key.get("id").text:
        once(key.get("id"), "key id", account_id, names.region_of(key), key.get("id").text)


def _check_usage(key: Part, spec: KeySpec) -> None:
    usage = key.get("usage")
    usages = [each.value for each in spec.algorithms]
    if usage.text and usage.text not in usages:
        usage.report(f"A key of spec {spec.name} is not for {usage.text}; write {' or '.join(usages)}.")
    elif usage.value is None and spec.name != SYMMETRIC_DEFAULT and len(usages) > 1:
        key.report(f"'usage' is missing: a key of spec {spec.name} is for {' or for '.join(usages)}.")


def _check_origin(key: Part, spec: KeySpec) -> None:
    is_imported = key.get("origin").value == "EXTERNAL"
    if is_imported and not is_importable(spec):
        key.get("origin").report(f"Key material of spec {spec.name} cannot be imported; leave 'origin' out.")
    rotation = key.get("rotation")
    if rotation.value and (spec.name != SYMMETRIC_DEFAULT or is_imported):
        rotation.report(
            "Only symmetric encryption keys of origin AWS_KMS rotate by the calendar; leave 'rotation' out."
        )


def _check_material(key: Part, spec: KeySpec) -> None:
    part = key.get("material")
    if not is_given(part):
        return
    try:
        material(part, spec)
    except GivenError as error:
        part.report(str(error))


def _check_replicas(key: Part, names: Names) -> None:
    key_id, multi_region, replicas = key.get("id"), key.get("multi_region"), key.get("replicas")
    is_multi_region = bool(multi_region.value or replicas.value)
    if replicas.value and multi_region.value is False:
        multi_region.report("A key with replicas is a multi-Region key; write true, or leave 'replicas' out.")
    if key_id.text.startswith("mrk-") and not is_multi_region:
        key_id.report("Only multi-Region keys have an id with mrk-; write 'multi_region: true', or a UUID.")
    if key_id.text and not key_id.text.startswith("mrk-") and is_multi_region:
        key_id.report("The id of a multi-Region key is mrk- and 32 hexadecimal digits.")
    if replicas.value and key.get("origin").value == "EXTERNAL" and key.get("material").value is None:
        key.report("A key without its key material cannot be replicated; give its 'material', or leave 'replicas' out.")
    home = names.region_of(key)
    for region, replica in replicas.members():
        if region == home:
            replica.report_name(f"The key itself is in {region}; a replica is in another Region.")
        elif arn.partition_of(region) != arn.partition_of(home):
            replica.report_name(f"{region} and {home} are of different partitions; a replica stays in its partition.")


def _check_in_region(here: Part, account_id: str, region: str, names: Names, once: CheckOnce) -> None:
    for alias in here.get("aliases").items():
        if alias.text.startswith(arn.RESERVED_ALIAS_PREFIX):
            alias.report(f"Aliases that begin with {arn.RESERVED_ALIAS_PREFIX} are AWS's own; write another one.")
        elif alias.text:
            once(alias, "alias", account_id, region, alias.text)
    for name, tag in here.get("tags").members():
        if name.lower().startswith("aws:"):
            tag.report_name("Tag keys that begin with aws: are AWS's own; write another one.")
    check_key_policy(here.get("policy"), names)
    for grant in here.get("grants").items():
        for role in ("grantee", "retiring"):
            _check_grantee(grant.get(role), account_id, names)


def _check_grantee(named: Part, account_id: str, names: Names) -> None:
    if not named.text:
        return
    if named.text.startswith("arn:"):
        if not names.is_there(named.text):
            named.report(f"This file defines no '{named.text}'; {closest(named.text, names.principal_arns())}")
    elif named.text not in names.principals[account_id]:
        known = names.principals[account_id]
        named.report(f"There is no '{named.text}' in this account; {closest(named.text, known)}")
