"""Exercises of lesson 06: asymmetric keys.

Signatures and certificates are checked as anybody outside KMS would: with the public key that was handed over, and
without a call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_RELEASE_SPEC = "ECC_NIST_P384"
_AUTHORITY_SPEC = "ECC_NIST_P521"

#: What Sign takes at most when KMS is to hash.
_LONGEST_RAW = 4096

_MAILBOX, _MAILBOX_REGION = "alias/mailbox", "eu-west-1"
_CODE, _CHECK_CHARACTERS = 16, 8

_LESSONS_NAME = "workbook.example"
_VALIDITY = timedelta(days=90)
#: The clock may tick between the two dates, and some end a certificate a second early.
_TOLERANCE = timedelta(minutes=1)


def _signatures(attempt: Attempt, spec: str) -> Sequence[Call]:
    return [call for call in succeeded(attempt.lab, "Sign") if call.keys[0].spec == spec]


# --- 06.1 ---


def _handed_over(attempt: Attempt) -> tuple[bytes, bytes, bytes]:
    """Message, signature and public key; what is no three byte strings raises, and so counts as not done."""
    message, signature, public_key = attempt.answer
    if not all(isinstance(part, bytes) for part in (message, signature, public_key)):
        raise TypeError("three byte strings are wanted")
    return message, signature, public_key


def _release_key(attempt: Attempt) -> ec.EllipticCurvePublicKey | None:
    key = serialization.load_der_public_key(_handed_over(attempt)[2])
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1) else None


def _release_verifies(attempt: Attempt) -> bool:
    message, signature, _ = _handed_over(attempt)
    key = _release_key(attempt)
    if key is None:
        return False
    key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
    return True


# --- 06.2 ---


def _mailbox(attempt: Attempt) -> str:
    """The id of the key behind the alias; empty, and so no key's id, while there is no such RSA key."""
    key = attempt.lab.inventory.named(_MAILBOX, _MAILBOX_REGION)
    return key.key_id if key and key.spec.startswith("RSA_") and key.usage == "ENCRYPT_DECRYPT" else ""


def _rsa_keys(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory.select(region=_MAILBOX_REGION, usage="ENCRYPT_DECRYPT")
    return any(key.spec.startswith("RSA_") for key in keys)


def _is_a_code(attempt: Attempt) -> bool:
    """The last characters confirm the others."""
    answer = attempt.answer
    text = (answer.decode() if isinstance(answer, bytes) else str(answer)).strip()
    code, check = text[:_CODE], text[_CODE:]
    return len(code) == _CODE and check == hashlib.sha256(code.encode()).hexdigest()[:_CHECK_CHARACTERS]


# --- 06.3 ---


def _certificate(attempt: Attempt) -> x509.Certificate:
    pem = attempt.answer
    return x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)


def _certifies_p521(attempt: Attempt) -> bool:
    key = _certificate(attempt).public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP521R1)


def _has_own_name(attempt: Attempt) -> bool:
    names = _certificate(attempt).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return len(names) == 1 and str(names[0].value).strip() not in ("", _LESSONS_NAME)


def _is_valid_long_enough(attempt: Attempt) -> bool:
    certificate = _certificate(attempt)
    validity = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return abs(validity - _VALIDITY) <= _TOLERANCE


def _is_self_signed(attempt: Attempt) -> bool:
    certificate = _certificate(attempt)
    certificate.verify_directly_issued_by(certificate)
    return True


def _was_signed_in_kms(attempt: Attempt) -> bool:
    """A key on the curve was asked for its public key, which goes into the certificate, and signed after that."""
    fetched = {call.keys[0].arn: call.time for call in reversed(succeeded(attempt.lab, "GetPublicKey"))}
    signatures = _signatures(attempt, _AUTHORITY_SPEC)
    return any(fetched.get(call.keys[0].arn, call.time) < call.time for call in signatures)


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
                "create_key takes KeySpec='ECC_NIST_P384' and KeyUsage='SIGN_VERIFY'. The lesson's key is on P-256.",
            ),
            Task(
                "it has signed a digest",
                lambda attempt: any(
                    call.params.get("MessageType") == "DIGEST" for call in _signatures(attempt, _RELEASE_SPEC)
                ),
                "Hash the message with the hash of the key's algorithm, and tell sign that it gets a DIGEST. Without "
                "MessageType, KMS hashes once more.",
            ),
            Task(
                "message, signature and public key were handed over, as bytes",
                _handed_over,
                "check('06.1', (message, signature, public_key)): three byte strings, as KMS returned them.",
            ),
            Task(
                "the message is longer than 4096 bytes",
                lambda attempt: len(_handed_over(attempt)[0]) > _LONGEST_RAW,
                "Hand over the whole message, not its digest, and let it be longer than sign would take.",
            ),
            Task(
                "the public key is one on P-384",
                _release_key,
                "Download it with get_public_key from the same key that signed, and hand over its PublicKey.",
            ),
            Task(
                "the signature verifies outside KMS",
                _release_verifies,
                "Is it the signature of exactly this message, by this key, over its SHA-384?",
            ),
        ),
        hints=(
            "The lesson did it with a megabyte and the curve P-256. What did the curve decide?",
            "The algorithm is ECDSA_SHA_384, so the digest is hashlib.sha384(message).digest(), with "
            "MessageType='DIGEST'.",
            "s = kms.sign(KeyId=k, Message=hashlib.sha384(m).digest(), MessageType='DIGEST', "
            "SigningAlgorithm='ECDSA_SHA_384')['Signature'], then hand over "
            "(m, s, kms.get_public_key(KeyId=k)['PublicKey'])",
        ),
    ),
    Exercise(
        number="06.2",
        title="receive a secret",
        tasks=(
            Task(
                "an RSA key for encryption exists in eu-west-1",
                _rsa_keys,
                "A client for eu-west-1, KeySpec='RSA_2048' (or larger) and KeyUsage='ENCRYPT_DECRYPT'.",
            ),
            Task(
                "alias/mailbox stands for it",
                _mailbox,
                "create_alias takes AliasName and TargetKeyId; the client must be of the key's Region.",
            ),
            Task(
                "its public key was downloaded",
                lambda attempt: succeeded(attempt.lab, "GetPublicKey", _mailbox(attempt)),
                "stranger() wants the PublicKey that get_public_key returns for your key.",
            ),
            Task(
                "it has decrypted something",
                lambda attempt: succeeded(attempt.lab, "Decrypt", _mailbox(attempt)),
                "decrypt needs KeyId and EncryptionAlgorithm here. Which hash does the stranger's OAEP use?",
            ),
            Task(
                "the code is what the stranger wrote",
                _is_a_code,
                "Hand over the Plaintext of her letter, 24 characters: not the ciphertext, and no code of your own.",
            ),
        ),
        hints=(
            "Everything happens in eu-west-1, and in this order: key, alias, public key, stranger, decrypt.",
            "decrypt(CiphertextBlob=..., KeyId='alias/mailbox', EncryptionAlgorithm='RSAES_OAEP_SHA_256')",
            "letter = stranger(ireland.get_public_key(KeyId='alias/mailbox')['PublicKey']), then hand over "
            "ireland.decrypt(CiphertextBlob=letter, KeyId='alias/mailbox', "
            "EncryptionAlgorithm='RSAES_OAEP_SHA_256')['Plaintext']",
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
                "create_key takes KeySpec='ECC_NIST_P521' and KeyUsage='SIGN_VERIFY'.",
            ),
            Task(
                "a certificate was handed over, as PEM",
                _certificate,
                "certificate.public_bytes(serialization.Encoding.PEM) makes it.",
            ),
            Task(
                "it holds a public key on P-521",
                _certifies_p521,
                "The builder's public_key(...) takes the public key of your key, not of the lesson's.",
            ),
            Task(
                "its common name is your own",
                _has_own_name,
                "x509.NameAttribute(NameOID.COMMON_NAME, '...'), with another name than the lesson's.",
            ),
            Task(
                "it is valid for 90 days",
                _is_valid_long_enough,
                "Between not_valid_before and not_valid_after there must be timedelta(days=90).",
            ),
            Task(
                "it is self-signed, and its signature verifies",
                _is_self_signed,
                "Subject and issuer must be the same, and the key that signs must be the key inside.",
            ),
            Task(
                "it was signed in KMS",
                _was_signed_in_kms,
                "Sign with KmsPrivateKey(kms, your_key). If KMS complains about the digest's length, which hash goes "
                "with the key's signing algorithm?",
            ),
        ),
        hints=(
            "The lesson's two cells do nearly all of it. Four things are different: key, name, time and hash.",
            "own = KmsPrivateKey(kms, your_key), then .public_key(own.public_key()) and .sign(own, hash). The key's "
            "algorithm is ECDSA_SHA_512.",
            "x509.CertificateBuilder().subject_name(n).issuer_name(n).public_key(own.public_key())"
            ".serial_number(x509.random_serial_number()).not_valid_before(t).not_valid_after(t + timedelta(days=90))"
            ".sign(own, hashes.SHA512())",
        ),
    ),
)
