"""Client-side envelope encryption over any KMS-shaped client, that of real AWS included. Knows no simulator.

    >>> from kmslab.envelope import encrypt_file, decrypt_file
    >>> encrypt_file(kms, "alias/app", "report.pdf", "report.pdf.env", context={"tenant": "blue"})
    >>> decrypt_file(kms, "report.pdf.env", "report.pdf", context={"tenant": "blue"})

KMS encrypts at most 4096 bytes and charges for each request. So it is asked for one data key per file; the file is
encrypted here under keys derived from it, and the data key goes into the file, encrypted under the KMS key.

Where to read on, in this order:

    format      what is in a file, byte by byte, and what that protects
    keys        the data key: asked for, used once, overwritten
    segments    the data: encrypted piece by piece so that no piece can be moved, dropped or added
    behind      the disk takes one piece while the next is encrypted
    files       the four functions
    message     the middle alone, without a format: for taking the steps by hand
    output      a file appears whole or not at all
    progress    who is told how far it is
    errors      what can be wrong

For something other than a classroom, AWS has the AWS Encryption SDK and its format; this one is not compatible.
"""

from kmslab.envelope.errors import (
    ContextMismatchError,
    EnvelopeError,
    MisuseError,
    NotAnEnvelopeError,
    TamperedError,
    TruncatedError,
    UnknownVersionError,
    UnusableDataKeyError,
)
from kmslab.envelope.files import Receipt, decrypt, decrypt_file, encrypt, encrypt_file

__all__ = [
    "ContextMismatchError",
    "EnvelopeError",
    "MisuseError",
    "NotAnEnvelopeError",
    "Receipt",
    "TamperedError",
    "TruncatedError",
    "UnknownVersionError",
    "UnusableDataKeyError",
    "decrypt",
    "decrypt_file",
    "encrypt",
    "encrypt_file",
]
