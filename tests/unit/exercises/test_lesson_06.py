"""Lesson 06: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import NameOID

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.exercises.desk import Desk
from kmslab.exercises.stranger import code_for, stranger

MESSAGE = b"a long message" * 1000
ON_CURVE = "the public key is one on P-384, downloaded from the key that signed"


def advice(desk: Desk, number: str, label: str, answer: object = None) -> str:
    """What is said to a task that is open."""
    (item,) = (item for item in desk.check(number, answer).items if item.label == label)
    assert not item.done
    return item.advice


def make(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"])


def public_key(kms: Any, key_id: str) -> bytes:
    return bytes(kms.get_public_key(KeyId=key_id)["PublicKey"])


def the_lesson(kms: Any) -> str:
    """Do what the lesson's own cells do, and give its signing key."""
    key_id = make(kms, "ECC_NIST_P256")
    digest = hashlib.sha256(MESSAGE).digest()
    kms.sign(KeyId=key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
    rsa_id = make(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    letter = write_to(public_key(kms, rsa_id), b"the door code is 4711")
    kms.decrypt(CiphertextBlob=letter, KeyId=rsa_id, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    return key_id


@pytest.mark.parametrize("number", ["06.1", "06.2", "06.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, kms: Any, number: str) -> None:
    the_lesson(kms)
    result = desk.check(number)
    assert not result.passed
    assert len(result.open_tasks) == len(result.items)


# --- 06.1 ---


def sign_large(kms: Any, key_id: str, message: bytes = MESSAGE, **members: Any) -> bytes:
    members = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_384"} | members
    digest = hashlib.sha384(message).digest()
    return bytes(kms.sign(KeyId=key_id, Message=digest, **members)["Signature"])


def test_06_1_a_large_message_signed_by_its_digest(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    answer = (MESSAGE, sign_large(kms, key_id), public_key(kms, key_id))
    assert desk.check("06.1", answer).passed
    assert desk.check("06.1", list(answer)).passed
    assert not desk.check("06.1").passed


def test_06_1_the_lessons_key_is_on_another_curve(desk: Desk, kms: Any) -> None:
    key_id = the_lesson(kms)
    digest = hashlib.sha256(MESSAGE).digest()
    signature = kms.sign(KeyId=key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
    result = desk.check("06.1", (MESSAGE, signature["Signature"], public_key(kms, key_id)))
    assert result.open_tasks == [
        "a signing key on the curve ECC_NIST_P384 exists in us-east-1",
        "it has signed a digest",
        ON_CURVE,
        "the signature verifies outside KMS",
    ]


def test_06_1_a_digest_sent_as_a_raw_message(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    signature = sign_large(kms, key_id, MessageType="RAW")
    result = desk.check("06.1", (MESSAGE, signature, public_key(kms, key_id)))
    assert result.open_tasks == ["it has signed a digest", "the signature verifies outside KMS"]


def test_06_1_a_short_message(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    short = b"a" * 4096
    result = desk.check("06.1", (short, sign_large(kms, key_id, short), public_key(kms, key_id)))
    assert result.open_tasks == ["the message is longer than 4096 bytes"]


def test_06_1_the_digest_in_place_of_the_message(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    digest = hashlib.sha384(MESSAGE).digest()
    result = desk.check("06.1", (digest, sign_large(kms, key_id), public_key(kms, key_id)))
    assert result.open_tasks == ["the message is longer than 4096 bytes", "the signature verifies outside KMS"]


def test_06_1_a_signature_of_something_else(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    result = desk.check("06.1", (MESSAGE, sign_large(kms, key_id, MESSAGE + b"!"), public_key(kms, key_id)))
    assert result.open_tasks == ["the signature verifies outside KMS"]


def test_06_1_another_keys_public_key(desk: Desk, kms: Any) -> None:
    signature = sign_large(kms, make(kms, "ECC_NIST_P384"))
    result = desk.check("06.1", (MESSAGE, signature, public_key(kms, make(kms, "ECC_NIST_P384"))))
    assert result.open_tasks == [ON_CURVE, "the signature verifies outside KMS"]


def test_06_1_a_key_pair_of_ones_own(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    sign_large(kms, key_id)
    public_key(kms, key_id)
    mine = ec.generate_private_key(ec.SECP384R1())
    der = mine.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = mine.sign(MESSAGE, ec.ECDSA(hashes.SHA384()))
    fits = "the signature verifies outside KMS"
    assert desk.check("06.1", (MESSAGE, signature, der)).open_tasks == [ON_CURVE, fits]
    assert "no key that has signed in KMS has it" in advice(desk, "06.1", ON_CURVE, (MESSAGE, signature, der))


def test_06_1_before_anything_is_done_no_mistake_is_claimed(desk: Desk) -> None:
    assert "have to belong together" in advice(desk, "06.1", "the signature verifies outside KMS")


def test_06_1_advice_on_signing(desk: Desk, kms: Any, ireland: Any) -> None:
    key, digest = "a signing key on the curve ECC_NIST_P384 exists in us-east-1", "it has signed a digest"
    assert "create_key takes" in advice(desk, "06.1", key)
    make(kms, "ECC_NIST_P384", "KEY_AGREEMENT")
    assert "another usage" in advice(desk, "06.1", key)
    make(ireland, "ECC_NIST_P384")
    assert "another Region" in advice(desk, "06.1", key)
    key_id = make(kms, "ECC_NIST_P384")
    assert "Hash the message" in advice(desk, "06.1", digest)
    for word, members in {
        "4096 bytes at most": {"Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_384"},
        "for its length": {"Message": bytes(32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_384"},
        "Read SigningAlgorithms": {"Message": bytes(32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"},
    }.items():
        with pytest.raises(ClientError):
            kms.sign(KeyId=key_id, **members)
        assert word in advice(desk, "06.1", digest)
    sign_large(kms, key_id, MessageType="RAW")
    assert "hashed what you sent once more" in advice(desk, "06.1", digest)


def test_06_1_advice_on_what_was_handed_over(desk: Desk, kms: Any) -> None:
    key_id = make(kms, "ECC_NIST_P384")
    signature, der = sign_large(kms, key_id), public_key(kms, key_id)
    three, long = (
        "message, signature and public key were handed over, as bytes",
        "the message is longer than 4096 bytes",
    )
    fits = "the signature verifies outside KMS"
    digest = hashlib.sha384(MESSAGE).digest()
    pem = serialization.load_der_public_key(der).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    assert "in this order" in advice(desk, "06.1", three)
    assert "is a text" in advice(desk, "06.1", three, (MESSAGE.decode(), signature, der))
    assert "whole reply" in advice(desk, "06.1", three, (MESSAGE, {"Signature": signature}, der))
    assert "before load_der" in advice(
        desk, "06.1", three, (MESSAGE, signature, serialization.load_der_public_key(der))
    )
    assert "looks like the digest" in advice(desk, "06.1", long, (digest, signature, der))
    assert "you handed over a hash" in advice(desk, "06.1", fits, (digest, signature, der))
    assert "makes one quickly" in advice(desk, "06.1", long, (b"short", signature, der))
    assert "This is PEM" in advice(desk, "06.1", ON_CURVE, (MESSAGE, signature, pem))
    assert "on P-256" in advice(
        desk, "06.1", ON_CURVE, (MESSAGE, signature, public_key(kms, make(kms, "ECC_NIST_P256")))
    )


@pytest.mark.parametrize("answer", [b"signature", ("text", b"signature", b"key"), (MESSAGE, b"signature"), 3])
def test_06_1_no_three_byte_strings(desk: Desk, kms: Any, answer: object) -> None:
    sign_large(kms, make(kms, "ECC_NIST_P384"))
    result = desk.check("06.1", answer)
    assert result.open_tasks[0] == "message, signature and public key were handed over, as bytes"


# --- 06.2 ---


def write_to(public_der: bytes, text: bytes) -> bytes:
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    key = serialization.load_der_public_key(public_der)
    return bytes(key.encrypt(text, oaep))  # type: ignore[union-attr]


def mailbox(client: Any, spec: str = "RSA_2048", usage: str = "ENCRYPT_DECRYPT") -> str:
    key_id = make(client, spec, usage)
    client.create_alias(AliasName="alias/mailbox", TargetKeyId=key_id)
    return key_id


def receive(client: Any, key_id: str, algorithm: str = "RSAES_OAEP_SHA_256") -> bytes:
    letter = stranger(public_key(client, key_id))
    return bytes(client.decrypt(CiphertextBlob=letter, KeyId=key_id, EncryptionAlgorithm=algorithm)["Plaintext"])


def test_06_2_a_letter_was_received(desk: Desk, ireland: Any) -> None:
    mailbox(ireland)
    code = receive(ireland, "alias/mailbox")
    assert desk.check("06.2", code).passed
    assert desk.check("06.2", code.decode() + "\n").passed
    assert desk.check("06.2").open_tasks == ["the code is what the stranger wrote"]


def test_06_2_in_the_lessons_region(desk: Desk, kms: Any) -> None:
    mailbox(kms)
    result = desk.check("06.2", receive(kms, "alias/mailbox"))
    assert result.open_tasks == [
        "an RSA key for encryption exists in eu-west-1",
        "alias/mailbox stands for it",
        "its public key was downloaded",
        "it has decrypted something",
        "the code is what the stranger wrote",
    ]


def test_06_2_without_the_alias(desk: Desk, ireland: Any) -> None:
    result = desk.check("06.2", receive(ireland, make(ireland, "RSA_2048", "ENCRYPT_DECRYPT")))
    assert result.open_tasks[0] == "alias/mailbox stands for it"
    assert result.items[0].done


@pytest.mark.parametrize(("spec", "usage"), [("RSA_2048", "SIGN_VERIFY"), ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")])
def test_06_2_a_key_of_another_kind(desk: Desk, ireland: Any, spec: str, usage: str) -> None:
    mailbox(ireland, spec, usage)
    assert desk.check("06.2").open_tasks[0] == "an RSA key for encryption exists in eu-west-1"


def test_06_2_the_other_oaep(desk: Desk, ireland: Any) -> None:
    mailbox(ireland)
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        receive(ireland, "alias/mailbox", "RSAES_OAEP_SHA_1")
    assert desk.check("06.2").open_tasks == ["it has decrypted something", "the code is what the stranger wrote"]


@pytest.mark.parametrize("answer", ["", "0123456789abcdef", "0123456789abcdef01234567", b"\xff" * 256, None, 5])
def test_06_2_a_code_of_ones_own(desk: Desk, ireland: Any, answer: object) -> None:
    mailbox(ireland)
    receive(ireland, "alias/mailbox")
    assert desk.check("06.2", answer).open_tasks == ["the code is what the stranger wrote"]


@pytest.mark.parametrize(
    ("spec", "usage", "word"),
    [
        ("RSA_2048", "SIGN_VERIFY", "one for signatures"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "is symmetric"),
    ],
)
def test_06_2_advice_on_the_key(desk: Desk, ireland: Any, spec: str, usage: str, word: str) -> None:
    mailbox(ireland, spec, usage)
    assert word in advice(desk, "06.2", "an RSA key for encryption exists in eu-west-1")
    make(ireland, "RSA_2048", "ENCRYPT_DECRYPT")
    assert "stands for another key" in advice(desk, "06.2", "alias/mailbox stands for it")


def test_06_2_advice_on_the_region(desk: Desk, kms: Any) -> None:
    assert "A client for eu-west-1" in advice(desk, "06.2", "an RSA key for encryption exists in eu-west-1")
    mailbox(kms)
    assert "in another Region" in advice(desk, "06.2", "an RSA key for encryption exists in eu-west-1")


def test_06_2_advice_on_a_refused_letter(desk: Desk, kms: Any, ireland: Any) -> None:
    label = "it has decrypted something"
    mailbox(ireland)
    assert "needs KeyId and EncryptionAlgorithm" in advice(desk, "06.2", label)
    letter = stranger(public_key(kms, make(kms, "RSA_2048", "ENCRYPT_DECRYPT")))
    algorithm = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    for word, members in {
        "one of its own symmetric": {},
        "with this key": {"KeyId": "alias/mailbox"} | algorithm,
        "does not name its key": algorithm,
        "Which hash": {"KeyId": "alias/mailbox", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"},
    }.items():
        with pytest.raises(ClientError):
            ireland.decrypt(CiphertextBlob=letter, **members)
        assert word in advice(desk, "06.2", label)
    assert "another key's public half" in advice(desk, "06.2", "its public key was downloaded")


def test_06_2_a_code_that_was_written_to_another_key(desk: Desk, kms: Any, ireland: Any) -> None:
    mailbox(ireland)
    receive(ireland, "alias/mailbox")
    elsewhere = receive(kms, make(kms, "RSA_2048", "ENCRYPT_DECRYPT"))
    made_outside = code_for(b"a pair of one's own")
    label = "the code is what the stranger wrote"
    assert desk.check("06.2", elsewhere).open_tasks == desk.check("06.2", made_outside).open_tasks == [label]
    assert "another key of yours" in advice(desk, "06.2", label, elsewhere)


def test_06_2_the_stranger_writes_to_rsa_keys_only(ireland: Any) -> None:
    reply = ireland.get_public_key(KeyId=make(ireland, "RSA_2048", "ENCRYPT_DECRYPT"))
    with pytest.raises(KmslabError, match="the PublicKey in what get_public_key returns"):
        stranger(reply)
    for wrong in (b"no key", public_key(ireland, make(ireland, "ECC_NIST_P256"))):
        with pytest.raises(KmslabError, match="to an RSA public key only"):
            stranger(wrong)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"Plaintext": b"x"}, "whole reply"),
        (b"\xff" * 256, "still the ciphertext"),
        ("0123456789abcdef01234567", "as it is"),
        (None, "24 characters"),
    ],
)
def test_06_2_advice_on_the_code(desk: Desk, ireland: Any, answer: object, word: str) -> None:
    mailbox(ireland)
    assert word in advice(desk, "06.2", "the code is what the stranger wrote", answer)


# --- 06.3 ---


@ec.EllipticCurvePrivateKey.register
class KmsPrivateKey:
    """As in the lesson."""

    def __init__(self, kms: Any, key_id: str) -> None:
        self.kms, self.key_id = kms, key_id
        self.public = kms.get_public_key(KeyId=key_id)

    def public_key(self) -> Any:
        return serialization.load_der_public_key(self.public["PublicKey"])

    def sign(self, data: bytes, signature_algorithm: Any) -> bytes:
        digest = hashes.Hash(signature_algorithm.algorithm)
        digest.update(data)
        reply = self.kms.sign(
            KeyId=self.key_id,
            Message=digest.finalize(),
            MessageType="DIGEST",
            SigningAlgorithm=self.public["SigningAlgorithms"][0],
        )
        return bytes(reply["Signature"])


def issue(
    lab: Lab,
    key: Any,
    signer: Any = None,
    name: str = "own",
    days: int = 90,
    algorithm: Any = None,
    issuer: str = "",
    ca: bool = True,
) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(lab.clock.now())
        .not_valid_after(lab.clock.now() + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    certificate = builder.sign(signer or key, algorithm or hashes.SHA512())
    return certificate.public_bytes(serialization.Encoding.PEM)


def test_06_3_a_certificate_signed_in_kms(desk: Desk, lab: Lab, kms: Any) -> None:
    pem = issue(lab, KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")))
    assert desk.check("06.3", pem).passed
    assert desk.check("06.3", pem.decode()).passed
    assert not desk.check("06.3").passed


def test_06_3_the_lessons_certificate(desk: Desk, lab: Lab, kms: Any) -> None:
    key = KmsPrivateKey(kms, the_lesson(kms))
    result = desk.check("06.3", issue(lab, key, name="workbook.example", days=365, algorithm=hashes.SHA256()))
    assert result.open_tasks == [
        "a signing key on the curve ECC_NIST_P521 exists in us-east-1",
        "it holds a public key on P-521",
        "its common name is your own",
        "it is valid for 90 days",
        "it was signed in KMS",
    ]


def test_06_3_the_lessons_name_and_time_under_the_right_key(desk: Desk, lab: Lab, kms: Any) -> None:
    pem = issue(lab, KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")), name="workbook.example", days=365)
    assert desk.check("06.3", pem).open_tasks == ["its common name is your own", "it is valid for 90 days"]


def test_06_3_the_lessons_hash(desk: Desk, lab: Lab, kms: Any) -> None:
    key = KmsPrivateKey(kms, make(kms, "ECC_NIST_P521"))
    with pytest.raises(ClientError, match=r"Digest is invalid length for algorithm ECDSA_SHA_512\.$"):
        issue(lab, key, algorithm=hashes.SHA256())
    assert desk.check("06.3").open_tasks[-1] == "it was signed in KMS"


def test_06_3_another_key_inside_than_the_one_that_signs(desk: Desk, lab: Lab, kms: Any) -> None:
    key = KmsPrivateKey(kms, make(kms, "ECC_NIST_P521"))
    other = KmsPrivateKey(kms, make(kms, "ECC_NIST_P521"))
    result = desk.check("06.3", issue(lab, key, signer=other))
    assert result.open_tasks == ["it is self-signed, and its signature verifies"]


def test_06_3_a_private_key_of_ones_own(desk: Desk, lab: Lab, kms: Any) -> None:
    issue(lab, KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")))  # something was signed in KMS, and is not handed over
    result = desk.check("06.3", issue(lab, ec.generate_private_key(ec.SECP521R1())))
    assert result.open_tasks == ["it was signed in KMS"]


def test_06_3_a_certificate_that_issues_nothing(desk: Desk, lab: Lab, kms: Any) -> None:
    pem = issue(lab, KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")), ca=False)
    assert desk.check("06.3", pem).open_tasks == ["it may issue others: its BasicConstraints say ca=True"]


def test_06_3_no_pem(desk: Desk, lab: Lab, kms: Any) -> None:
    pem = issue(lab, KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")))
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    assert desk.check("06.3", der).open_tasks[0] == "a certificate was handed over, as PEM"


def test_06_3_advice(desk: Desk, lab: Lab, kms: Any, ireland: Any) -> None:
    key_label = "a signing key on the curve ECC_NIST_P521 exists in us-east-1"
    make(kms, "ECC_NIST_P521", "KEY_AGREEMENT")
    assert "another usage" in advice(desk, "06.3", key_label)
    make(ireland, "ECC_NIST_P521")
    assert "another Region" in advice(desk, "06.3", key_label)

    key, other = (KmsPrivateKey(kms, make(kms, "ECC_NIST_P521")) for _ in range(2))
    signed = "it was signed in KMS"
    with pytest.raises(ClientError):
        issue(lab, key, algorithm=hashes.SHA256())
    assert "for its length" in advice(desk, "06.3", signed)

    certificate = x509.load_pem_x509_certificate(issue(lab, key))
    pem = "a certificate was handed over, as PEM"
    assert "makes it" in advice(desk, "06.3", pem)
    assert "as an object" in advice(desk, "06.3", pem, certificate)
    assert "the builder" in advice(desk, "06.3", pem, x509.CertificateBuilder())
    assert "That is DER" in advice(desk, "06.3", pem, certificate.public_bytes(serialization.Encoding.DER))

    lessons = issue(lab, key, name="workbook.example", days=365)
    assert "has the lesson's name" in advice(desk, "06.3", "its common name is your own", lessons)
    assert "for a year" in advice(desk, "06.3", "it is valid for 90 days", lessons)
    self_signed = "it is self-signed, and its signature verifies"
    assert "The key inside" in advice(desk, "06.3", self_signed, issue(lab, key, signer=other))
    assert "two names" in advice(desk, "06.3", self_signed, issue(lab, key, issuer="somebody else"))


def test_06_3_advice_on_a_private_key_of_ones_own(desk: Desk, lab: Lab, kms: Any) -> None:
    make(kms, "ECC_NIST_P521")
    answer = issue(lab, ec.generate_private_key(ec.SECP521R1()))
    assert "on this computer" in advice(desk, "06.3", "it was signed in KMS", answer)
