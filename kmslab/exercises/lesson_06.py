"""Exercises of lesson 06: asymmetric keys.

Signatures and certificates are checked as anybody outside KMS would: with the public key that was handed over, and
without a call. More than half of the lines are what learners read: tasks, advice for each mistake, and hints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kmslab import Call
from kmslab.exercises.evidence import failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake
from kmslab.exercises.stranger import CODE_LENGTH, code_for

_RELEASE_SPEC, _RELEASE_HASH_SIZE = "ECC_NIST_P384", 48
_AUTHORITY_SPEC = "ECC_NIST_P521"

#: What Sign takes at most when KMS is to hash.
_LONGEST_RAW = 4096

_MAILBOX, _MAILBOX_REGION = "alias/mailbox", "eu-west-1"

_LESSONS_NAME = "workbook.example"
_VALIDITY = timedelta(days=90)
#: The clock may tick between the two dates, and some end a certificate a second early.
_TOLERANCE = timedelta(minutes=1)


def _signatures(attempt: Attempt, spec: str) -> Sequence[Call]:
    return [call for call in succeeded(attempt.lab, "Sign") if call.keys[0].spec == spec]


def _misused(attempt: Attempt, spec: str, code: str) -> list[Call]:
    """The refused calls of Sign on a key of a spec."""
    return [call for call in failed(attempt.lab, "Sign", code) if call.keys and call.keys[0].spec == spec]


def _is_a(*types: type) -> Callable[[Attempt], bool]:
    return lambda attempt: isinstance(attempt.answer, types)


# --- 06.1 ---


def _handed_over(attempt: Attempt) -> tuple[bytes, bytes, bytes]:
    """Message, signature and public key; what is no three byte strings raises, and so counts as not done."""
    message, signature, public_key = attempt.answer
    if not all(isinstance(part, bytes) for part in (message, signature, public_key)):
        raise TypeError("three byte strings are wanted")
    return message, signature, public_key


def _sent_whole(attempt: Attempt) -> bool:
    """Whether Sign refused a call for what was in it, before it looked for the key."""
    keys = attempt.lab.inventory.select(spec=_RELEASE_SPEC)
    refused = [call.params.get("KeyId") for call in failed(attempt.lab, "Sign", "ValidationException") if not call.keys]
    return any(name in (key.key_id, key.arn) for key in keys for name in refused)


def _has_part(attempt: Attempt, *types: type) -> bool:
    return any(isinstance(part, types) for part in attempt.answer)


def _curve(attempt: Attempt) -> ec.EllipticCurve:
    """The curve of the public key that was handed over; raises for other kinds of keys."""
    key = serialization.load_der_public_key(_handed_over(attempt)[2])
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("a key on a curve is wanted")
    return key.curve


def _signers(attempt: Attempt, spec: str) -> set[bytes]:
    """The public keys of those that have signed in KMS."""
    signed = {call.keys[0].arn for call in _signatures(attempt, spec)}
    return {key.public_key for key in attempt.lab.inventory.select(spec=spec) if key.arn in signed}


def _is_signed_by(public_der: bytes, signature: bytes, message: bytes, hash_: hashes.HashAlgorithm) -> bool:
    key = serialization.load_der_public_key(public_der)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, message, ec.ECDSA(hash_))
    except InvalidSignature:
        return False
    return True


def _is_the_release_key(attempt: Attempt) -> bool:
    """Whether the public key, byte by byte, is the one of a key that has signed in KMS, and was downloaded."""
    downloaded = {call.keys[0].spec for call in succeeded(attempt.lab, "GetPublicKey")}
    return _RELEASE_SPEC in downloaded and _handed_over(attempt)[2] in _signers(attempt, _RELEASE_SPEC)


def _release_verifies(attempt: Attempt) -> bool:
    message, signature, public_key = _handed_over(attempt)
    return _is_the_release_key(attempt) and _is_signed_by(public_key, signature, message, hashes.SHA384())


# --- 06.2 ---


def _mailbox(attempt: Attempt) -> str:
    """The id of the key behind the alias; empty, and so no key's id, while there is no such RSA key."""
    key = attempt.lab.inventory.named(_MAILBOX, _MAILBOX_REGION)
    return key.key_id if key and key.spec.startswith("RSA_") and key.usage == "ENCRYPT_DECRYPT" else ""


def _rsa_keys(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory.select(region=_MAILBOX_REGION, usage="ENCRYPT_DECRYPT")
    return any(key.spec.startswith("RSA_") for key in keys)


def _rsa_keys_elsewhere(attempt: Attempt) -> bool:
    """Those of the lesson are in us-east-1, so only a key with the alias counts there."""
    key = attempt.lab.inventory.named(_MAILBOX)
    return key is not None and key.region != _MAILBOX_REGION


def _refused_letters(attempt: Attempt, *, algorithm: bool) -> list[Call]:
    """The refused calls of Decrypt in the mailbox's Region, with an algorithm or without."""
    return [
        call
        for call in attempt.lab.trail.events(name="Decrypt").calls
        if call.region == _MAILBOX_REGION and call.error_code and ("EncryptionAlgorithm" in call.params) is algorithm
    ]


def _text(attempt: Attempt) -> str:
    answer = attempt.answer
    return (answer.decode() if isinstance(answer, bytes) else str(answer)).strip()


def _is_the_code(attempt: Attempt) -> bool:
    """Whether it is what the stranger writes to the holder of the mailbox's private key, which is in KMS."""
    key = attempt.lab.inventory.get(_mailbox(attempt))
    return key is not None and _text(attempt) == code_for(key.public_key)


def _was_to_another(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory.select(usage="ENCRYPT_DECRYPT")
    return _text(attempt) in {code_for(key.public_key) for key in keys if key.spec.startswith("RSA_")}


# --- 06.3 ---


def _certificate(attempt: Attempt) -> x509.Certificate:
    pem = attempt.answer
    return x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)


def _certifies_p521(attempt: Attempt) -> bool:
    key = _certificate(attempt).public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP521R1)


def _common_name(attempt: Attempt) -> str:
    """The only common name; raises if there is none or another."""
    (name,) = _certificate(attempt).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value).strip()


def _has_own_name(attempt: Attempt) -> bool:
    return _common_name(attempt) not in ("", _LESSONS_NAME)


def _validity(attempt: Attempt) -> timedelta:
    certificate = _certificate(attempt)
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc


def _is_valid_long_enough(attempt: Attempt) -> bool:
    return abs(_validity(attempt) - _VALIDITY) <= _TOLERANCE


def _has_two_names(attempt: Attempt) -> bool:
    certificate = _certificate(attempt)
    return certificate.subject != certificate.issuer


def _may_issue(attempt: Attempt) -> bool:
    # Source: RFC 5280, section 4.2.1.9: without cA, its key verifies no other certificate.
    return _certificate(attempt).extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def _is_self_signed(attempt: Attempt) -> bool:
    certificate = _certificate(attempt)
    certificate.verify_directly_issued_by(certificate)
    return True


def _was_signed_in_kms(attempt: Attempt) -> bool:
    """Whether the signature verifies with the public key of a key that has signed in KMS."""
    certificate = _certificate(attempt)
    hash_ = certificate.signature_hash_algorithm or hashes.SHA512()
    return any(
        _is_signed_by(public_der, certificate.signature, certificate.tbs_certificate_bytes, hash_)
        for public_der in _signers(attempt, _AUTHORITY_SPEC)
    )


EXERCISES = (
    Exercise(
        number="06.1",
        title="sign something large",
        tasks=(
            Task(
                "a signing key on the curve ECC_NIST_P384 exists in us-east-1",
                lambda attempt: attempt.lab.inventory.select(
                    region="us-east-1", spec=_RELEASE_SPEC, usage="SIGN_VERIFY"
                ),
                by_mistake(
                    "create_key takes KeySpec='ECC_NIST_P384' and KeyUsage='SIGN_VERIFY'. The lesson's key is on "
                    "P-256.",
                    (
                        lambda attempt: attempt.lab.inventory.select(spec=_RELEASE_SPEC, usage="SIGN_VERIFY"),
                        "There is one in another Region. Create it with kms, the lesson's client for us-east-1.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.select(spec=_RELEASE_SPEC),
                        "Your key on this curve has another usage, and a usage never changes. Create one with "
                        "KeyUsage='SIGN_VERIFY'.",
                    ),
                ),
            ),
            Task(
                "it has signed a digest",
                lambda attempt: any(
                    call.params.get("MessageType") == "DIGEST" for call in _signatures(attempt, _RELEASE_SPEC)
                ),
                by_mistake(
                    "Hash the message with the hash of the key's algorithm, and hand sign the digest.",
                    (
                        lambda attempt: _signatures(attempt, _RELEASE_SPEC),
                        "sign was not told that it gets a digest, so KMS has hashed what you sent once more. Say "
                        "MessageType='DIGEST'.",
                    ),
                    (
                        lambda attempt: _misused(attempt, _RELEASE_SPEC, "InvalidKeyUsageException"),
                        "KMS refused the algorithm: each curve has its own. Read SigningAlgorithms in the key's "
                        "metadata.",
                    ),
                    (
                        lambda attempt: [
                            call
                            for call in _misused(attempt, _RELEASE_SPEC, "ValidationException")
                            if call.params.get("MessageType") == "DIGEST"
                        ],
                        "KMS refused the digest for its length: SHA-256 makes 32 bytes, and this key's algorithm "
                        "wants the 48 of hashlib.sha384.",
                    ),
                    (
                        _sent_whole,
                        "sign takes 4096 bytes at most. Send the digest, and not the message.",
                    ),
                ),
            ),
            Task(
                "message, signature and public key were handed over, as bytes",
                _handed_over,
                by_mistake(
                    "answer = (message, signature, public_key): three byte strings, in this order.",
                    (
                        lambda attempt: _has_part(attempt, str),
                        "One of them is a text. The message is bytes: b'...' or text.encode().",
                    ),
                    (
                        lambda attempt: _has_part(attempt, Mapping),
                        "One of them is KMS's whole reply. Take ['Signature'] and ['PublicKey'] out of it.",
                    ),
                    (
                        lambda attempt: _has_part(attempt, ec.EllipticCurvePublicKey),
                        "The public key is wanted as KMS returned it, before load_der_public_key.",
                    ),
                ),
            ),
            Task(
                "the message is longer than 4096 bytes",
                lambda attempt: len(_handed_over(attempt)[0]) > _LONGEST_RAW,
                by_mistake(
                    "Let the message be longer than sign would take: b'...' * 1000 makes one quickly.",
                    (
                        lambda attempt: len(_handed_over(attempt)[0]) in (32, _RELEASE_HASH_SIZE, 64),
                        "That looks like the digest. Somebody outside has the message: hand that over, whole.",
                    ),
                ),
            ),
            Task(
                "the public key is one on P-384, downloaded from the key that signed",
                _is_the_release_key,
                by_mistake(
                    "Download it with get_public_key from the same key that signed, and hand over its PublicKey.",
                    (
                        lambda attempt: isinstance(_curve(attempt), ec.SECP256R1),
                        "This one is on P-256, as the lesson's is. Download that of your own key.",
                    ),
                    (
                        lambda attempt: b"-----BEGIN" in _handed_over(attempt)[2],
                        "This is PEM, a text form. Hand over the bytes that KMS returned.",
                    ),
                    (
                        lambda attempt: isinstance(_curve(attempt), ec.SECP384R1),
                        "It is on P-384, and no key that has signed in KMS has it. Sign with a KMS key of yours, and "
                        "download the public key of that one.",
                    ),
                ),
            ),
            Task(
                "the signature verifies outside KMS",
                _release_verifies,
                by_mistake(
                    "Whoever verifies takes the message, its SHA-384, the signature and the public key: they have to "
                    "belong together, to the byte.",
                    (
                        lambda attempt: (
                            _signatures(attempt, _RELEASE_SPEC)
                            and not any(
                                call.params.get("MessageType") == "DIGEST"
                                for call in _signatures(attempt, _RELEASE_SPEC)
                            )
                        ),
                        "What was signed is the hash of what you sent. Sign anew, with MessageType='DIGEST'.",
                    ),
                    (
                        lambda attempt: len(_handed_over(attempt)[0]) == _RELEASE_HASH_SIZE,
                        "Whoever verifies hashes what you hand over, and you handed over a hash. Hand over the "
                        "message.",
                    ),
                ),
            ),
        ),
        hints=(
            "The lesson did it with a megabyte and the curve P-256. What did the curve decide?",
            "The algorithm is ECDSA_SHA_384, so the digest is hashlib.sha384(message).digest(), with "
            "MessageType='DIGEST'.",
            "k = kms.create_key(KeySpec='ECC_NIST_P384', KeyUsage='SIGN_VERIFY')['KeyMetadata']['KeyId']\n"
            "m = b'licence ' * 1000\n"
            "d = hashlib.sha384(m).digest()\n"
            "s = kms.sign(KeyId=k, Message=d, MessageType='DIGEST', SigningAlgorithm='ECDSA_SHA_384')['Signature']\n"
            "answer = (m, s, kms.get_public_key(KeyId=k)['PublicKey'])",
        ),
    ),
    Exercise(
        number="06.2",
        title="receive a secret",
        tasks=(
            Task(
                "an RSA key for encryption exists in eu-west-1",
                _rsa_keys,
                by_mistake(
                    "A client for eu-west-1, KeySpec='RSA_2048' (or larger) and KeyUsage='ENCRYPT_DECRYPT'.",
                    (
                        lambda attempt: [
                            key
                            for key in attempt.lab.inventory.select(region=_MAILBOX_REGION, usage="SIGN_VERIFY")
                            if key.spec.startswith("RSA_")
                        ],
                        "Your RSA key in eu-west-1 is one for signatures, and a usage never changes. Create one with "
                        "KeyUsage='ENCRYPT_DECRYPT'.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.select(region=_MAILBOX_REGION, spec="SYMMETRIC_DEFAULT"),
                        "Your key in eu-west-1 is symmetric, and has no public half to give away. Say "
                        "KeySpec='RSA_2048' and KeyUsage='ENCRYPT_DECRYPT'.",
                    ),
                    (
                        _rsa_keys_elsewhere,
                        "The mailbox is in another Region. Make key and alias with a client for eu-west-1.",
                    ),
                ),
            ),
            Task(
                "alias/mailbox stands for it",
                _mailbox,
                by_mistake(
                    "create_alias takes AliasName and TargetKeyId; the client must be of the key's Region.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_MAILBOX, _MAILBOX_REGION),
                        "alias/mailbox stands for another key. update_alias lets it stand for the RSA key.",
                    ),
                ),
            ),
            Task(
                "its public key was downloaded",
                lambda attempt: succeeded(attempt.lab, "GetPublicKey", _mailbox(attempt)),
                by_mistake(
                    "stranger() wants the PublicKey that get_public_key returns for your key.",
                    (
                        lambda attempt: _was_to_another(attempt) or _refused_letters(attempt, algorithm=True),
                        "The letter was written with another key's public half, perhaps the lesson's. Download that "
                        "of alias/mailbox, and ask the stranger for a new one.",
                    ),
                ),
            ),
            Task(
                "it has decrypted something",
                lambda attempt: succeeded(attempt.lab, "Decrypt", _mailbox(attempt)),
                by_mistake(
                    "decrypt needs KeyId and EncryptionAlgorithm here, with the client for eu-west-1.",
                    (
                        lambda attempt: [
                            call
                            for call in _refused_letters(attempt, algorithm=True)
                            if call.params["EncryptionAlgorithm"] == "RSAES_OAEP_SHA_1"
                        ],
                        "You said RSAES_OAEP_SHA_1. Which hash does the stranger's OAEP use?",
                    ),
                    (
                        lambda attempt: [
                            call for call in _refused_letters(attempt, algorithm=True) if "KeyId" not in call.params
                        ],
                        "An RSA ciphertext does not name its key: say KeyId='alias/mailbox' as well.",
                    ),
                    (
                        lambda attempt: _refused_letters(attempt, algorithm=True),
                        "KMS could not open it with this key. Was it written with the public half of alias/mailbox?",
                    ),
                    (
                        lambda attempt: _refused_letters(attempt, algorithm=False),
                        "Without EncryptionAlgorithm, KMS takes the letter for one of its own symmetric ciphertexts. "
                        "Say which algorithm it was.",
                    ),
                ),
            ),
            Task(
                "the code is what the stranger wrote",
                _is_the_code,
                by_mistake(
                    "Hand over the Plaintext of her letter, 24 characters.",
                    (_is_a(Mapping), "That is KMS's whole reply. Hand over its ['Plaintext']."),
                    (
                        lambda attempt: isinstance(attempt.answer, bytes) and len(attempt.answer) > 4 * CODE_LENGTH,
                        "That is still the ciphertext. Hand over what decrypt makes of it.",
                    ),
                    (
                        _was_to_another,
                        "She wrote that to another key of yours. Give her the public key behind alias/mailbox, and "
                        "decrypt what she returns.",
                    ),
                    (
                        lambda attempt: attempt.answer and len(_text(attempt)) == CODE_LENGTH,
                        "It has 24 characters, and is not what she wrote to the key behind alias/mailbox. Hand over "
                        "what decrypt returned, as it is.",
                    ),
                ),
            ),
        ),
        hints=(
            "Everything happens in eu-west-1, and in this order: key, alias, public key, stranger, decrypt.",
            "decrypt(CiphertextBlob=..., KeyId='alias/mailbox', EncryptionAlgorithm='RSAES_OAEP_SHA_256')",
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "k = ireland.create_key(KeySpec='RSA_2048', KeyUsage='ENCRYPT_DECRYPT')['KeyMetadata']['KeyId']\n"
            "ireland.create_alias(AliasName='alias/mailbox', TargetKeyId=k)\n"
            "her_letter = stranger(ireland.get_public_key(KeyId='alias/mailbox')['PublicKey'])\n"
            "how = {'KeyId': 'alias/mailbox', 'EncryptionAlgorithm': 'RSAES_OAEP_SHA_256'}\n"
            "answer = ireland.decrypt(CiphertextBlob=her_letter, **how)['Plaintext']",
        ),
    ),
    Exercise(
        number="06.3",
        title="your own authority",
        tasks=(
            Task(
                "a signing key on the curve ECC_NIST_P521 exists in us-east-1",
                lambda attempt: attempt.lab.inventory.select(
                    region="us-east-1", spec=_AUTHORITY_SPEC, usage="SIGN_VERIFY"
                ),
                by_mistake(
                    "create_key takes KeySpec='ECC_NIST_P521' and KeyUsage='SIGN_VERIFY'.",
                    (
                        lambda attempt: attempt.lab.inventory.select(spec=_AUTHORITY_SPEC, usage="SIGN_VERIFY"),
                        "There is one in another Region. Create it with kms, the lesson's client for us-east-1.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.select(spec=_AUTHORITY_SPEC),
                        "Your key on this curve has another usage, and a usage never changes. Create one with "
                        "KeyUsage='SIGN_VERIFY'.",
                    ),
                ),
            ),
            Task(
                "a certificate was handed over, as PEM",
                _certificate,
                by_mistake(
                    "certificate.public_bytes(serialization.Encoding.PEM) makes it.",
                    (
                        _is_a(x509.CertificateBuilder),
                        "That is the builder: nobody has signed yet. Its sign(own_key, hash) makes the certificate.",
                    ),
                    (
                        _is_a(x509.Certificate),
                        "That is the certificate as an object. Make text of it, with "
                        "public_bytes(serialization.Encoding.PEM).",
                    ),
                    (
                        lambda attempt: x509.load_der_x509_certificate(attempt.answer),
                        "That is DER, the form in bytes. Take serialization.Encoding.PEM in its place.",
                    ),
                ),
            ),
            Task(
                "it holds a public key on P-521",
                _certifies_p521,
                "The builder's public_key(...) takes the public key of your key, not of the lesson's.",
            ),
            Task(
                "its common name is your own",
                _has_own_name,
                by_mistake(
                    "x509.NameAttribute(NameOID.COMMON_NAME, '...') makes it.",
                    (
                        lambda attempt: _common_name(attempt) == _LESSONS_NAME,
                        "It has the lesson's name. Build a name of your own, and give it as subject and as issuer.",
                    ),
                ),
            ),
            Task(
                "it is valid for 90 days",
                _is_valid_long_enough,
                by_mistake(
                    "Between not_valid_before and not_valid_after there must be timedelta(days=90).",
                    (
                        lambda attempt: _validity(attempt) == timedelta(days=365),
                        "It is valid for a year, as the lesson's is. Take timedelta(days=90).",
                    ),
                ),
            ),
            Task(
                "it may issue others: its BasicConstraints say ca=True",
                _may_issue,
                "The lesson's builder says so: .add_extension(x509.BasicConstraints(ca=True, path_length=0), "
                "critical=True).",
            ),
            Task(
                "it is self-signed, and its signature verifies",
                _is_self_signed,
                by_mistake(
                    "Subject and issuer must be the same, and the key that signs must be the key inside.",
                    (
                        _has_two_names,
                        "Subject and issuer are two names. A self-signed certificate has the same name twice.",
                    ),
                    (
                        _certificate,
                        "The key inside is not the one that signed. Give public_key(...) the public key of the same "
                        "KmsPrivateKey that signs.",
                    ),
                ),
            ),
            Task(
                "it was signed in KMS",
                _was_signed_in_kms,
                by_mistake(
                    "Sign with KmsPrivateKey(kms, your_key): .sign(own_key, hash).",
                    (
                        lambda attempt: (
                            _signatures(attempt, _AUTHORITY_SPEC) and not isinstance(attempt.answer, (str, bytes))
                        ),
                        "Your key has signed something. Hand over the certificate as PEM, and the check sees whether "
                        "it was that.",
                    ),
                    (
                        lambda attempt: _misused(attempt, _AUTHORITY_SPEC, "ValidationException"),
                        "KMS refused the digest for its length. Which hash goes with ECDSA_SHA_512? It is the second "
                        "argument of the builder's sign.",
                    ),
                    (
                        lambda attempt: _certifies_p521(attempt) and not _signatures(attempt, _AUTHORITY_SPEC),
                        "The certificate is right, and no key in KMS signed it: its private key is on this computer. "
                        "Let a KmsPrivateKey sign.",
                    ),
                ),
            ),
        ),
        hints=(
            "The lesson's two cells do nearly all of it. Four things are different: key, name, time and hash.",
            "own = KmsPrivateKey(kms, your_key), then .public_key(own.public_key()) and .sign(own, hash). The key's "
            "algorithm is ECDSA_SHA_512.",
            "k = kms.create_key(KeySpec='ECC_NIST_P521', KeyUsage='SIGN_VERIFY')['KeyMetadata']['KeyId']\n"
            "own = KmsPrivateKey(kms, k)\n"
            "n = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'my own authority')])\n"
            "t = lab.clock.now()\n"
            "b = x509.CertificateBuilder().subject_name(n).issuer_name(n).public_key(own.public_key())\n"
            "b = b.serial_number(x509.random_serial_number())\n"
            "b = b.not_valid_before(t).not_valid_after(t + timedelta(days=90))\n"
            "b = b.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)\n"
            "answer = b.sign(own, hashes.SHA512()).public_bytes(serialization.Encoding.PEM)",
        ),
    ),
)
