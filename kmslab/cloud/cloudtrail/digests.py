"""Digest files: what was delivered in an hour, hashed, chained to the hour before, and signed.

Source: CloudTrail User Guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file
integrity validation".
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kmslab.cloud.cloudtrail.held import SigningKey
from kmslab.cloud.cloudtrail.trail import Chain, Trail
from kmslab.crypto.rsa import PKCS1_V1_5, RsaPrivateKey

#: How long one digest is about.
PERIOD = timedelta(hours=1)

_ALGORITHM = "SHA256withRSA"

#: How much stands in front of the PKCS #1 key in the SubjectPublicKeyInfo of an RSA key of 2048 bits: two tags with
#: lengths, the algorithm's name, and the bit string's tag, length and count of unused bits. Source: RFC 5280, RFC 8017.
_BEFORE_PKCS1 = 24

#: How long a key is said to be valid. Simplified: a Region has one key for good; AWS changes them.
_VALID = timedelta(days=3650)


class Digest(NamedTuple):
    """A digest file.

    Attributes:
        key: Its name in the bucket.
        content: Its content, JSON.
        metadata: What its object has as metadata.
    """

    key: str
    content: bytes
    metadata: dict[str, str]


def make_signing_key(now: datetime) -> SigningKey:
    """A new key for a Region."""
    return SigningKey(RsaPrivateKey.generate(2048).pkcs8(), now)


def public_key(key: SigningKey) -> bytes:
    """The public key, as DER PKCS #1."""
    return key.private.spki()[_BEFORE_PKCS1:]


def validity(key: SigningKey) -> tuple[datetime, datetime]:
    """From when to when a key is valid."""
    midnight = key.made.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + _VALID


def fingerprint(key: SigningKey) -> str:
    """32 hexadecimal digits. Simplified: of what AWS makes them is not published; here it is MD5 of the public key."""
    return hashlib.md5(public_key(key), usedforsecurity=False).hexdigest()


def sha256(content: bytes) -> str:
    """A hash as CloudTrail writes it."""
    return hashlib.sha256(content).hexdigest()


def iso(when: datetime) -> str:
    """A time as CloudTrail writes it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def make_digest(trail: Trail, region: str, chain: Chain, until: datetime, key: SigningKey) -> Digest:
    """The digest of what was delivered in a Region from where the chain ends up to `until`."""
    name = f"{trail.account_id}_CloudTrail-Digest_{region}_{trail.name}_{trail.region}_{until:%Y%m%dT%H%M%SZ}.json.gz"
    place = f"{trail.prefix}/" if trail.prefix else ""
    path = f"{place}AWSLogs/{trail.account_id}/CloudTrail-Digest/{region}/{until:%Y/%m/%d}/{name}"
    previous = chain.previous or {}
    members: dict[str, Any] = {
        "awsAccountId": trail.account_id,
        "digestStartTime": iso(chain.since),
        "digestEndTime": iso(until),
        "digestS3Bucket": trail.bucket,
        "digestS3Object": path,
        "digestPublicKeyFingerprint": fingerprint(key),
        "digestSignatureAlgorithm": _ALGORITHM,
        "newestEventTime": max((each["newestEventTime"] for each in chain.files), default=None),
        "oldestEventTime": min((each["oldestEventTime"] for each in chain.files), default=None),
        "previousDigestS3Bucket": previous.get("bucket"),
        "previousDigestS3Object": previous.get("object"),
        "previousDigestHashValue": previous.get("hash"),
        "previousDigestHashAlgorithm": "SHA-256" if previous else None,
        "previousDigestSignature": previous.get("signature"),
        "logFiles": chain.files,
    }
    content = json.dumps(members, separators=(",", ":")).encode()
    signature = _sign(key, members, content)
    return Digest(path, content, {"signature": signature, "signature-algorithm": _ALGORITHM})


def _sign(key: SigningKey, members: dict[str, Any], content: bytes) -> str:
    path = f"{members['digestS3Bucket']}/{members['digestS3Object']}"
    # The first of a chain has the word null instead of a signature.
    lines = (members["digestEndTime"], path, sha256(content), members["previousDigestSignature"] or "null")
    return key.private.sign("\n".join(lines).encode(), PKCS1_V1_5, "sha256").hex()


def continue_chain(chain: Chain, trail: Trail, digest: Digest, until: datetime) -> None:
    """Let the chain go on after a digest that was delivered."""
    chain.previous = {
        "bucket": trail.bucket,
        "object": digest.key,
        "hash": sha256(digest.content),
        "signature": digest.metadata["signature"],
    }
    chain.since, chain.files = until, []
