"""Key stores in AWS CloudHSM clusters. Source: KMS Developer Guide, "AWS CloudHSM key stores"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from kmslab.errors import KMSInvalidStateException
from kmslab.keys.blob import Blob
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.context import EncryptionContext
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.specs import KeyOrigin

if TYPE_CHECKING:
    from kmslab.keys.key import Key


@dataclass(slots=True, eq=False, kw_only=True)
class CloudHsmKeyStore(CustomKeyStore):
    """A key store in an AWS CloudHSM cluster.

    Attributes:
        cluster_id: The cluster.
        trust_anchor_certificate: The cluster's certificate, as it was given.
        password: The password of `kmsuser` that KMS knows.
    """

    type: ClassVar[str] = "AWS_CLOUDHSM"
    origin: ClassVar[KeyOrigin] = KeyOrigin.AWS_CLOUDHSM

    cluster_id: str
    trust_anchor_certificate: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def cluster(self) -> CloudHsmCluster:
        """Its cluster, which may be deleted by now."""
        found = self.outside.cluster(self.account_id, self.region, self.cluster_id)
        assert found is not None, "a key store is made for a cluster that exists"  # noqa: S101
        return found

    def _reach(self) -> str | None:
        error_code, self.password = self.cluster.log_in(self.password)
        return error_code

    def entry(self) -> dict[str, Any]:
        """Its entry in the reply of DescribeCustomKeyStores."""
        shown = CustomKeyStore.entry(self)
        return shown | {
            "CloudHsmClusterId": self.cluster_id,
            "TrustAnchorCertificate": self.trust_anchor_certificate,
        }

    def metadata(self, xks_key_id: str | None) -> dict[str, Any]:
        """What KeyMetadata shows of a key in it."""
        return CustomKeyStore.metadata(self, xks_key_id) | {"CloudHsmClusterId": self.cluster_id}

    def notes(self) -> dict[str, str]:
        """What CloudTrail shows of it beside the request."""
        return CustomKeyStore.notes(self) | {"clusterId": self.cluster_id}

    def adopt(self, key: Key) -> None:
        """Make the key material in the cluster, labelled with the key's ARN."""
        self.cluster.keep_key(key.arn)

    def forget(self, key: Key) -> None:
        """Delete the key material from the cluster if it can be reached; otherwise it is left there, orphaned."""
        if self.is_connected and self.cluster.is_usable:
            self.cluster.key_labels.discard(key.arn)

    def wrap(self, key: Key, ciphertext_blob: bytes, context: EncryptionContext, *, operation: str) -> bytes:
        """The blob as it is: the cluster's HSMs have made it."""
        self._require_material(key)
        return ciphertext_blob

    def unwrap(self, key: Key, wrapped: Blob, context: EncryptionContext) -> Blob:
        """The blob as it is."""
        self._require_material(key)
        return wrapped

    def _require_material(self, key: Key) -> None:
        if not self.cluster.is_usable:
            raise KMSInvalidStateException.cluster_not_usable(key.arn, self.cluster_id)
        if key.arn not in self.cluster.key_labels:
            raise KMSInvalidStateException.no_material_in_cluster(key.arn, self.cluster_id)
