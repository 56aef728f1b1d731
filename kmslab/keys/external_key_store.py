"""Key stores in external key managers, and the double encryption of their keys.

Source: KMS Developer Guide, "External key stores".
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from kmslab.errors import KMSInvalidStateException
from kmslab.keys import blob
from kmslab.keys.blob import Blob
from kmslab.keys.context import EncryptionContext, serialise
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.proxy_failures import ProxyError, ProxyFailure
from kmslab.keys.specs import KeyOrigin
from kmslab.keys.xks import Credential, ExternalKeyManager

if TYPE_CHECKING:
    from kmslab.keys.key import Key


class Connectivity(StrEnum):
    """How KMS reaches an XKS proxy."""

    PUBLIC_ENDPOINT = "PUBLIC_ENDPOINT"
    VPC_ENDPOINT_SERVICE = "VPC_ENDPOINT_SERVICE"


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKeyStore(CustomKeyStore):
    """A key store in an external key manager, reached through an XKS proxy.

    Attributes:
        uri_endpoint: Where the proxy is.
        uri_path: The path to its API.
        credential: What KMS authenticates itself with.
        connectivity: How KMS reaches it.
        vpc_endpoint_service_name: The VPC endpoint service, with that connectivity.
        vpc_endpoint_service_owner: The account that owns it.
    """

    type: ClassVar[str] = "EXTERNAL_KEY_STORE"
    origin: ClassVar[KeyOrigin] = KeyOrigin.EXTERNAL_KEY_STORE

    uri_endpoint: str
    uri_path: str
    credential: Credential = field(repr=False)
    connectivity: Connectivity
    vpc_endpoint_service_name: str | None = None
    vpc_endpoint_service_owner: str | None = None

    @property
    def proxy(self) -> ExternalKeyManager:
        """What is behind it.

        Raises:
            ProxyError: nothing answers at its endpoint, or not under its path.
        """
        return self.outside.proxy(self.uri_endpoint, self.uri_path)

    @property
    def uses_vpc(self) -> bool:
        """Whether the proxy is reached through a VPC endpoint service."""
        return self.connectivity is Connectivity.VPC_ENDPOINT_SERVICE

    @property
    def finds_vpc_service(self) -> bool:
        """Whether there is a VPC endpoint service of that name in its Region, with the endpoint's private DNS name.

        Simplified: there is no VPC. A service exists if an external key manager is behind the endpoint, unless that
        manager is reached through a service of another name.
        """
        name = str(self.vpc_endpoint_service_name)
        managers = self.outside.behind(self.uri_endpoint)
        in_region = name.split(".vpce.")[-1].startswith(f"{self.region}.")
        return in_region and any(each.vpc_endpoint_service_name in (None, name) for each in managers)

    @property
    def has_valid_vpc_service(self) -> bool:
        """Whether its VPC endpoint service is configured as KMS needs it."""
        return all(each.has_valid_vpc_endpoint_service for each in self.outside.behind(self.uri_endpoint))

    def check_health(self) -> None:
        """Ask the proxy how it is, with the store's present settings.

        Raises:
            ProxyError: it does not answer as it should.
        """
        self.proxy.health(self.credential)

    def _reach(self) -> str | None:
        if self.uses_vpc and not self.finds_vpc_service:
            return "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND"
        if self.uses_vpc and not self.has_valid_vpc_service:
            return "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"
        try:
            self.check_health()
        except ProxyError as error:
            return error.failure.connection_error_code
        return None

    def entry(self) -> dict[str, Any]:
        """Its entry in the reply of DescribeCustomKeyStores."""
        proxy = {
            "Connectivity": self.connectivity.value,
            "AccessKeyId": self.credential.access_key_id,
            "UriEndpoint": self.uri_endpoint,
            "UriPath": self.uri_path,
        }
        if self.uses_vpc:
            proxy["VpcEndpointServiceName"] = str(self.vpc_endpoint_service_name)
            proxy["VpcEndpointServiceOwner"] = str(self.vpc_endpoint_service_owner)
        return CustomKeyStore.entry(self) | {"XksProxyConfiguration": proxy}

    def metadata(self, xks_key_id: str | None) -> dict[str, Any]:
        """What KeyMetadata shows of a key in it."""
        return CustomKeyStore.metadata(self, xks_key_id) | {"XksKeyConfiguration": {"Id": xks_key_id}}

    def adopt(self, key: Key) -> None:
        """Nothing: its external key is there already."""

    def forget(self, key: Key) -> None:
        """Nothing: external keys are not KMS's to delete."""

    def wrap(self, key: Key, ciphertext_blob: bytes, context: EncryptionContext, *, operation: str) -> bytes:
        """Encrypt once more, with the external key.

        The whole blob of KMS is what the external key manager encrypts: n bytes of plaintext become n + 309 bytes, as
        long as n is small. The outer blob has the outline of the inner one and names the same key material, so that
        Decrypt finds its key; its derivation nonce is not used.

        Source: KMS Developer Guide, "External key stores", double encryption; the proxy takes up to 4300 bytes of
        plaintext, which is what a blob of 4096 bytes needs. Simplified: the outer layer's format is not published.
        """
        material_id = blob.material_id_of(ciphertext_blob)
        nonce = os.urandom(blob.DERIVATION_NONCE_SIZE)
        head = blob.header(material_id, nonce, len(ciphertext_blob), operation=operation)
        try:
            iv, sealed = self.proxy.encrypt(self.credential, str(key.xks_key_id), ciphertext_blob, _aad(head, context))
        except ProxyError as error:
            raise KMSInvalidStateException(error.failure.text) from None
        return Blob(head, iv, sealed).to_bytes()

    def unwrap(self, key: Key, wrapped: Blob, context: EncryptionContext) -> Blob:
        """Have the external key manager take the outer layer off."""
        aad = _aad(wrapped.header, context)
        try:
            inner = self.proxy.decrypt(self.credential, str(key.xks_key_id), wrapped.nonce, wrapped.sealed, aad)
            return blob.parse(inner)
        except ProxyError as error:
            raise KMSInvalidStateException(error.failure.text) from None
        except blob.MalformedBlobError:
            raise KMSInvalidStateException(ProxyFailure.GARBLED.text) from None


def _aad(head: bytes, context: EncryptionContext) -> bytes:
    # The header has a fixed size, so it cannot be read as part of the context.
    return head + serialise(context)
