"""KMS requests of any kind at the front door: any target, headers and body; and bodies after the operation's shape.

A finding is an exception, a status that is no client's error, an answer that takes a second or is far longer than the
question, and a reply that is not JSON.
"""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from botocore.model import Shape

from kmslab.wire import model

from .served import Served
from .taking import Taking

#: Requests until the Lab is made anew: it must not grow without end.
_RENEWED_AFTER = 2000

_OPERATIONS = sorted(model.operation_names())
_SHAPES = {name: model.service_model().operation_model(name).input_shape for name in _OPERATIONS}

#: JSON that readers disagree about.
_ODD: tuple[bytes, ...] = (
    b"", b"null", b"[]", b"NaN", b"Infinity", b"-1", b"1e999", b"1" + b"0" * 400, b"0.1", b"true", b'"x"', b"[" * 2000,
    b'{"a":' * 2000, b'"\\ud800"', b'"\xff"', b'"\x00"', b'"\\u0000"', b'{"KeyId":"a","KeyId":"b"}', b"{}{}",
    b"\xef\xbb\xbf{}", b"9223372036854775808", b"-9223372036854775809", b'"' + b"x" * 70_000 + b'"', b'{"":{}}',
)  # fmt: skip
_TEXTS = (
    "", "a", "alias/fuzz", "alias/aws/s3", "alias/", "default", "\x00", "é", "\U0001f600", "x" * 9000, "../..", "*",
    "arn:aws:kms:us-east-1:123456789010:key/", "arn:aws:kms:eu-west-1:123456789010:alias/fuzz", "arn:::::", "mrk-",
    "arn:aws:iam::123456789010:root", "arn:aws:iam::123456789010:user/administrator", "MTIzNA==", "eu-west-1", "{}",
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}',
)  # fmt: skip
_NUMBERS = (0, 1, 7, 30, 32, 64, 90, 1000, 1024, 1025, 2560, -1, 2**31, 2**63 - 1)
_TIMES: tuple[Any, ...] = (
    0, 1767603600, 1770000000, -62135596800, 253402300799, 253402300799.9999, 1e18, -1e18, 0.5, -0.0001,
)  # fmt: skip


@functools.cache
def _kept() -> list[Any]:
    return [None, 0]


def _served() -> Served:
    kept = _kept()
    if kept[0] is None or kept[1] >= _RENEWED_AFTER:
        kept[:] = [Served(), 0]
        _blobs(kept[0])
    kept[1] += 1
    served: Served = kept[0]
    return served


def prepare() -> None:
    """Make what is made once."""
    _kept()[:] = [None, 0]
    _served()


def one(data: bytes) -> None:
    take = Taking(data)
    served = _served()
    how = take.below(4)
    operation = take.one(_OPERATIONS)
    if how == 0:
        headers = {take.text(): take.text() for _ in range(take.below(4))}
        name = take.text() if take.chance(64) else f"TrentService.{operation}"
        key = served.credentials.access_key_id if take.chance(128) else take.text()
        region = take.one(("us-east-1", "eu-west-1", "mars-north-1", "")) or take.text()
        authorization = f"AWS4-HMAC-SHA256 Credential={key}/20260105/{region}/kms/aws4_request"
        headers |= {"x-amz-target": name, "authorization": take.text(200) if take.chance(64) else authorization}
        if take.chance(32):
            headers["x-amz-security-token"] = take.text()
        served.send(headers, take.rest())
    elif how == 1:
        served.ask(operation, take.rest())
    else:
        served.ask(operation, _written(_value(_SHAPES[operation], take, served, ""), take))


def _written(value: Any, take: Taking) -> bytes:
    body = json.dumps(value, ensure_ascii=take.chance(128)).encode("utf-8", "surrogatepass")
    if take.chance(40):
        at = take.below(len(body) + 1)
        body = body[:at] + take.one(_ODD) + body[at + take.below(4) :]
    return body


def _value(shape: Shape | None, take: Taking, served: Served, name: str) -> Any:
    """A value for a member: mostly one that is well-formed."""
    if shape is None:
        return {}
    if take.chance(10):
        return take.one((None, True, [], {}, "", 0, 1.5, [None], {"a": None}))
    kind = shape.type_name
    if kind == "structure":
        required = set(shape.required_members)
        return {
            each: _value(member, take, served, each)
            for each, member in shape.members.items()
            if take.chance(240 if each in required else 70)
        }
    if kind == "list":
        return [_value(shape.member, take, served, name) for _ in range(take.below(4))]
    if kind == "map":
        return {take.text(): _value(shape.value, take, served, name) for _ in range(take.below(4))}
    if kind == "integer":
        return take.one(_NUMBERS)
    if kind == "boolean":
        return take.chance(128)
    if kind == "timestamp":
        return take.one(_TIMES)
    if kind == "blob":
        return _blob(take, served)
    return _text(shape, take, served, name)


def _blob(take: Taking, served: Served) -> str:
    if take.chance(30):
        return take.text()
    data = take.one(_blobs(served))
    if take.chance(128):
        data = data[: take.below(len(data) + 1)] + take.bytes(8) + data[take.below(len(data) + 1) :]
    return base64.b64encode(data).decode()


@functools.lru_cache(maxsize=1)
def _blobs(served: Served) -> tuple[bytes, ...]:
    kms, ids = served.lab.client("kms"), served.key_ids
    wrapping = kms.get_parameters_for_import(
        KeyId=ids["external"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    return (
        b"\x00" * 32,
        kms.encrypt(KeyId=ids["symmetric"], Plaintext=b"words")["CiphertextBlob"],
        kms.encrypt(KeyId=ids["rsa"], Plaintext=b"words", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"],
        kms.generate_mac(KeyId=ids["mac"], Message=b"words", MacAlgorithm="HMAC_SHA_256")["Mac"],
        kms.sign(KeyId=ids["sign"], Message=b"words", SigningAlgorithm="ECDSA_SHA_256")["Signature"],
        kms.get_public_key(KeyId=ids["agree"])["PublicKey"],
        kms.get_public_key(KeyId=ids["secp256k1"])["PublicKey"],
        wrapping["ImportToken"],
        wrapping["PublicKey"],
        b"x" * 4097,
    )


def _text(shape: Shape, take: Taking, served: Served, name: str) -> str:
    listed = shape.metadata.get("enum")
    if listed and not take.chance(20):
        return str(take.one(listed))
    how = take.below(8)
    if how < 4 and "KeyId" in name:
        return take.one(list(served.key_ids.values()))
    if how < 4 and name in ("GrantId", "GrantToken", "GrantTokens"):
        return take.one(served.grant)
    if how == 7:
        return take.text(120)
    return take.one(_TEXTS)
