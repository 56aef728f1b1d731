"""Self-signed X.509 certificates. Source: RFC 5280."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

_VALIDITY = timedelta(days=3650)


def self_signed(common_name: str, not_before: datetime) -> str:
    """A new certificate authority's certificate, over a new P-256 key pair whose private half nobody keeps.

    Args:
        common_name: Subject and issuer.
        not_before: Since when it is valid, in UTC; it is for ten years.

    Returns:
        PEM text.
    """
    # Few Labs have a certificate, and what makes one takes long to import.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(secrets.randbits(128) | 1)
        .not_valid_before(not_before)
        .not_valid_after(not_before + _VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
