"""Grants: permissions on one key, given to one principal at a time and taken back by whoever needs them no longer.

Simplified: a grant stops working at once, and works at once unless the Lab has eventual consistency; AWS takes up to
five minutes for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kmslab import arn
from kmslab.authz.policy import is_principal_arn
from kmslab.errors import (
    AccessDeniedException,
    InvalidArnException,
    LimitExceededException,
    NotFoundException,
    ValidationException,
)
from kmslab.keys.grant import GRANTS_PER_KEY, Grant, check_constraints, check_operations, find_grant, new_token
from kmslab.keys.key import Key
from kmslab.operations.paging import Listing, listing, page
from kmslab.operations.registry import Context, Reply, grant_param, key_param, operation

_LARGEST_PAGE = 100


@operation("CreateGrant", keys=[key_param("KeyId")])
def create_grant(
    ctx: Context,
    key: Key,
    *,
    operations: Sequence[str],
    grantee_principal: str | None = None,
    retiring_principal: str | None = None,
    constraints: Mapping[str, Any] | None = None,
    name: str = "",
    grantee_service_principal: str | None = None,
    retiring_service_principal: str | None = None,
) -> Reply:
    """Allow a principal some of the key's operations. A named grant that is there already only gets one more token.

    Raises:
        DryRunOperationException: nothing speaks against it, and DryRun is set.
        InvalidArnException: a principal is none.
        LimitExceededException: the key has 50,000 grants.
        ValidationException: the members do not go together, or not with the key.
    """
    _check_principals(key, grantee_principal, grantee_service_principal, retiring_principal, retiring_service_principal)
    if grantee_service_principal is not None:
        _check_service_grantee(constraints or {}, retiring_principal or retiring_service_principal)
    check_operations(key, operations)
    check_constraints(key, constraints or {})
    wanted = Grant(
        grant_id="",
        key=key,
        created=ctx.now,
        issuing_account=ctx.principal.account_id,
        operations=tuple(dict.fromkeys(operations)),
        name=name,
        grantee=grantee_principal or grantee_service_principal or "",
        grantee_is_service=grantee_service_principal is not None,
        retiring=retiring_principal or retiring_service_principal,
        retiring_is_service=retiring_service_principal is not None,
        constraints=constraints or {},
    )
    return _stored(ctx, wanted)


def _check_principals(key: Key, grantee: str | None, service: str | None, *retiring: str | None) -> None:
    if (grantee is None) is (service is None):
        raise ValidationException.one_of("GranteePrincipal", "GranteeServicePrincipal", required=True)
    if None not in retiring:
        raise ValidationException.one_of("RetiringPrincipal", "RetiringServicePrincipal", required=False)
    for each in (grantee, retiring[0]):
        if each is not None:
            _require_principal(each, key.region)


def _require_principal(principal: str, region: str) -> None:
    # Simplified: an ARN of the right form is taken to be somebody's.
    if not is_principal_arn(principal, arn.partition_of(region)):
        raise InvalidArnException.principal(principal)


def _check_service_grantee(constraints: Mapping[str, Any], retiring: str | None) -> None:
    if "SourceArn" not in constraints:
        raise ValidationException.service_grantee("a SourceArn grant constraint")
    if retiring is None:
        raise ValidationException.service_grantee("either a RetiringPrincipal or a RetiringServicePrincipal")


def _stored(ctx: Context, wanted: Grant) -> Reply:
    grants = wanted.key.grants
    # Simplified: the same name with other parameters makes another grant.
    grant = grants.same_as(wanted)
    if grant is None and len(grants) >= GRANTS_PER_KEY:
        raise LimitExceededException.grants(GRANTS_PER_KEY, len(grants))
    ctx.end_of_checks()
    if grant is None:
        grant = replace(wanted, grant_id=ctx.ids.hex("grant", 64))
        ctx.world.add_grant(grant)
    token = new_token(ctx.ids, grant.grant_id)
    ctx.world.add_grant_token(grant, token)
    return {"GrantId": grant.grant_id, "GrantToken": token}


@operation("RetireGrant", keys=[grant_param()])
def retire_grant(ctx: Context, grant: Grant) -> Reply:
    """Take a grant away because it is done with; the grant itself says who may.

    Raises:
        DryRunOperationException: nothing speaks against it, and DryRun is set.
    """
    ctx.end_of_checks()
    ctx.notes["grantId"] = grant.grant_id
    ctx.world.forget_grant(grant)
    return None


@operation("RevokeGrant", keys=[key_param("KeyId")])
def revoke_grant(ctx: Context, key: Key, *, grant_id: str) -> Reply:
    """Take a grant away from its key.

    Raises:
        DryRunOperationException: nothing speaks against it, and DryRun is set.
        InvalidGrantIdException: no grant can have such an id.
        NotFoundException: the key has no such grant.
    """
    grant = find_grant(key, grant_id)
    if grant is None:
        raise NotFoundException.grant(grant_id)
    ctx.end_of_checks()
    ctx.world.forget_grant(grant)
    return None


@operation("ListGrants", keys=[key_param("KeyId")])
def list_grants(
    ctx: Context,
    key: Key,
    *,
    limit: int = 50,
    marker: str | None = None,
    grant_id: str | None = None,
    grantee_principal: str | None = None,
    grantee_service_principal: str | None = None,
) -> Reply:
    """The grants on a key, all or those of one id or one grantee.

    Raises:
        InvalidGrantIdException: no grant can have such an id.
        InvalidMarkerException: the marker does not come from this listing.
        ValidationException: a page of more than 100, or the grants of a service principal, are asked for.
    """
    if grantee_service_principal is not None:
        if grantee_principal is not None:
            raise ValidationException.one_of("GranteePrincipal", "GranteeServicePrincipal", required=False)
        raise ValidationException.only_services("GranteeServicePrincipal")
    if grant_id is not None:
        found = find_grant(key, grant_id)
        fits = found is not None and grantee_principal in (None, found.grantee)
        return _page(listing([found] if found is not None and fits else [], _position), limit, marker)
    return _page(lambda position: key.grants.after(position, grantee_principal), limit, marker)


@operation("ListRetirableGrants")
def list_retirable_grants(
    ctx: Context,
    *,
    limit: int = 50,
    marker: str | None = None,
    retiring_principal: str | None = None,
    retiring_service_principal: str | None = None,
) -> Reply:
    """The grants in this Region, on keys of any account, that a principal of the caller's account may retire.

    Only those whose retiring principal it is. Source: API Reference, ListRetirableGrants.

    Raises:
        AccessDeniedException: the principal belongs to another account.
        InvalidArnException: the principal is none.
        InvalidMarkerException: the marker does not come from this listing.
        ValidationException: a page of more than 100, or not the grants of one principal, are asked for.
    """
    if (retiring_principal is None) is (retiring_service_principal is None):
        raise ValidationException.one_of("RetiringPrincipal", "RetiringServicePrincipal", required=True)
    if retiring_principal is None:
        raise ValidationException.only_services("RetiringServicePrincipal")
    _require_principal(retiring_principal, ctx.store.region)
    if retiring_principal.split(":")[4] != ctx.principal.account_id:
        # Simplified: AWS's answer is not published. The principal is the resource that the caller needs leave for.
        action = "kms:ListRetirableGrants"
        reason = f"because no resource-based policy allows the {action} action"
        raise AccessDeniedException.of(ctx.principal.arn, action, f"on resource: {retiring_principal}", reason)
    region = ctx.store.region
    return _page(lambda position: ctx.world.retirable(region, retiring_principal, position), limit, marker)


def _page(grants: Listing[Grant], limit: int, marker: str | None) -> Reply:
    if limit > _LARGEST_PAGE:
        raise ValidationException.too_large("limit", limit, _LARGEST_PAGE)
    return page(grants, limit, marker, member="Grants", position=_position, entry=_entry)


def _position(grant: Grant) -> str:
    return grant.position


def _entry(grant: Grant) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": grant.key.arn,
        "GrantId": grant.grant_id,
        "Name": grant.name,
        "CreationDate": grant.created,
        "GranteeServicePrincipal" if grant.grantee_is_service else "GranteePrincipal": grant.grantee,
        "IssuingAccount": f"arn:{arn.partition_of(grant.key.region)}:iam::{grant.issuing_account}:root",
        "Operations": list(grant.operations),
    }
    if grant.retiring is not None:
        shown["RetiringServicePrincipal" if grant.retiring_is_service else "RetiringPrincipal"] = grant.retiring
    if grant.constraints:
        shown["Constraints"] = dict(grant.constraints)
    return shown
