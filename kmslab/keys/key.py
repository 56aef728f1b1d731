"""A KMS key: the resource with its id, state and settings. The only object here that changes, by its own methods.

Its state is not stored but follows from what is true of it, the first of these that applies:
    - its deletion is scheduled: PendingDeletion, or PendingReplicaDeletion while it still has replicas;
    - it is being replicated or made primary: Creating, Updating;
    - key material that belongs to it is missing: PendingImport;
    - its custom key store is not connected: Unavailable;
    - otherwise Enabled or Disabled, as it was last switched. Cancelling a deletion leaves it switched off.
Which operation is allowed in which state is not decided here but in `keys.states`; what it does with its material is in
`keys.use`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from kmslab.arn import key_arn
from kmslab.keys.grants import NO_GRANTS, Grants
from kmslab.keys.material import KeyMaterial
from kmslab.keys.ring import KeyRing
from kmslab.keys.rotation import RotationSchedule
from kmslab.keys.specs import KeyManager, KeyOrigin, KeySpec, KeyUsage
from kmslab.keys.states import KeyState

if TYPE_CHECKING:
    from kmslab.keys.key_store import CustomKeyStore
    from kmslab.keys.related import RelatedKeys


class LastUse(Struct, frozen=True, gc=False):
    """The last cryptographic operation that succeeded with a key. Source: API Reference, GetKeyLastUsage."""

    operation: str
    time: datetime
    request_id: str
    event_id: str


@dataclass(slots=True, eq=False)
class Key:
    """A KMS key.

    Attributes:
        key_id: A UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
        account_id: The account that owns it.
        region: The Region it lives in.
        spec: Its key spec.
        usage: What it is for.
        created: When it was created, in UTC.
        description: Free text.
        policy: The key policy named `default`, as the text that was stored.
        ring: Its key materials.
        origin: Where they come from.
        manager: Whose it is to manage.
        related: The multi-Region keys it belongs to, itself included; None for a single-Region key.
        key_store: The custom key store it lives in, or None.
        xks_key_id: The id of its external key, for a key in an external key store.
        rotation: When it rotates; related keys share one schedule.
        enabled: How it was last switched.
        transition: Creating or Updating while that lasts.
        deletion_window: The waiting period in days while its deletion is scheduled, or None.
        deletion_date: When it will be deleted, in UTC; None too while replicas hold its deletion up.
        tags: Tag values by tag key.
        grants: Its grants; `World.add_grant` adds one.
        last_use: The last cryptographic operation that succeeded with it, or None.
        arn: Its ARN, made from Region, account and key id.
    """

    key_id: str
    account_id: str
    region: str
    spec: KeySpec
    usage: KeyUsage
    created: datetime
    description: str
    policy: str
    ring: KeyRing
    origin: KeyOrigin = KeyOrigin.AWS_KMS
    manager: KeyManager = KeyManager.CUSTOMER
    related: RelatedKeys | None = None
    key_store: CustomKeyStore | None = None
    xks_key_id: str | None = None
    rotation: RotationSchedule = field(default_factory=RotationSchedule)
    enabled: bool = True
    transition: KeyState | None = None
    deletion_window: int | None = None
    deletion_date: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)
    grants: Grants = NO_GRANTS
    last_use: LastUse | None = None
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        """Write the ARN once; every call needs it several times. Join the related keys."""
        self.arn = key_arn(self.region, self.account_id, self.key_id)
        if self.related is not None:
            self.related.join(self)

    @property
    def state(self) -> KeyState:
        """Its key state, as the head of this module says."""
        if self.deletion_window is not None:
            return KeyState.PENDING_REPLICA_DELETION if self.deletion_date is None else KeyState.PENDING_DELETION
        if self.transition is not None:
            return self.transition
        if not self.ring.is_complete:
            return KeyState.PENDING_IMPORT
        if self.key_store is not None and not self.key_store.is_connected:
            return KeyState.UNAVAILABLE
        return KeyState.ENABLED if self.enabled else KeyState.DISABLED

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that its spec offers for its usage."""
        return self.spec.algorithms[self.usage]

    @property
    def current(self) -> KeyMaterial:
        """The key material it encrypts, signs or MACs with.

        Raises:
            LookupError: there is none here; the front door lets nothing come this far in that state.
        """
        entry = self.ring.current
        if entry is None or entry.material is None:
            raise LookupError(f"{self.arn} has no key material")
        return entry.material

    @property
    def multi_region(self) -> bool:
        """Whether it is a multi-Region key."""
        return self.related is not None

    @property
    def is_primary(self) -> bool:
        """Whether it is the primary of related multi-Region keys."""
        return self.related is not None and self.related.primary_region == self.region

    @property
    def is_replica(self) -> bool:
        """Whether it is a replica of related multi-Region keys."""
        return self.related is not None and self.related.primary_region != self.region

    @property
    def is_in_use(self) -> bool:
        """Whether it is neither disabled nor leaving: what KMS needs to rotate it."""
        return self.state in (KeyState.ENABLED, KeyState.UPDATING)

    # --- life ---

    def enable(self) -> None:
        """Allow its use."""
        self.enabled = True

    def disable(self) -> None:
        """Stop its use, keeping everything."""
        self.enabled = False

    def schedule_deletion(self, window: int, date: datetime | None) -> None:
        """Stop its use now and have it deleted at `date`, in UTC.

        Args:
            window: The waiting period in days.
            date: When it ends; None for a primary key with replicas, whose waiting period has not begun.
        """
        self.deletion_window, self.deletion_date = window, date

    def cancel_deletion(self) -> None:
        """Keep it after all. Source: API Reference, CancelKeyDeletion: the key state is then Disabled."""
        self.deletion_window, self.deletion_date, self.enabled = None, None, False
