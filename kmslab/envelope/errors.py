"""What envelope encryption refuses, each with one sentence that says what is wrong and what to do.

    Exception
    `-- EnvelopeError
        |-- NotAnEnvelopeError       the bytes never were an envelope
        |-- UnknownVersionError      an envelope of a format that is not known here
        |-- ContextMismatchError     another encryption context than the caller expects
        |-- UnusableDataKeyError     KMS answered, and its data key does not fit this format
        |-- MisuseError              the call cannot be carried out as it was made
        `-- TamperedError            an envelope that is not as it was written
            `-- TruncatedError       ... because its end is missing

Errors of KMS are not in this tree: a ClientError reaches the caller unchanged. So do those of the operating system.
No text holds a key or any plaintext.
"""


class EnvelopeError(Exception):
    """An envelope could not be made or opened; the message says what to do."""


class NotAnEnvelopeError(EnvelopeError):
    """The bytes do not begin as an envelope does."""


class UnknownVersionError(EnvelopeError):
    """The format version is not one that this release reads."""


class ContextMismatchError(EnvelopeError):
    """The caller's encryption context is not the one in the file; KMS was not asked."""


class UnusableDataKeyError(EnvelopeError):
    """The data key that KMS gave has the wrong size, in clear or encrypted."""


class MisuseError(EnvelopeError):
    """The call cannot be carried out as it was made; KMS was not asked and nothing was written."""


class TamperedError(EnvelopeError):
    """Some byte of the envelope is not the one that was written: by accident or by an attack, nobody can tell."""


class TruncatedError(TamperedError):
    """The end of the envelope is missing."""
