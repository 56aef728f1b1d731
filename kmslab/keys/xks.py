"""A simulated external key manager outside of AWS, and the XKS proxy through which KMS reaches it.

Owns the external keys and what the proxy answers. It really encrypts: what was encrypted with an external key is lost
without it. Does not know custom key stores.

Source: AWS KMS External Key Store Proxy API Specification (github.com/aws/aws-kms-xksproxy-api-spec).
Simplified: calls, not HTTPS requests; the credential is compared and no request is signed with it.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kmslab.crypto import AuthenticationError, aes
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.keys.proxy_failures import PROXY_FAULTS, ProxyError, ProxyFailure

#: What an external key must be for KMS to use it.
KEY_SPEC, KEY_USAGE, ENABLED = "AES_256", ("DECRYPT", "ENCRYPT"), "ENABLED"


class Credential(NamedTuple):
    """What KMS authenticates itself to the proxy with: base 32 and base64 text."""

    access_key_id: str
    raw_secret_access_key: str

    def __repr__(self) -> str:
        """Nothing of it."""
        return "<proxy authentication credential>"


@dataclass(slots=True)
class ExternalKey:
    """A key in an external key manager.

    Attributes:
        key_spec: KMS takes `AES_256` only.
        key_usage: What it may do; KMS needs `ENCRYPT` and `DECRYPT`.
        status: `ENABLED` or `DISABLED`.
    """

    key_spec: str
    key_usage: tuple[str, ...]
    status: str = ENABLED
    secret: bytes = field(default_factory=lambda: os.urandom(aes.KEY_SIZE), repr=False)


class ProxyRequest(NamedTuple):
    """One line of the proxy's log: what KMS asked for, with which external key (empty for none)."""

    operation: str
    external_key_id: str = ""


class ExternalKeyManager:
    """An external key manager with its XKS proxy, as their administrator sees them.

    Make one with `lab.external_key_manager()`.

    Attributes:
        uri_endpoint: Where its proxy is, such as `https://xks.example.com`.
        uri_path: The path to the proxy's API, such as `/kms/xks/v1`.
        access_key_id: The id of the credential that the proxy accepts.
        raw_secret_access_key: The secret of that credential.
        vpc_endpoint_service_name: The VPC endpoint service in front of the proxy; None when any name leads to it.
        has_valid_vpc_endpoint_service: Whether that service is configured as KMS needs it.
        requests: What KMS has asked the proxy for, oldest first.
    """

    def __init__(
        self,
        ids: Ids,
        uri_endpoint: str | None = None,
        uri_path: str = "/kms/xks/v1",
        access_key_id: str | None = None,
        raw_secret_access_key: str | None = None,
        vpc_endpoint_service_name: str | None = None,
    ) -> None:
        """Set one up; use `lab.external_key_manager()`."""
        self._ids = ids
        self.uri_endpoint = uri_endpoint or f"https://xks-{ids.hex('proxy', 8)}.example.com"
        self.uri_path = uri_path
        fresh = _new_credential()
        self.access_key_id = access_key_id or fresh.access_key_id
        self.raw_secret_access_key = raw_secret_access_key or fresh.raw_secret_access_key
        self.vpc_endpoint_service_name = vpc_endpoint_service_name
        self.has_valid_vpc_endpoint_service = True
        self.requests: list[ProxyRequest] = []
        self._fault: ProxyFailure | None = None
        self._keys: dict[str, ExternalKey] = {}

    def __repr__(self) -> str:
        """Where its proxy is; never the credential."""
        return f"<external key manager behind {self.uri_endpoint}{self.uri_path}, {len(self._keys)} keys>"

    # --- what its administrator does ---

    @property
    def is_reachable(self) -> bool:
        """Whether KMS gets through to the proxy at all; can be set."""
        return self.fault != "UNREACHABLE"

    @is_reachable.setter
    def is_reachable(self, reachable: bool) -> None:
        self.fault = None if reachable else "UNREACHABLE"

    @property
    def fault(self) -> str | None:
        """What is wrong with the proxy; None when nothing is.

        `ACCESS_DENIED`, `GARBLED`, `INTERNAL`, `INVALID_RESPONSE`, `INVALID_TLS`, `THROTTLED`, `TIMED_OUT`, `UNHEALTHY`
        or `UNREACHABLE`.
        """
        return None if self._fault is None else self._fault.name

    @fault.setter
    def fault(self, name: str | None) -> None:
        """Let something be wrong with the proxy, or nothing.

        Raises:
            KmslabError: no such fault.
        """
        if name is not None and name not in PROXY_FAULTS:
            raise KmslabError(f"An XKS proxy has no fault {name!r}; choose one of {', '.join(PROXY_FAULTS)}.")
        self._fault = None if name is None else ProxyFailure[name]

    def rotate_credential(self) -> None:
        """Accept a new credential and no more the old one. KMS does not learn of it by itself."""
        self.access_key_id, self.raw_secret_access_key = _new_credential()

    def create_key(self, *, key_spec: str = KEY_SPEC, key_usage: Sequence[str] = KEY_USAGE) -> str:
        """Make a new external key.

        Args:
            key_spec: KMS takes `AES_256` only.
            key_usage: KMS needs `ENCRYPT` and `DECRYPT`.

        Returns:
            Its id, for CreateKey's XksKeyId.
        """
        key_id = f"external-{self._ids.hex('external key', 16)}"
        self._keys[key_id] = ExternalKey(key_spec, tuple(key_usage))
        return key_id

    def disable_key(self, external_key_id: str) -> None:
        """Refuse to use an external key, for now."""
        self._keys[external_key_id].status = "DISABLED"

    def enable_key(self, external_key_id: str) -> None:
        """Use an external key again."""
        self._keys[external_key_id].status = ENABLED

    def delete_key(self, external_key_id: str) -> None:
        """Destroy an external key. What was encrypted with it is lost."""
        del self._keys[external_key_id]

    @property
    def silent_failure(self) -> ProxyFailure | None:
        """Why no request gets as far as the proxy; None when it does."""
        silent = (ProxyFailure.UNREACHABLE, ProxyFailure.INVALID_TLS)
        return self._fault if self._fault in silent else None

    # --- what KMS asks of the proxy; the credential comes first, as in a signed request ---

    def health(self, credential: Credential) -> None:
        """GetHealthStatus.

        Raises:
            ProxyError: the proxy or its manager is not available.
        """
        self._admit(credential, ProxyRequest("GetHealthStatus"))

    def metadata(self, credential: Credential, external_key_id: str) -> ExternalKey:
        """GetKeyMetadata.

        Raises:
            ProxyError: there is no such key, or the proxy is not available.
        """
        self._admit(credential, ProxyRequest("GetKeyMetadata", external_key_id))
        return self._key(external_key_id)

    def encrypt(
        self, credential: Credential, external_key_id: str, plaintext: bytes, aad: bytes
    ) -> tuple[bytes, bytes]:
        """Encrypt with an external key, AES-GCM.

        Returns:
            The initialisation vector, 12 bytes; and the ciphertext with its 16-byte tag.

        Raises:
            ProxyError: the key cannot be used, or the proxy is not available.
        """
        self._admit(credential, ProxyRequest("Encrypt", external_key_id))
        iv = os.urandom(aes.NONCE_SIZE)
        return iv, aes.seal(self._usable_key(external_key_id, "ENCRYPT").secret, iv, plaintext, aad)

    def decrypt(self, credential: Credential, external_key_id: str, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Undo `encrypt`.

        Raises:
            ProxyError: not this key, ciphertext or `aad`; the key cannot be used; or the proxy is not available.
        """
        self._admit(credential, ProxyRequest("Decrypt", external_key_id))
        try:
            plaintext = aes.unseal(self._usable_key(external_key_id, "DECRYPT").secret, iv, sealed, aad)
        except AuthenticationError:
            raise ProxyError(ProxyFailure.INVALID_CIPHERTEXT) from None
        return plaintext[::-1] if self._fault is ProxyFailure.GARBLED else plaintext

    def _admit(self, credential: Credential, request: ProxyRequest) -> None:
        if self.silent_failure is not None:
            raise ProxyError(self.silent_failure)
        self.requests.append(request)
        sent = "\n".join(credential).encode()
        accepted = f"{self.access_key_id}\n{self.raw_secret_access_key}".encode()
        if not secrets.compare_digest(sent, accepted):
            raise ProxyError(ProxyFailure.AUTHENTICATION)
        if self._fault is not None and self._fault is not ProxyFailure.GARBLED:
            raise ProxyError(self._fault)

    def _key(self, external_key_id: str) -> ExternalKey:
        found = self._keys.get(external_key_id)
        if found is None:
            raise ProxyError(ProxyFailure.KEY_NOT_FOUND)
        return found

    def _usable_key(self, external_key_id: str, usage: str) -> ExternalKey:
        key = self._key(external_key_id)
        if key.status != ENABLED:
            raise ProxyError(ProxyFailure.KEY_NOT_ENABLED)
        if usage not in key.key_usage:
            raise ProxyError(ProxyFailure.KEY_USAGE)
        return key


def _new_credential() -> Credential:
    # 20 characters of base 32, and 32 bytes as base64. Source: the model, XksProxyAuthenticationCredentialType.
    access_key_id = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(20))
    return Credential(access_key_id, base64.b64encode(os.urandom(32)).decode("ascii"))
