"""AWS Support, as far as a key that nobody can manage any more needs it.

Source: KMS Developer Guide, "Default key policy": a KMS key whose policy lets nobody in becomes unmanageable, and only
AWS Support can help then.
Simplified: AWS does not publish what Support does, nor when it helps: here when neither root nor the administrator can
change the policy any more. A case takes three days, and the key gets the default policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kmslab.authz.ask import Asker
from kmslab.authz.hearing import Caller
from kmslab.authz.policy import default_key_policy
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.principals import Principal

#: How long a case takes.
CASE = timedelta(days=3)


@dataclass(frozen=True)
class Case:
    """What a support case did and what it cost.

    Attributes:
        key_arn: The key.
        opened: When it was opened, in UTC.
        closed: When the key had a policy again, in UTC.
    """

    key_arn: str
    opened: datetime
    closed: datetime

    def __str__(self) -> str:
        """The outcome, in a few sentences."""
        days = (self.closed - self.opened).days
        return (
            f"AWS Support has given {self.key_arn} the default key policy again. "
            f"It took {days} days, in which nobody could change the key or let anybody use it. "
            "The case itself had to be opened by the account's root user, and the key cost what it always costs."
        )

    __repr__ = __str__


class Support:
    """The way out of a lockout."""

    def __init__(self, world: World, clock: SimClock, insiders: Callable[[str], tuple[Principal, ...]]) -> None:
        """Open for cases.

        Args:
            world: Where the keys are.
            clock: The Lab's clock; a case takes its time.
            insiders: Finds the root user and the administrator of an account.
        """
        self._world = world
        self._clock = clock
        self._insiders = insiders

    def recover(self, key: str) -> Case:
        """Have a key that everybody is locked out of given the default key policy again. Three days pass.

        Args:
            key: The key's ARN or key id.

        Raises:
            KmslabError: there is no such key, or its account's root user or administrator can still change its policy.
        """
        found = self._world.find_key(key)
        if found is None:
            raise KmslabError(f"There is no key {key!r} in this Lab; give its key id or key ARN.")
        for principal in self._insiders(found.account_id):
            if self._asker(principal, found).on_key("kms:PutKeyPolicy", found).allowed:
                raise KmslabError(f"Nobody is locked out: {principal.arn} can still change this key's policy.")
        opened = self._clock.now()
        closed = self._clock.travel_to(opened + CASE)
        found.policy = default_key_policy(found.account_id, found.region)
        return Case(found.arn, opened, closed)

    def _asker(self, principal: Principal, key: Key) -> Asker:
        return Asker(Caller(principal, self._clock.now()), key.region, self._alias_names)

    def _alias_names(self, key: Key) -> list[str]:
        return self._world.store(key.account_id, key.region).alias_names(key)
