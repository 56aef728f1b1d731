"""What an XKS proxy can fail with, and what KMS says and answers then, as one table.

Source: KMS Developer Guide, "Troubleshooting external key stores" for the texts, "Monitoring an external key store" for
the errors.
"""

from __future__ import annotations

from enum import Enum

from kmslab.errors import (
    AwsError,
    XksProxyIncorrectAuthenticationCredentialException,
    XksProxyInvalidConfigurationException,
    XksProxyInvalidResponseException,
    XksProxyUriUnreachableException,
)

_REJECTED = "The external key store proxy rejected the request because "
_REPORT = "If you see this error repeatedly, "


class ProxyFailure(Enum):
    """Why the proxy does not do what KMS asks.

    Attributes:
        text: What KMS says then. Source: KMS Developer Guide, "Troubleshooting external key stores".
        connection_error_code: What a connection fails with. Simplified: for THROTTLED and INTERNAL AWS names none.
        refusal: What CreateCustomKeyStore and UpdateCustomKeyStore answer. Source: KMS Developer Guide, "Monitoring an
            external key store". Simplified: for ACCESS_DENIED AWS names none.
    """

    UNREACHABLE = (
        "AWS KMS cannot communicate with the external key store proxy. Verify that your external key store proxy is "
        "active and is connected to the network, and that its URI path and endpoint URI or VPC service name are "
        "correct in your external key store.",
        "XKS_PROXY_NOT_REACHABLE",
        XksProxyUriUnreachableException,
    )
    TIMED_OUT = (
        "The external key store proxy did not respond to the request in the time allotted. Retry the request. "
        f"{_REPORT}report it to your external key store proxy administrator.",
        "XKS_PROXY_TIMED_OUT",
        XksProxyUriUnreachableException,
    )
    UNHEALTHY = (
        "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your "
        "external key store proxy administrator.",
        "XKS_PROXY_NOT_REACHABLE",
        XksProxyUriUnreachableException,
    )
    THROTTLED = (
        f"{_REJECTED[:-8]}due to a very high request rate. Reduce the frequency of your calls using KMS keys in this "
        "external key store.",
        "XKS_PROXY_NOT_REACHABLE",
        XksProxyUriUnreachableException,
    )
    INVALID_RESPONSE = (
        f"AWS KMS cannot interpret the response from the external key store proxy. {_REPORT}consult your external key "
        "store proxy administrator.",
        "XKS_PROXY_INVALID_RESPONSE",
        XksProxyInvalidResponseException,
    )
    INTERNAL = (
        f"{_REJECTED}it cannot communicate with the external key manager. Verify that the external key store proxy "
        "configuration is correct and that the external key manager is available.",
        "XKS_PROXY_INVALID_RESPONSE",
        XksProxyInvalidResponseException,
    )
    INVALID_TLS = (
        "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, "
        "including its certificate.",
        "XKS_PROXY_INVALID_TLS_CONFIGURATION",
        XksProxyInvalidConfigurationException,
    )
    INVALID_URI_PATH = (
        f"{_REJECTED}of an invalid URI path. Verify the URI path for your external key store and update if necessary.",
        "XKS_PROXY_INVALID_CONFIGURATION",
        XksProxyInvalidConfigurationException,
    )
    ACCESS_DENIED = (
        "The external key store proxy denied access to the operation. Verify that the user and the external key are "
        "both authorized for this operation, and try the request again.",
        "XKS_PROXY_ACCESS_DENIED",
        XksProxyInvalidConfigurationException,
    )
    AUTHENTICATION = (
        f"{_REJECTED}it could not authenticate AWS KMS. Verify the credentials for your external key store and update "
        "if necessary.",
        "INVALID_CREDENTIALS",
        XksProxyIncorrectAuthenticationCredentialException,
    )
    # Of one external key: no connection fails because of these.
    KEY_NOT_FOUND = (f"{_REJECTED}it could not find the external key.",)
    KEY_NOT_ENABLED = (f"{_REJECTED}the external key is not enabled in the external key manager.",)
    KEY_USAGE = (f"{_REJECTED}the external key does not support the requested operation.",)
    INVALID_CIPHERTEXT = (
        f"{_REJECTED}the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise "
        "invalid.",
    )
    # What the manager gives back as decrypted is not what KMS gave it to encrypt.
    GARBLED = (
        "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is "
        "corrupted, missing, or otherwise invalid.",
    )

    def __init__(
        self,
        text: str,
        connection_error_code: str = "INTERNAL_ERROR",
        refusal: type[AwsError] = XksProxyInvalidResponseException,
    ) -> None:
        """Keep what KMS makes of the failure."""
        self.text, self.connection_error_code, self.refusal = text, connection_error_code, refusal


#: The failures that a proxy can be made to have. The others follow from what KMS sends and from the external keys.
PROXY_FAULTS = (
    "ACCESS_DENIED",
    "GARBLED",
    "INTERNAL",
    "INVALID_RESPONSE",
    "INVALID_TLS",
    "THROTTLED",
    "TIMED_OUT",
    "UNHEALTHY",
    "UNREACHABLE",
)


class ProxyError(Exception):
    """The proxy did not do what KMS asked.

    Attributes:
        failure: Why.
    """

    def __init__(self, failure: ProxyFailure) -> None:
        """Keep why."""
        super().__init__(failure.text)
        self.failure = failure
