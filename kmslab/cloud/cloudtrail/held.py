"""What CloudTrail holds of a Lab, by account and Region. It hangs on moto's CloudTrail, and is kept with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends as _cloudtrail_backends

from kmslab.cloud.cloudtrail.trail import Trail
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.trail.history import History

cloudtrail_backends: Any = _cloudtrail_backends

#: The attribute of moto's that is ours.
_NAME = "kept_by_kmslab"


@dataclass
class SigningKey:
    """The key that a Region's digests are signed with: RSA, as DER PKCS #8, and when it was made."""

    der: bytes = field(repr=False)
    made: datetime

    @cached_property
    def private(self) -> RsaPrivateKey:
        """The key, read once: that takes longer than to sign."""
        return RsaPrivateKey.from_pkcs8(self.der)

    def __getstate__(self) -> dict[str, Any]:
        """What is kept in a file."""
        return {"der": self.der, "made": self.made}


@dataclass
class Regional:
    """An account in a Region.

    Attributes:
        trails: The trails that have their home here, by name.
        signing_key: The key that digests are signed with, once there is one.
        history: What services other than KMS have told. That of all Regions is in the Lab's own Region.
    """

    trails: dict[str, Trail] = field(default_factory=dict)
    signing_key: SigningKey | None = None
    history: History = field(default_factory=History)


class Holdings:
    """What CloudTrail holds of one Lab."""

    def __init__(self, bridge: MotoBridge, region: str) -> None:
        """Hold nothing but what moto has.

        Args:
            bridge: moto.
            region: The Lab's Region.
        """
        self._bridge = bridge
        self._region = region
        self._found: dict[tuple[str, str], Regional] = {}

    def at(self, account_id: str, region: str) -> Regional:
        """What is held of an account in a Region."""
        name = account_id, region
        if name not in self._found:
            with self._bridge.in_place(quietly=True):
                kept = vars(cloudtrail_backends[account_id][region])
                self._found[name] = kept.setdefault(_NAME, Regional())
        return self._found[name]

    def still(self) -> AbstractContextManager[object]:
        """Nothing of it is written into a file while this is entered: it may be changed."""
        return self._bridge.standing_still()

    def history(self, account_id: str) -> History:
        """What services other than KMS have told about an account."""
        return self.at(account_id, self._region).history

    def trails(self, account_id: str | None = None) -> Iterator[Trail]:
        """The trails of an account, or of all accounts, of all Regions."""
        with self._bridge.looking_at(_cloudtrail_backends) as accounts:
            kept = [
                vars(backend).get(_NAME)
                for each, regions in accounts.items()
                if account_id in (None, each)
                for backend in list(dict(regions).values())
            ]
        for each in kept:
            if each is not None:
                yield from list(each.trails.values())
