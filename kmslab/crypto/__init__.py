"""Cryptographic primitives: bytes and plain values in, bytes out. Knows no key id, no ARN and no KMS error."""


class AuthenticationError(Exception):
    """The data is not what was sealed, signed or MACed, or not under this key. Says nothing more, on purpose."""


class KeyFormatError(Exception):
    """The bytes are not a key of the expected kind."""
