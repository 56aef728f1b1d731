"""Keys as DER: PKCS #8 for private keys, SubjectPublicKeyInfo for public ones. Source: RFC 5958, RFC 5280."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from kmslab.crypto import KeyFormatError


def load_pkcs8(der: bytes) -> PrivateKeyTypes:
    """Read an unencrypted private key of any kind.

    Raises:
        KeyFormatError: `der` is no private key.
    """
    try:
        return serialization.load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormatError from error


def load_spki(der: bytes) -> PublicKeyTypes:
    """Read a public key of any kind; one on an elliptic curve is a point of its curve.

    Raises:
        KeyFormatError: `der` is no public key.
    """
    try:
        return serialization.load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormatError from error


def to_pkcs8(key: PrivateKeyTypes) -> bytes:
    """A private key, unencrypted."""
    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def to_spki(key: PrivateKeyTypes) -> bytes:
    """The public key of a private key."""
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form)
