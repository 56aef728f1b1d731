"""The four functions: data or a file into an envelope, and back.

Each makes one request to KMS: GenerateDataKey to encrypt, Decrypt to decrypt. What can be refused without KMS is
refused before, so that it neither costs a request nor shows in CloudTrail.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO

from kmslab.envelope import keys
from kmslab.envelope.errors import ContextMismatchError, MisuseError
from kmslab.envelope.format import MAC_SIZE, SALT_SIZE, Context, Header, encode_context, read_header
from kmslab.envelope.keys import KmsClient
from kmslab.envelope.output import StrPath, replacing
from kmslab.envelope.progress import Advance, Progress, reporting
from kmslab.envelope.segments import TAG_SIZE, seal, unseal


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done.

    Attributes:
        key_arn: The KMS key, as KMS named it; after decrypting, the one that the file was encrypted under.
        plaintext_bytes: Size of the data.
        file_bytes: Size of the envelope.
        segments: How many segments it has.
    """

    key_arn: str
    plaintext_bytes: int
    file_bytes: int
    segments: int


def encrypt_file(
    kms: KmsClient,
    key_id: str,
    src: StrPath,
    dst: StrPath,
    context: Context | None = None,
    progress: Progress = False,
) -> Receipt:
    """Encrypt a file of any size in less than 8 MiB of memory.

    Args:
        kms: A boto3 KMS client, or one that looks like it. Its principal needs kms:GenerateDataKey.
        key_id: A symmetric KMS key: key id, key ARN, alias name or alias ARN.
        src: The file to encrypt. Of one that changes meanwhile, what was read, some of it older and some newer.
        dst: The envelope. It gets mode 0600, and replaces what is there only when all of it has been written.
        context: The encryption context; it is stored in clear. None means none.
        progress: True for a bar, or a function that is called with the bytes of `src` done and in all.

    Returns:
        The KMS key, and the sizes.

    Raises:
        MisuseError: `src` and `dst` are one file, `dst` is a folder or a special file, or `context` is no mapping of
            text to text, or too long.
        UnusableDataKeyError: the client is not KMS-shaped.
        OSError: a file cannot be read or written.
        botocore.exceptions.ClientError: KMS refuses.
    """
    _check_paths(src, dst)
    with open(src, "rb") as source, replacing(dst) as sink:
        with reporting(progress, os.fstat(source.fileno()).st_size, f"encrypt {os.path.basename(src)}") as advance:
            return _encrypt(kms, key_id, source, sink, context, advance)


def decrypt_file(
    kms: KmsClient, src: StrPath, dst: StrPath, context: Context | None = None, progress: Progress = False
) -> Receipt:
    """Decrypt an envelope of any size in less than 8 MiB of memory, and give it its name only when all is verified.

    Args:
        kms: A boto3 KMS client, or one that looks like it. Its principal needs kms:Decrypt.
        src: The envelope.
        dst: The file to write. It gets mode 0600, and replaces what is there only when all of `src` was verified.
        context: The encryption context that the file must have, `{}` for none. None means whichever it has: then
            nothing says that this is the file you expect.
        progress: True for a bar, or a function that is called with the bytes of `src` done and in all.

    Returns:
        The KMS key, and the sizes.

    Raises:
        ContextMismatchError: the file has another context; KMS was not asked.
        MisuseError: `src` and `dst` are one file, `dst` is a folder or a special file, or `context` is no mapping of
            text to text.
        NotAnEnvelopeError: `src` is something else.
        TamperedError: `src` is not as it was written.
        TruncatedError: the end of `src` is missing.
        UnknownVersionError: `src` is of another format version.
        UnusableDataKeyError: what KMS decrypted is no data key of an envelope.
        OSError: a file cannot be read or written.
        botocore.exceptions.ClientError: KMS refuses, also when the encrypted data key or the context was changed.
    """
    _check_paths(src, dst)
    with open(src, "rb") as source, replacing(dst) as sink:
        with reporting(progress, os.fstat(source.fileno()).st_size, f"decrypt {os.path.basename(src)}") as advance:
            return _decrypt(kms, source, sink, context, advance)


def encrypt(kms: KmsClient, key_id: str, data: bytes | bytearray | memoryview, context: Context | None = None) -> bytes:
    """Encrypt data in memory; the same as `encrypt_file`, and the same format."""
    sink = BytesIO()
    _encrypt(kms, key_id, BytesIO(data), sink, context, _nobody)
    return sink.getvalue()


def decrypt(kms: KmsClient, data: bytes | bytearray | memoryview, context: Context | None = None) -> bytes:
    """Decrypt an envelope in memory; the same as `decrypt_file`, with the same errors."""
    sink = BytesIO()
    _decrypt(kms, BytesIO(data), sink, context, _nobody)
    return sink.getvalue()


def _encrypt(
    kms: KmsClient, key_id: str, source: BufferedIOBase, sink: BufferedIOBase, context: Context | None, advance: Advance
) -> Receipt:
    context = {} if context is None else context
    encode_context(context)  # A context that cannot be stored is refused before KMS is asked.
    salt = os.urandom(SALT_SIZE)
    with keys.generate(kms, key_id, context, salt) as file_keys:
        header = Header(salt, file_keys.encrypted_data_key, context).to_bytes()
        head_size = sink.write(header + file_keys.mac(header))
        segments = seal(file_keys.payload, source, sink, advance)
    file_bytes = sink.tell()
    return Receipt(file_keys.key_arn, file_bytes - head_size - segments * TAG_SIZE, file_bytes, segments)


def _decrypt(
    kms: KmsClient, source: BufferedIOBase, sink: BufferedIOBase, context: Context | None, advance: Advance
) -> Receipt:
    header, mac = read_header(source)
    if context is not None and encode_context(context) != encode_context(header.context):
        raise ContextMismatchError(
            "The encryption context is not the one in this envelope; give the pairs it was encrypted with, "
            "or None to take those in the file."
        )
    with keys.recover(kms, header.encrypted_data_key, header.context, header.salt) as file_keys:
        authenticated = header.to_bytes()
        file_keys.verify(authenticated, mac)
        head_size = len(authenticated) + MAC_SIZE
        advance(head_size)
        segments = unseal(file_keys.payload, source, sink, advance)
    plaintext_bytes = sink.tell()
    return Receipt(file_keys.key_arn, plaintext_bytes, head_size + plaintext_bytes + segments * TAG_SIZE, segments)


def _check_paths(src: StrPath, dst: StrPath) -> None:
    if not os.path.exists(dst):
        return
    if not os.path.isfile(dst):
        # Renaming would put a file in the place of a device.
        raise MisuseError(f"{os.fspath(dst)!r} is a folder or a special file; name the file that shall be written.")
    if os.path.samefile(src, dst):
        raise MisuseError(f"{os.fspath(src)!r} cannot be both read and replaced; name another file to write.")


def _nobody(_: int) -> None:
    """Takes the place of progress where there is none to report."""
