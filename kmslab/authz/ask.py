"""Asking for permissions: everything about one request that policies may want to know, gathered once.

The one way in which a service asks: KMS for a call of its own, and any other service that calls KMS for somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from kmslab.authz import context_keys
from kmslab.authz.context_keys import Answers
from kmslab.authz.decide import decide_on_account, decide_on_grant, decide_on_key
from kmslab.authz.hearing import Caller
from kmslab.authz.patterns import ContextValue
from kmslab.call import Decision
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key

#: The actions that a policy may make depend on how long ago the key was used.
_AFTER_LAST_USE = frozenset({"kms:DisableKey", "kms:ScheduleKeyDeletion"})


class Answered(Mapping[str, ContextValue]):
    """The values of condition keys, worked out when a condition asks for the first: most policies have none."""

    def __init__(self, work_out: Callable[[], Answers]) -> None:
        """Remember how."""
        self._work_out = work_out
        self._answers: Answers | None = None

    def _known(self) -> Answers:
        if self._answers is None:
            self._answers = self._work_out()
        return self._answers

    def __getitem__(self, name: str) -> ContextValue:
        """The value of a condition key, by its name in lower case."""
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        """The condition keys that have a value."""
        return iter(self._known())

    def __len__(self) -> int:
        """How many have a value."""
        return len(self._known())


def _anybody(principal_arn: str) -> bool:
    return True


class Asker(Struct, frozen=True, gc=False):
    """One request, ready to be judged.

    Attributes:
        caller: Who calls, with what.
        region: The Region that is called.
        alias_names: Finds the aliases of a key.
        source_ip: Where the request comes from.
        user_agent: What the client calls itself.
        via: The service that calls for the caller, such as `s3.us-east-1.amazonaws.com`; empty for a direct call.
        exists: Whether there is a principal with an ARN: nobody else can be named in a key policy.
    """

    caller: Caller
    region: str
    alias_names: Callable[[Key], Sequence[str]]
    source_ip: str = ""
    user_agent: str = ""
    via: str = ""
    exists: Callable[[str], bool] = _anybody

    def on_key(
        self,
        action: str,
        key: Key,
        *,
        requested: str = "",
        same_key: bool | None = None,
        cross_account: bool = True,
        policy: str | None = None,
    ) -> Decision:
        """May the caller do `action` to `key`?

        Args:
            action: Such as `kms:Encrypt`.
            key: The key.
            requested: The alias by which the request names it, or empty.
            same_key: For ReEncrypt, whether both keys are one.
            cross_account: Whether the operation exists for keys of other accounts.
            policy: The key policy to judge by, instead of the one that the key has.
        """
        answered = Answered(partial(self._about, action, key, requested, same_key))
        return decide_on_key(self.caller, action, key, answered, cross_account=cross_account, policy=policy)

    def _about(self, action: str, key: Key, requested: str, same_key: bool | None) -> Answers:
        found = self._request() | context_keys.of_key(key, self.alias_names(key), requested)
        if action in _AFTER_LAST_USE:
            found |= context_keys.of_last_use(key, self.caller.now)
        return found | context_keys.of_operation(action, self.caller.params, via=self.via, same_key=same_key)

    def on_account(self, action: str, resource: str = "*", *, replica_of: Key | None = None) -> Decision:
        """May the caller do `action` to something of its account that has no policy of its own?

        Args:
            action: Such as `kms:CreateKey`.
            resource: An ARN, or `*`.
            replica_of: The primary key, for kms:CreateKey of a replica.
        """

        def answers() -> Answers:
            found = self._request() | context_keys.of_operation(action, self.caller.params, via=self.via)
            return found if replica_of is None else found | context_keys.of_replica(replica_of)

        return decide_on_account(self.caller, action, resource, Answered(answers))

    def on_grant(self, grant: Grant) -> Decision:
        """May the caller retire `grant`?"""

        def answers() -> Answers:
            found = self._request() | context_keys.of_key(grant.key, self.alias_names(grant.key))
            for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
                found |= context_keys.of_encryption_context(grant.constraints.get(name) or {})
            return found

        return decide_on_grant(self.caller, grant, Answered(answers))

    def _request(self) -> Answers:
        return context_keys.of_request(
            self.caller.principal,
            now=self.caller.now,
            region=self.region,
            source_ip=self.source_ip,
            user_agent=self.user_agent,
            via=self.via,
            source_arn=self.caller.source_arn,
        )
