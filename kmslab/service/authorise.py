"""The gate that asks for permissions: which ones an operation needs, on which keys, aliases and grants."""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import arn
from kmslab.authz.ask import Asker
from kmslab.authz.decide import decide_plainly
from kmslab.authz.hearing import Caller
from kmslab.authz.permissions import PERMISSIONS
from kmslab.call import Decision
from kmslab.errors import AccessDeniedException, InvalidGrantTokenException
from kmslab.keys.key import Key
from kmslab.service.resolve import ON_CIPHERTEXT
from kmslab.service.visit import Service, Target, Visit


def authorise(visit: Visit, service: Service) -> None:
    """Ask for each permission that the operation needs.

    Raises:
        AccessDeniedException: one of them is not there.
        InvalidGrantTokenException: a grant token is given that belongs to no grant of this Region.
    """
    for token in visit.params.get("GrantTokens", ()):
        grant = service.world.find_grant(token)
        if grant is None or grant.key.region != visit.region:
            raise InvalidGrantTokenException
    permission = PERMISSIONS[visit.operation.name]
    if permission.by_grant:
        for target in visit.targets:
            if target.grant is not None:
                _require(visit, asker_of(visit, service).on_grant(target.grant), target)
        return
    if permission.on_alias:
        _require(visit, asker_of(visit, service).on_account(permission.actions[0], alias_arn(visit) or "*"))
    principal, actions = visit.principal, iter(permission.actions)
    found = [(target, target.key) for target in visit.targets if target.key is not None]
    on_keys = found
    if permission.on_account:
        # Only an IAM policy counts for some, but not for another account's key: who has none may not learn which exist.
        on_keys = [each for each in found if each[1].account_id != principal.account_id]
    ceiling = service.directory.service_control_policies.get(principal.account_id, ())
    action = permission.actions[0]
    for target, key in on_keys:
        action = next(actions, action)
        decision = decide_plainly(principal, ceiling, action, key, key.policy, permission.cross_account)
        if decision is None:
            decision = asker_of(visit, service).on_key(
                action,
                key,
                requested=_requested_alias(visit, target),
                same_key=len({key.arn for _, key in found}) == 1,
                cross_account=permission.cross_account,
            )
        _require(visit, decision, target)
    if permission.on_account or not (found or permission.on_alias):
        resource = str(visit.params.get(permission.resource, "*"))
        _require(visit, asker_of(visit, service).on_account(permission.actions[0], resource))
    for member, action in permission.also:
        if visit.params.get(member):
            replica_of = found[0][1] if found else None
            _require(visit, asker_of(visit, service).on_account(action, replica_of=replica_of))


def asker_of(visit: Visit, service: Service) -> Asker:
    """What a request may be asked about, gathered; only where a policy or an operation wants to know."""
    principal = visit.principal
    caller = Caller(
        principal,
        visit.time,
        service.directory.service_control_policies.get(principal.account_id, ()),
        frozenset(visit.params.get("GrantTokens", ())),
        visit.params,
        service.grants_settle_in,
        "" if visit.on_behalf is None else visit.on_behalf.source_arn,
    )

    def alias_names(key: Key) -> Sequence[str]:
        return service.world.store(key.account_id, key.region).alias_names(key)

    user_agent = visit.request.headers.get("user-agent", "")
    exists = service.directory.may_be_named
    via = "" if visit.on_behalf is None else visit.on_behalf.via
    return Asker(caller, visit.region, alias_names, visit.request.source_ip, user_agent, via, exists)


def _requested_alias(visit: Visit, target: Target) -> str:
    """The alias by which the caller named the key, whether by name or by ARN; empty when it did neither."""
    text = visit.params.get(target.param.member, "")
    return text[text.index(arn.ALIAS_PREFIX) :] if isinstance(text, str) and arn.names_an_alias(text) else ""


def alias_arn(visit: Visit) -> str | None:
    """The ARN of the alias that the request names as one, existing or not; None when it names none."""
    for target in visit.targets:
        if target.alias is not None:
            return target.alias.arn
    name = visit.params.get(visit.operation.new_alias) if visit.operation.new_alias else None
    return None if name is None else arn.alias_arn(visit.region, visit.principal.account_id, str(name))


def _require(visit: Visit, decision: Decision, target: Target | None = None) -> None:
    visit.decisions.append(decision)
    if not decision.allowed:
        where = ON_CIPHERTEXT if target is not None and target.from_blob else f"on resource: {decision.resource}"
        raise AccessDeniedException.of(visit.principal.arn, decision.action, where, decision.reason)
