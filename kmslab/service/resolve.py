"""From what the caller wrote to the key that is meant: key id, key ARN, alias name, alias ARN, or a ciphertext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from kmslab import arn
from kmslab.arn import KeyRef, parse_key_ref
from kmslab.authz.decide import deny_unknown
from kmslab.authz.permissions import PERMISSIONS
from kmslab.errors import (
    AccessDeniedException,
    InvalidArnException,
    InvalidCiphertextException,
    InvalidGrantTokenException,
    NotFoundException,
    ValidationException,
)
from kmslab.keys import blob, managed
from kmslab.keys.alias import Alias
from kmslab.keys.grant import Grant, find_grant
from kmslab.keys.key import Key
from kmslab.keys.specs import SYMMETRIC_DEFAULT
from kmslab.keys.store import RegionStore
from kmslab.operations.registry import AliasParam, BlobParam, GrantParam, KeyParam, Param, algorithm_of
from kmslab.service.visit import Service, Target, Visit

ON_CIPHERTEXT = "on the resource associated with this ciphertext"


def resolve(visit: Visit, service: Service) -> None:
    """Find the keys and aliases that the request names.

    Raises:
        AccessDeniedException: the key would be another account's, and there is none.
        InvalidArnException: an alias is named where a grant's key is wanted.
        InvalidCiphertextException: no key is named, and the ciphertext is none.
        InvalidGrantIdException: a grant id is none.
        InvalidGrantTokenException: a grant token belongs to no grant here.
        NotFoundException: no such key, alias or grant here.
        ValidationException: neither key nor ciphertext, or no grant, is given, or an alias name lacks its prefix.
    """
    for param in visit.operation.params:
        visit.targets.append(_target(visit, service, param))


def _target(visit: Visit, service: Service, param: Param) -> Target:
    text = visit.params.get(param.member)
    if isinstance(param, KeyParam):
        return Target(param, None if text is None else _named(visit, service, text))
    if isinstance(param, BlobParam):
        return _from_blob(visit, service, param, text)
    if isinstance(param, AliasParam):
        alias = _alias(visit, service, str(text))
        return Target(param, _store(visit, service).key(alias.target_key_id), alias)
    if isinstance(param, GrantParam):
        grant = _grant(visit, service, param)
        return Target(param, grant.key, grant=grant)
    named = visit.targets[-1].key
    related = None if named is None else named.related
    return Target(param, None if related is None else related.in_region(str(text)))


def _grant(visit: Visit, service: Service, param: GrantParam) -> Grant:
    # Simplified: when both ways of naming a grant are used, its token counts.
    token, grant_id = visit.params.get(param.token), visit.params.get(param.member)
    key_ref = visit.params.get(param.key)
    if token is not None:
        found = service.world.find_grant(token)
        if found is None or found.key.region != visit.region:
            raise InvalidGrantTokenException
        return found
    if key_ref is None or grant_id is None:
        raise ValidationException.grant_not_named()
    if arn.names_an_alias(key_ref):
        raise InvalidArnException.no_aliases()
    key = _named(visit, service, key_ref)
    found = find_grant(key, grant_id)
    if found is None:
        if key.account_id != visit.principal.account_id:
            # Not even that there is such a key.
            _refuse(visit, f"on resource: {key.arn}", key_ref)
        raise NotFoundException.grant(grant_id)
    return found


def _from_blob(visit: Visit, service: Service, param: BlobParam, text: str | None) -> Target:
    data = visit.params.get(param.blob)
    if data is None and not ignores_ciphertext(visit.params):
        raise ValidationException.missing("ciphertextBlob")
    if text is not None:
        return Target(param, _named(visit, service, text))
    if data is None or algorithm_of(param, visit.params) != SYMMETRIC_DEFAULT:
        # Only a symmetric ciphertext says which key it needs. Source: API Reference, Decrypt, KeyId.
        raise ValidationException.key_not_named(param.member)
    try:
        material_id = blob.parse(data).material_id
    except blob.MalformedBlobError:
        raise InvalidCiphertextException from None
    key = service.world.find_by_material(visit.region, material_id)
    if key is None:
        # A whole ciphertext of a key that does not exist here: of another Region, of a deleted key, of another world.
        _refuse(visit, ON_CIPHERTEXT, "*")
    return Target(param, key, from_blob=True)


def ignores_ciphertext(params: Mapping[str, Any]) -> bool:
    """Whether a dry run is about permissions only, and the ciphertext may be missing or anything."""
    return bool(params.get("DryRun")) and "IGNORE_CIPHERTEXT" in params.get("DryRunModifiers", ())


def _named(visit: Visit, service: Service, text: str) -> Key:
    ref = parse_key_ref(text)
    if ref.region is not None and ref.region != visit.region:
        raise NotFoundException.other_region(ref.region)
    account_id = ref.account_id or visit.principal.account_id
    store = service.world.find_store(account_id, visit.region)
    name: str | None = ref.name
    if ref.is_alias:
        alias = store.alias(ref.name) if store else None
        if alias is None and account_id == visit.principal.account_id and _makes_it(visit, ref.name):
            made_for = str(managed.service_of(ref.name))
            return managed.make_managed_key(service.world, service.ids, account_id, visit.region, made_for, visit.time)
        name = None if alias is None else alias.target_key_id
    key = store.key(name) if store and name is not None else None
    if key is None:
        if account_id != visit.principal.account_id:
            _refuse(visit, f"on resource: {_arn_of(ref, visit.region, account_id)}", text)
        raise _not_found(ref, visit.region, account_id)
    return key


def _makes_it(visit: Visit, name: str) -> bool:
    """Whether asking for a predefined alias makes its key: for DescribeKey, and for the service that the key is of.

    Source: API Reference, DescribeKey; Secrets Manager User Guide, "Choosing an AWS KMS key".
    """
    owner = managed.service_of(name)
    asking = None if visit.on_behalf is None else visit.on_behalf.service
    return owner is not None and (visit.operation.name == "DescribeKey" or owner == asking)


def _arn_of(ref: KeyRef, region: str, account_id: str) -> str:
    build = arn.alias_arn if ref.is_alias else arn.key_arn
    return build(region, account_id, ref.name)


def _not_found(ref: KeyRef, region: str, account_id: str) -> NotFoundException:
    missing = _arn_of(ref, region, account_id)
    return NotFoundException.alias(missing) if ref.is_alias else NotFoundException.key(missing)


def _alias(visit: Visit, service: Service, name: str) -> Alias:
    if not name.startswith(arn.ALIAS_PREFIX):
        raise ValidationException.alias_without_prefix()
    alias = _store(visit, service).alias(name)
    if alias is None:
        raise NotFoundException.alias(arn.alias_arn(visit.region, visit.principal.account_id, name))
    return alias


def _store(visit: Visit, service: Service) -> RegionStore:
    return service.world.store(visit.principal.account_id, visit.region)


def _refuse(visit: Visit, where: str, resource: str) -> NoReturn:
    # Where a caller may not know whether a key exists, the answer is a denial and not "not found".
    action = PERMISSIONS[visit.operation.name].actions[0]
    decision = deny_unknown(action, resource)
    visit.decisions.append(decision)
    raise AccessDeniedException.of(visit.principal.arn, action, where, decision.reason)
