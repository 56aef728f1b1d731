"""A simulated AWS CloudHSM cluster: as much of one as KMS needs for a CloudHSM key store.

Owns what is true of the cluster and whether KMS can log in. Does not know custom key stores.

Source: KMS Developer Guide, "AWS CloudHSM key stores" and "Troubleshooting a custom key store".
Simplified: the bits of the key material stay with the KMS key; the cluster only knows the label of each, which is the
key's ARN, as on AWS. Without the label, or without an active HSM, no key is used.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from kmslab.crypto.certificate import self_signed
from kmslab.errors import KmslabError
from kmslab.ids import Ids

#: AWS's ConnectionErrorCode of what can be wrong with a cluster and has no attribute of its own here.
CLUSTER_FAULTS = (
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
    "INTERNAL_ERROR",
    "NETWORK_ERRORS",
    "SUBNET_NOT_FOUND",
    "USER_LOCKED_OUT",
    "USER_LOGGED_IN",
    "USER_NOT_FOUND",
)

#: After so many wrong passwords in a row CloudHSM locks the user out.
_MOST_WRONG_PASSWORDS = 5


@dataclass(slots=True, eq=False)
class CloudHsmCluster:
    """An AWS CloudHSM cluster with its crypto user `kmsuser`, as its administrator sees it.

    Make one with `lab.cloudhsm_cluster()`. Its attributes can be set, to see what KMS does then.

    Attributes:
        cluster_id: Such as `cluster-2a3b4c5d6e7`.
        account_id: The account that owns it.
        region: The Region it is in.
        trust_anchor_certificate: What `customerCA.crt` holds: a self-signed certificate, PEM.
        password: The password of `kmsuser` that the administrator knows. KMS replaces it when it connects.
        hsm_count: How many active HSMs it has, each in an Availability Zone of its own.
        is_active: Whether it is initialised and activated.
        is_well_configured: Whether its subnets and its security group are as KMS needs them.
        key_labels: The labels of the key materials in it: the ARNs of their KMS keys.
    """

    cluster_id: str
    account_id: str
    region: str
    trust_anchor_certificate: str = field(repr=False)
    password: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    hsm_count: int = 2
    is_active: bool = True
    is_well_configured: bool = True
    key_labels: set[str] = field(default_factory=set)
    _backed_up: set[str] = field(default_factory=set, init=False, repr=False)
    _password_in_use: str = field(init=False, repr=False)
    _wrong_passwords: int = field(default=0, init=False, repr=False)
    _fault: str | None = field(default=None, init=False)
    _is_deleted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Let `kmsuser` have the password."""
        self._password_in_use = self.password

    @classmethod
    def create(cls, account_id: str, region: str, ids: Ids, now: datetime) -> CloudHsmCluster:
        """A new active cluster with two HSMs.

        Args:
            account_id: The account that owns it.
            region: The Region it is in.
            ids: Where its id comes from.
            now: The simulated time, in UTC; its certificate is valid from then.
        """
        cluster_id = _new_id(ids)
        return cls(cluster_id, account_id, region, self_signed(f"customerCA of {cluster_id}", now))

    def __repr__(self) -> str:
        """Its id and what it consists of; never the password."""
        return f"<CloudHSM cluster {self.cluster_id}, {self.region}, {self.hsm_count} HSMs>"

    # --- what its administrator does ---

    @property
    def fault(self) -> str | None:
        """What is wrong with it: one of AWS's ConnectionErrorCodes, such as `USER_LOGGED_IN`; None when nothing is.

        Three of the codes follow from elsewhere: CLUSTER_NOT_FOUND from `delete()`, INSUFFICIENT_CLOUDHSM_HSMS from
        `hsm_count`, INVALID_CREDENTIALS from `change_password()`.
        """
        return self._fault

    @fault.setter
    def fault(self, code: str | None) -> None:
        """Let something be wrong with it, or nothing.

        Raises:
            KmslabError: no such fault.
        """
        if code is not None and code not in CLUSTER_FAULTS:
            raise KmslabError(f"A CloudHSM cluster has no fault {code!r}; choose one of {', '.join(CLUSTER_FAULTS)}.")
        self._fault = code

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted."""
        return self._is_deleted

    def change_password(self, password: str | None = None) -> str:
        """Give `kmsuser` another password, which also unlocks the account. KMS does not learn of it by itself.

        Args:
            password: 7 to 32 characters; a random one unless said otherwise.

        Returns:
            The password.
        """
        self.password = self._password_in_use = password or secrets.token_hex(8)
        self._wrong_passwords = 0
        if self._fault == "USER_LOCKED_OUT":
            self._fault = None
        return self.password

    def delete_keys(self) -> None:
        """Lose all key material in the cluster. Its backups still have it."""
        self.key_labels.clear()

    def delete(self) -> None:
        """Delete the cluster with everything in it. Its backups stay: see `restore`."""
        self._is_deleted = True

    def restore(self, ids: Ids) -> CloudHsmCluster:
        """A new cluster from this one's backups: with its certificate, its users, and every key it ever had.

        Clusters that share a backup history have the same certificate, which is how KMS knows that they are related.
        """
        restored = CloudHsmCluster(
            _new_id(ids), self.account_id, self.region, self.trust_anchor_certificate, self._password_in_use
        )
        restored.password = self.password
        for label in self._backed_up:
            restored.keep_key(label)
        return restored

    # --- what KMS asks of it ---

    @property
    def is_usable(self) -> bool:
        """Whether KMS, once connected, can have its HSMs do something."""
        troubled = self._fault in ("INTERNAL_ERROR", "NETWORK_ERRORS")
        return not self._is_deleted and self.is_active and self.hsm_count > 0 and not troubled

    def keep_key(self, label: str) -> None:
        """Hold the key material of one more KMS key. It is in the next backup too."""
        self.key_labels.add(label)
        self._backed_up.add(label)

    def has_certificate(self, certificate: str) -> bool:
        """Whether a text is its trust anchor certificate; line ends and white space around it do not matter."""
        return certificate.split() == self.trust_anchor_certificate.split()

    def log_in(self, password: str) -> tuple[str | None, str]:
        """Log in as `kmsuser` and replace its password, as KMS does when it connects.

        Returns:
            AWS's ConnectionErrorCode, or None when it worked; and the password that KMS is to keep.
        """
        if self._is_deleted:
            return "CLUSTER_NOT_FOUND", password
        if self.hsm_count < 1:
            return "INSUFFICIENT_CLOUDHSM_HSMS", password
        if self._fault is not None:
            return self._fault, password
        if self._wrong_passwords >= _MOST_WRONG_PASSWORDS:
            return "USER_LOCKED_OUT", password
        if not secrets.compare_digest(password.encode(), self._password_in_use.encode()):
            self._wrong_passwords += 1
            return "INVALID_CREDENTIALS", password
        self._wrong_passwords = 0
        self._password_in_use = secrets.token_hex(16)
        return None, self._password_in_use


def _new_id(ids: Ids) -> str:
    return f"cluster-{ids.letters('cluster', 11).lower()}"
