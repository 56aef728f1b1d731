"""Advice: what would be decided about a call that nobody makes, by the same rules as for one that somebody does.

Neither billed nor logged, and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kmslab.authz.ask import Asker
from kmslab.authz.explain import Explanation
from kmslab.authz.hearing import Caller
from kmslab.authz.lockout import accepted_policy
from kmslab.authz.permissions import PERMISSIONS, Permission
from kmslab.call import Call, Decision, EventType
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.principals import Directory, Principal

#: Where a request has its encryption context, by action; `EncryptionContext` otherwise.
_CONTEXT_MEMBER = {"kms:ReEncryptFrom": "SourceEncryptionContext", "kms:ReEncryptTo": "DestinationEncryptionContext"}


@dataclass(frozen=True, repr=False)
class Advice(Explanation):
    """What would be decided about one call, as an explanation tells it of a call that was made.

    Attributes:
        call: The call, as far as permissions go.
    """

    @property
    def decision(self) -> Decision:
        """What would be decided."""
        return self.call.decisions[0]

    @property
    def allowed(self) -> bool:
        """The answer."""
        return self.decision.allowed

    @property
    def summary(self) -> str:
        """The answer in one paragraph."""
        verdict = "allowed" if self.allowed else "denied"
        who = self.call.principal.arn if self.call.principal is not None else "AWS"
        return f"{who} would be {verdict} {self.decision.action}: {self.decision.reason}."


class Adviser:
    """Answers what would be if somebody called."""

    def __init__(self, world: World, directory: Directory, clock: SimClock, grants_settle_in: timedelta) -> None:
        """Be ready for questions.

        Args:
            world: Where the keys are.
            directory: Who there is, and what organisations let their accounts do.
            clock: The Lab's clock.
            grants_settle_in: How long a new grant takes until it counts.
        """
        self._world = world
        self._directory = directory
        self._clock = clock
        self._grants_settle_in = grants_settle_in

    def would(
        self,
        principal: Principal,
        action: str,
        key: str,
        *,
        policy: str | None = None,
        encryption_context: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Advice:
        """Would a permission for a key be given, by its policy, the caller's policies and its grants?

        Only permissions are looked at: a call that is allowed may still fail, on a disabled key for example. For an
        alias of the key, UpdateAlias and the like need a second permission, which is not looked at.

        Args:
            principal: Who would call.
            action: What it would need, such as `kms:Encrypt` or `Encrypt`.
            key: The key's ARN or key id.
            policy: A key policy to judge by instead of the one that the key has; it is not stored.
            encryption_context: The encryption context of the call.
            params: Other members of the request, such as `PendingWindowInDays`, for conditions that ask for them.

        Raises:
            InvalidArnException: KMS would not take the policy.
            KmslabError: there is no such key or no such principal any more, or the action is none that keys have.
            LimitExceededException: KMS would not take the policy.
            MalformedPolicyDocumentException: KMS would not take the policy.
        """
        action = f"kms:{action.removeprefix('kms:')}"
        permission, found = _permission(action), self._key(key)
        members = dict(params or {})
        if encryption_context:
            members[_CONTEXT_MEMBER.get(action, "EncryptionContext")] = dict(encryption_context)
        ask = self._asker(principal, found, members)
        if policy is not None:
            policy = accepted_policy(ask, found, policy, bypass_lockout_check=True)
        decision = ask.on_key(action, found, cross_account=permission.cross_account, policy=policy)
        operation = action.removeprefix("kms:")
        now = self._clock.now()
        call = Call(
            EventType.API_CALL, operation, now, principal.account_id, found.region, principal.identity, "", "",
            decisions=(decision,),
        )  # fmt: skip
        return Advice(call)

    def _key(self, key: str) -> Key:
        found = self._world.find_key(key)
        if found is None:
            raise KmslabError(f"There is no key {key!r} in this Lab; give its key id or key ARN.")
        return found

    def _asker(self, principal: Principal, key: Key, params: Mapping[str, Any]) -> Asker:
        # As for a call: with the policies that the caller has by now.
        found = self._directory.find(principal.credentials.access_key_id)
        if found is None:
            raise KmslabError(f"{principal.arn} cannot call: nobody in this Lab has its access key any more.")
        principal = found
        ceilings = self._directory.service_control_policies.get(principal.account_id, ())
        caller = Caller(principal, self._clock.now(), ceilings, params=params, settling=self._grants_settle_in)

        def alias_names(key: Key) -> list[str]:
            return self._world.store(key.account_id, key.region).alias_names(key)

        return Asker(caller, key.region, alias_names)


def _permission(action: str) -> Permission:
    for permission in PERMISSIONS.values():
        if action in permission.actions and not permission.on_account and not permission.by_grant:
            return permission
    raise KmslabError(f"{action} is no permission for a key; take one such as kms:Encrypt or kms:ScheduleKeyDeletion.")
