"""Custom key stores: how KMS is connected to key material that is not in its own HSMs.

The connection state of a custom key store follows these rules:
    - a new one is DISCONNECTED;
    - connecting it makes it CONNECTING and, a while later, CONNECTED, or FAILED with a connection error code;
    - disconnecting it makes it DISCONNECTING and, a while later, DISCONNECTED;
    - it cannot be connected while DISCONNECTING or FAILED, nor disconnected while DISCONNECTING or DISCONNECTED.

Owns these states and what every type of store has in common; the types are `keys.cloudhsm_key_store` and
`keys.external_key_store`. Does not decide whether a store may be made or changed: `operations.key_stores` does.

Source: KMS Developer Guide, "Custom key stores"; API Reference, CustomKeyStoreInvalidStateException.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from kmslab.errors import CustomKeyStoreInvalidStateException
from kmslab.keys.blob import Blob
from kmslab.keys.context import EncryptionContext
from kmslab.keys.outside import Outside
from kmslab.keys.specs import KeyOrigin
from kmslab.keys.timers import SETTLING_TIME

if TYPE_CHECKING:
    from kmslab.keys.key import Key


class ConnectionState(StrEnum):
    """How a custom key store is connected to what is behind it."""

    CONNECTED = "CONNECTED"
    CONNECTING = "CONNECTING"
    FAILED = "FAILED"
    DISCONNECTED = "DISCONNECTED"
    DISCONNECTING = "DISCONNECTING"


@dataclass(slots=True, eq=False, kw_only=True)
class CustomKeyStore(ABC):
    """A custom key store of one account and Region.

    Attributes:
        key_store_id: `cks-` and 17 hexadecimal digits.
        account_id: The account that owns it.
        region: The Region it lives in.
        name: What its owner calls it.
        created: When it was created, in UTC.
        outside: Where what is behind it is found.
        state: How it is connected.
        error_code: Why connecting it failed; None in every other state.
        settles: When it is done with connecting or disconnecting, in UTC, or None.
        keys: The keys in it, by id.
    """

    #: AWS's CustomKeyStoreType.
    type: ClassVar[str]
    #: The origin of the keys in it.
    origin: ClassVar[KeyOrigin]

    key_store_id: str
    account_id: str
    region: str
    name: str
    created: datetime
    outside: Outside = field(repr=False)
    state: ConnectionState = ConnectionState.DISCONNECTED
    error_code: str | None = None
    settles: datetime | None = None
    keys: dict[str, Key] = field(default_factory=dict, repr=False)

    # --- connection ---

    @property
    def is_connected(self) -> bool:
        """Whether keys can be made and used in it."""
        return self.state is ConnectionState.CONNECTED

    def connect(self, now: datetime) -> datetime | None:
        """Begin to connect it.

        Returns:
            When the outcome is known, in UTC; None when it is connected, or about to be.

        Raises:
            CustomKeyStoreInvalidStateException: it is DISCONNECTING or FAILED.
        """
        if self.state in (ConnectionState.CONNECTED, ConnectionState.CONNECTING):
            return None
        self.require_state(ConnectionState.DISCONNECTED)
        self.state, self.settles = ConnectionState.CONNECTING, now + SETTLING_TIME
        return self.settles

    def disconnect(self, now: datetime) -> datetime:
        """Begin to disconnect it; its keys cannot be used from now on.

        Returns:
            When it will be disconnected, in UTC.

        Raises:
            CustomKeyStoreInvalidStateException: it is DISCONNECTING or DISCONNECTED.
        """
        self.require_state(ConnectionState.CONNECTED, ConnectionState.CONNECTING, ConnectionState.FAILED)
        self.state, self.error_code = ConnectionState.DISCONNECTING, None
        self.settles = now + SETTLING_TIME
        return self.settles

    def settle(self, when: datetime) -> None:
        """Be done with connecting or disconnecting, if that is what falls due at `when`."""
        if self.settles != when:
            return
        self.settles = None
        if self.state is ConnectionState.DISCONNECTING:
            self.state = ConnectionState.DISCONNECTED
            return
        self.error_code = self._reach()
        self.state = ConnectionState.CONNECTED if self.error_code is None else ConnectionState.FAILED

    def require_state(self, *states: ConnectionState) -> None:
        """Refuse what cannot be done in its present state.

        Raises:
            CustomKeyStoreInvalidStateException: it is in none of `states`.
        """
        if self.state not in states:
            raise CustomKeyStoreInvalidStateException.state(self.key_store_id, self.state)

    @abstractmethod
    def _reach(self) -> str | None:
        """Connect to what is behind it: None when that worked, and AWS's ConnectionErrorCode otherwise."""

    # --- what is shown ---

    def entry(self) -> dict[str, Any]:
        """Its entry in the reply of DescribeCustomKeyStores."""
        shown: dict[str, Any] = {
            "CustomKeyStoreId": self.key_store_id,
            "CustomKeyStoreName": self.name,
            "ConnectionState": self.state.value,
            "CreationDate": self.created,
            "CustomKeyStoreType": self.type,
        }
        return shown if self.error_code is None else shown | {"ConnectionErrorCode": self.error_code}

    def metadata(self, xks_key_id: str | None) -> dict[str, Any]:
        """What KeyMetadata shows of a key in it."""
        return {"CustomKeyStoreId": self.key_store_id}

    def notes(self) -> dict[str, str]:
        """What CloudTrail shows of it beside the request. Recorded for CloudHSM key stores."""
        return {"customKeyStoreName": self.name}

    # --- keys ---

    @abstractmethod
    def adopt(self, key: Key) -> None:
        """Make what belongs to a new key behind the store."""

    @abstractmethod
    def forget(self, key: Key) -> None:
        """Destroy what belonged to a deleted key behind the store, as far as KMS can."""

    @abstractmethod
    def wrap(self, key: Key, ciphertext_blob: bytes, context: EncryptionContext, *, operation: str) -> bytes:
        """What becomes of a ciphertext blob that was made with the key's own material.

        Raises:
            KMSInvalidStateException: what is behind the store cannot be used.
        """

    @abstractmethod
    def unwrap(self, key: Key, wrapped: Blob, context: EncryptionContext) -> Blob:
        """Undo `wrap`.

        Raises:
            KMSInvalidStateException: what is behind the store cannot be used, or refuses the ciphertext.
        """
