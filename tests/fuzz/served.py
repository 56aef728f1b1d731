"""A Lab for the targets that send requests to KMS: made once, made anew when it has been written to for long."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.wire.http import Request

from .taking import PATIENCE, FoundError, in_time

REGION = "us-east-1"

#: What a reply may have beyond four times the request: no list of KMS has longer pages.
_LONGEST = 2 * 2**20


class Said(NamedTuple):
    """A reply."""

    status: int
    members: dict[str, Any]

    @property
    def code(self) -> str:
        """The error's code, or nothing."""
        return str(self.members.get("__type", ""))


class Served:
    """A Lab with keys of every kind, and who calls it."""

    def __init__(self) -> None:
        self.lab = lab = Lab(seed=1)
        self.credentials = lab.administrator.credentials
        kms = lab.client("kms")

        def key(**options: Any) -> str:
            return str(kms.create_key(**options)["KeyMetadata"]["KeyId"])

        mac = key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.key_id = key()
        self.other_key_id = key()
        self.key_ids = {
            "symmetric": self.key_id,
            "other": self.other_key_id,
            "mac": mac,
            "sign": key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
            "ed25519": key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY"),
            "ml-dsa": key(KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY"),
            "agree": key(KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT"),
            "secp256k1": key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY"),
            "rsa": key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"),
            "external": key(Origin="EXTERNAL"),
            "multi-Region": key(MultiRegion=True),
        }
        kms.create_alias(AliasName="alias/fuzz", TargetKeyId=self.key_id)
        grant = kms.create_grant(
            KeyId=self.key_id, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt", "Encrypt"]
        )
        self.grant = (grant["GrantId"], grant["GrantToken"])

    def ask(self, operation: str, members: Mapping[str, Any] | bytes, **headers: str) -> Said:
        """Send a request to the front door; what comes back is looked over."""
        body = members if isinstance(members, bytes) else json.dumps(members).encode()
        key = self.credentials.access_key_id
        credential = f"Credential={key}/20260105/{REGION}/kms/aws4_request"
        sent = {
            "x-amz-target": f"TrentService.{operation}",
            "authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(sent, body)

    def send(self, headers: Mapping[str, str], body: bytes) -> Said:
        """Send a request as it is."""
        # Making an RSA key takes as long as it takes until two primes are found.
        with in_time((headers, body[:200]), 60 if b"RSA_" in body else PATIENCE):
            try:
                reply = self.lab.behind.kms(Request(headers, body))
            except KmslabError:
                # An operation of AWS that a Lab does not run; the endpoint says so.
                return Said(400, {"__type": "UnknownOperationException"})
        if reply.status not in (200, 400):
            raise FoundError(f"status {reply.status}: {reply.body[:200]!r}")
        if len(reply.body) > _LONGEST + 4 * len(body):
            raise FoundError(f"a reply of {len(reply.body)} bytes to a request of {len(body)}")
        return Said(reply.status, json.loads(reply.body or b"{}"))


def text_of(data: bytes) -> str:
    """A blob as JSON has it."""
    return base64.b64encode(data).decode()
