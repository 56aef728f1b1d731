"""Bodies in chunks: the published ones, and ones that are damaged."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.errors import InvalidSignatureException
from kmslab.transport import chunks
from kmslab.transport.incoming import Incoming
from kmslab.wire import sigv4
from kmslab.wire.refusals import RefusedError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sigv4.json").read_text(encoding="utf-8"))
WHO = VECTORS["s3_examples"]
SCOPE = sigv4.Scope(WHO["access_key_id"], WHO["date"][:8], WHO["region"], WHO["service"])
KEY = sigv4.signing_key(WHO["secret_access_key"], SCOPE.date, SCOPE.region, SCOPE.service)

UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
MALFORMED_TRAILER = (
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    400,
)
INCOMPLETE = ("IncompleteBody", "The request body terminated unexpectedly", 400)


def published(case: Any) -> tuple[Incoming, str, chunks.Seed]:
    headers = {name.lower(): value for name, value in case["headers"]}
    body = b"".join(
        b"%x;chunk-signature=%s\r\n%s%s" % (size, signature.encode(), b"a" * size, b"\r\n" if size else b"")
        for size, signature in case["chunks"]
    )
    body += case["trailer"].encode() + b"\r\n"
    seed = chunks.Seed(KEY, WHO["date"], SCOPE.text, case["signature"])
    return Incoming(case["method"], case["target"], "", headers, body), headers["x-amz-content-sha256"], seed


def unsigned(body: bytes, **headers: str) -> Incoming:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming("PUT", "/b/k", "", {"x-amz-content-sha256": UNSIGNED_TRAILER} | named, body)


def unpack(request: Incoming) -> Incoming:
    return chunks.unpacked(request, UNSIGNED_TRAILER, chunks.Seed(b"", "", "", ""))


def refusal(request: Incoming) -> tuple[str, str, int]:
    with pytest.raises(RefusedError) as caught:
        unpack(request)
    return caught.value.code, caught.value.message, caught.value.status


@pytest.mark.parametrize("case", VECTORS["chunked"], ids=lambda case: str(case["id"]))
def test_published_seed(case: Any) -> None:
    headers = {name.lower(): value for name, value in case["headers"]}
    payload = headers["x-amz-content-sha256"]
    request = sigv4.canonical_request("PUT", case["target"], "", headers, case["signed"].split(";"), payload)
    to_sign = sigv4.string_to_sign(request, SCOPE, WHO["date"])
    assert sigv4.signature_of(to_sign, WHO["secret_access_key"], SCOPE) == case["signature"]


@pytest.mark.parametrize("case", VECTORS["chunked"], ids=lambda case: str(case["id"]))
def test_published_upload(case: Any) -> None:
    request, form, seed = published(case)
    found = chunks.unpacked(request, form, seed)
    assert found.body == b"a" * 66560
    assert found.headers["content-length"] == "66560"
    assert found.headers["x-amz-content-sha256"] == hashlib.sha256(found.body).hexdigest()
    assert "content-encoding" not in found.headers
    assert "x-amz-trailer" not in found.headers
    assert ("x-amz-checksum-crc32c" in found.headers) == bool(case["trailer"])


@pytest.mark.parametrize("case", VECTORS["chunked"], ids=lambda case: str(case["id"]))
def test_every_signature_of_a_published_upload_counts(case: Any) -> None:
    request, form, seed = published(case)
    signatures = [signature for _, signature in case["chunks"]]
    signatures += [line.split(":")[1].strip() for line in case["trailer"].splitlines() if "signature" in line]
    for signature in signatures:
        changed = ("0" if signature[0] != "0" else "1") + signature[1:]
        damaged = request.body.replace(signature.encode(), changed.encode())
        assert damaged != request.body
        with pytest.raises(InvalidSignatureException):
            chunks.unpacked(Incoming("PUT", request.path, "", request.headers, damaged), form, seed)


@given(st.data())
def test_no_byte_of_a_signed_upload_can_be_changed(data: Any) -> None:
    content = b"some content, twice"
    trailer = "x-amz-checksum-crc32:" + base64.b64encode(binascii.crc32(content * 2).to_bytes(4)).decode()
    seed = chunks.Seed(b"k" * 32, "20260105T090000Z", SCOPE.text, "f" * 64)
    first = seed.of_chunk(seed.signature, content)
    second = seed.of_chunk(first, content)
    last = seed.of_chunk(second, b"")
    lines = [f"13;chunk-signature={first}", content.decode(), f"13;chunk-signature={second}", content.decode()]
    lines += [
        f"0;chunk-signature={last}",
        trailer,
        f"x-amz-trailer-signature:{seed.of_trailer(last, trailer + chr(10))}",
    ]
    body = bytearray("\r\n".join([*lines, "", ""]).encode())
    headers = {"x-amz-trailer": "x-amz-checksum-crc32", "x-amz-decoded-content-length": "38"}
    form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    assert chunks.unpacked(Incoming("PUT", "/b/k", "", headers, bytes(body)), form, seed).body == content * 2

    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        found = chunks.unpacked(Incoming("PUT", "/b/k", "", headers, bytes(body)), form, seed)
    except (InvalidSignatureException, RefusedError):
        return
    # White space around a name or a value, or the case of a name, says nothing.
    assert found.body == content * 2
    assert found.headers["x-amz-checksum-crc32"] == trailer.partition(":")[2]


def test_unsigned_with_checksums() -> None:
    content = b"0123456789"
    sums = {
        "crc32": binascii.crc32(content).to_bytes(4),
        "sha1": hashlib.sha1(content, usedforsecurity=False).digest(),
        "sha256": hashlib.sha256(content).digest(),
    }
    for name, value in sums.items():
        written = base64.b64encode(value).decode()
        body = b"4\r\n0123\r\n6\r\n456789\r\n0\r\nx-amz-checksum-%s:%s\r\n\r\n" % (name.encode(), written.encode())
        found = unpack(unsigned(body, x_amz_trailer=f"x-amz-checksum-{name}", content_encoding="gzip,aws-chunked"))
        assert found.body == content
        assert found.headers[f"x-amz-checksum-{name}"] == written
        assert found.headers["content-encoding"] == "gzip"
        other = body.replace(b"0123", b"0124")
        text = f"The {name.upper()} you specified did not match the calculated checksum."
        assert refusal(unsigned(other, x_amz_trailer=f"x-amz-checksum-{name}")) == ("BadDigest", text, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"4",
        b"4\r\n",
        b"4\r\n012",
        b"4\r\n0123",
        b"4\r\n0123\r\n",
        b"4\r\n01234\r\n0\r\n\r\n",
        b"-1\r\n0123\r\n0\r\n\r\n",
        b"+4\r\n0123\r\n0\r\n\r\n",
        b"0x4\r\n0123\r\n0\r\n\r\n",
        b" 4\r\n0123\r\n0\r\n\r\n",
        b"0_4\r\n0123\r\n0\r\n\r\n",
        b"\xb2\r\n01\r\n0\r\n\r\n",
        b"\r\n0123\r\n0\r\n\r\n",
        b"f" * 5000 + b"\r\n0123\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n0123\r\n0\r\n\r\n",
        b"4\n0123\n0\n\n",
    ],
)
def test_malformed_chunks(body: bytes) -> None:
    assert refusal(unsigned(body)) == INCOMPLETE


@pytest.mark.parametrize(
    ("trailer", "announced"),
    [
        (b"\r\n", "x-amz-checksum-crc32"),
        (b"x-amz-checksum-crc32:0000\r\n\r\n", ""),
        (b"x-amz-checksum-sha1:0000\r\n\r\n", "x-amz-checksum-crc32"),
        (b"no colon\r\n\r\n", ""),
        (b"\r\nmore", ""),
        (b"\r\nmore:1\r\n\r\n", "more"),
    ],
)
def test_malformed_trailers(trailer: bytes, announced: str) -> None:
    body = b"4\r\n0123\r\n0\r\n" + trailer
    assert refusal(unsigned(body, x_amz_trailer=announced)) == MALFORMED_TRAILER


def test_the_length_that_was_announced() -> None:
    body = b"4\r\n0123\r\n0\r\n\r\n"
    assert unpack(unsigned(body, x_amz_decoded_content_length="4")).body == b"0123"
    text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    assert refusal(unsigned(body, x_amz_decoded_content_length="5")) == ("IncompleteBody", text, 400)


@given(st.binary(max_size=60), st.sampled_from(["", "x-amz-checksum-crc32"]))
def test_noise_is_refused_and_nothing_else(body: bytes, announced: str) -> None:
    try:
        found = unpack(unsigned(body, x_amz_trailer=announced))
    except RefusedError as error:
        code = error.code
    else:
        code = "" if found.body in body else "other content"
    assert code in ("", "IncompleteBody", "MalformedTrailerError", "BadDigest")


def test_a_signed_upload_ends_with_its_last_chunk() -> None:
    request, form, seed = published(VECTORS["chunked"][0])
    for end in (b"x", b"\r\n", b"0\r\n\r\n"):
        longer = Incoming("PUT", request.path, "", request.headers, request.body + end)
        with pytest.raises(RefusedError) as caught:
            chunks.unpacked(longer, form, seed)
        assert (caught.value.code, caught.value.message, caught.value.status) == INCOMPLETE


def test_secrets_are_not_shown() -> None:
    seed = chunks.Seed(b"secret key", "date", "scope", "5eed")
    assert "secret" not in repr(seed)
    assert "5eed" not in repr(seed)
