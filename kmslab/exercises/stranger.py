"""The stranger of lesson 06: she has a public key, no AWS account, and a code for whoever has the private key.

She is here and not in the notebook so that only a Decrypt tells what she wrote. Her code follows from the public key
alone, so a check knows it again, in another process and on another day.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kmslab.errors import KmslabError

CODE_LENGTH = 24

_OAEP_SHA_256 = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def stranger(public_der: bytes) -> bytes:
    """A letter with a code in it, as the lesson writes one: RSA-OAEP with SHA-256, on this computer, without AWS.

    Args:
        public_der: Your RSA public key, as `get_public_key` returns it under `PublicKey`.

    Returns:
        The ciphertext. It names no key and no algorithm.

    Raises:
        KmslabError: that is no RSA public key.
    """
    if not isinstance(public_der, bytes):
        raise KmslabError("The stranger takes the public key as bytes: the PublicKey in what get_public_key returns.")
    try:
        key = serialization.load_der_public_key(public_der)
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey):
        raise KmslabError("The stranger can write to an RSA public key only; create a key with KeySpec='RSA_2048'.")
    return key.encrypt(code_for(public_der).encode(), _OAEP_SHA_256)


def code_for(public_der: bytes) -> str:
    """What she writes to the holder of a key."""
    return hashlib.sha256(b"the printing house's code" + public_der).hexdigest()[:CODE_LENGTH]
