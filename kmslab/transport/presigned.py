"""Signatures in the query: presigned URLs, of Signature Version 4 and of S3's old Version 2.

Reads them, and rewrites what was verified as a request that is signed in its header, so that nobody further in needs
to know of them.

Source: S3 API Reference, "Authenticating requests: using query parameters"; S3 User Guide, "Signing and authenticating
REST requests (AWS signature version 2)".
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from msgspec.structs import replace

from kmslab.transport.hosts import bucket_of
from kmslab.transport.incoming import Incoming
from kmslab.wire import sigv4
from kmslab.wire.refusals import RefusedError

#: Seven days, in seconds: the longest life of a presigned URL.
LONGEST = 604_800

#: How long a presigned request lives that does not say, in seconds. Source: IAM User Guide, "Authentication methods".
_DEFAULT = 900

_VERSION_4 = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders")
# Some SDKs write the hash of the body, which is always the same for a URL, into the query as well.
_OF_VERSION_4 = frozenset({*_VERSION_4, "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Content-Sha256"})
_OF_VERSION_2 = frozenset({"AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token"})

_INCOMPLETE = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)

# The parameters that Version 2 signs with the path. Source: as above, "Constructing the CanonicalizedResource element".
_SUBRESOURCES = frozenset(
    "accelerate acl analytics cors delete inventory lifecycle location logging metrics notification object-lock "
    "partNumber policy publicAccessBlock replication requestPayment response-cache-control "
    "response-content-disposition response-content-encoding response-content-language response-content-type "
    "response-expires restore retention select select-type tagging torrent uploadId uploads versionId versioning "
    "versions website encryption legal-hold".split()
)


@dataclass(frozen=True, slots=True)
class Version4:
    """What the query of a presigned request says.

    Attributes:
        signed: The signature and what it covers.
        date: When it was made, in UTC.
        seconds: How long it holds.
        token: The session token, or None.
    """

    signed: sigv4.Signed
    date: datetime
    seconds: int
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Version2:
    """What the query of a presigned request of Version 2 says.

    Attributes:
        access_key_id: Who signed.
        signature: The signature.
        expires: When it ends, in UTC.
        token: The session token, or None.
        to_sign: What was signed.
    """

    access_key_id: str
    signature: str = field(repr=False)
    expires: datetime
    token: str | None = field(repr=False)
    to_sign: str

    def signature_with(self, secret: str) -> str:
        """The signature that a secret access key gives."""
        return base64.b64encode(hmac.digest(secret.encode(), self.to_sign.encode(), "sha1")).decode()


def is_version_4(query: str) -> bool:
    """Whether a query has something of a signature of Version 4."""
    return "X-Amz-Signature=" in query or "X-Amz-Credential=" in query or "X-Amz-Algorithm=" in query


def is_version_2(query: str) -> bool:
    """Whether a query has something of a signature of Version 2."""
    return "AWSAccessKeyId=" in query and "Signature=" in query


def read_version_4(request: Incoming) -> Version4:
    """Read a signature of Version 4 out of the query.

    Raises:
        RefusedError: it is not complete or makes no sense.
    """
    given = request.parameters()
    if any(not given.get(name) for name in _VERSION_4):
        raise _malformed(_INCOMPLETE)
    if given["X-Amz-Algorithm"] != sigv4.ALGORITHM:
        raise _malformed(f'X-Amz-Algorithm only supports "{sigv4.ALGORITHM}"')
    credential = given["X-Amz-Credential"].split("/")
    if len(credential) != 5 or credential[4] != "aws4_request" or not all(credential):
        raise _malformed(
            'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/'
            'YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    try:
        date = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None
    scope = sigv4.Scope(*credential[:4])
    if scope.service == "s3" and "X-Amz-Expires" not in given:
        raise _malformed(_INCOMPLETE)
    signed = sigv4.Signed(scope, tuple(given["X-Amz-SignedHeaders"].split(";")), given["X-Amz-Signature"])
    return Version4(signed, date, _seconds(given.get("X-Amz-Expires")), given.get("X-Amz-Security-Token"))


def _seconds(text: str | None) -> int:
    if text is None:
        return _DEFAULT
    if not text.isascii() or not text.isdigit():
        raise _malformed("X-Amz-Expires should be a number")
    # Python refuses to read a number of thousands of digits.
    if len(text) > 20 or int(text) > LONGEST:
        raise _malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
            f"be less than {LONGEST} seconds"
        )
    return int(text)


def _malformed(text: str) -> RefusedError:
    return RefusedError("AuthorizationQueryParametersError", text)


def read_version_2(request: Incoming) -> Version2:
    """Read a signature of Version 2 out of the query.

    Raises:
        RefusedError: it is not complete or makes no sense.
    """
    given = request.parameters()
    expires = given.get("Expires", "")
    complete = given.get("AWSAccessKeyId") and given.get("Signature")
    if not (complete and expires.isascii() and expires.isdigit() and len(expires) < 12):
        text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise RefusedError("AccessDenied", text, 403)
    token = given.get("x-amz-security-token")
    return Version2(
        access_key_id=given["AWSAccessKeyId"],
        signature=given["Signature"],
        expires=datetime.fromtimestamp(int(expires), UTC),
        token=token,
        to_sign=_to_sign_2(request, expires, token),
    )


def _to_sign_2(request: Incoming, expires: str, token: str | None) -> str:
    headers = request.headers
    amz = {name: value.strip() for name, value in headers.items() if name.startswith("x-amz-")}
    if token is not None:
        amz["x-amz-security-token"] = token
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(amz.items()))
    signed = []
    for parameter in request.query.split("&"):
        name, equals, value = parameter.partition("=")
        if unquote(name) in _SUBRESOURCES:
            signed.append(f"{unquote(name)}{equals}{unquote(value)}")
    bucket = bucket_of(headers.get("host", ""))
    path = request.path if bucket is None else f"/{bucket}{request.path}"
    resource = path + (f"?{'&'.join(sorted(signed))}" if signed else "")
    first = (request.method, headers.get("content-md5", ""), headers.get("content-type", ""), expires)
    return "\n".join(first) + f"\n{lines}{resource}"


def as_header_signed(request: Incoming, found: Version4) -> Incoming:
    """A verified request as though it had been signed in its header."""
    return _rewritten(request, _OF_VERSION_4, found.signed.scope, found.token)


def as_header_signed_too(request: Incoming, found: Version2, scope: sigv4.Scope) -> Incoming:
    """The same, of Version 2; `scope` says what a signature of Version 4 would have said."""
    return _rewritten(request, _OF_VERSION_2, scope, found.token)


def _rewritten(request: Incoming, without: frozenset[str], scope: sigv4.Scope, token: str | None) -> Incoming:
    kept = [each for each in request.query.split("&") if each and unquote(each.partition("=")[0]) not in without]
    authorization = f"{sigv4.ALGORITHM} Credential={scope.access_key_id}/{scope.text}, SignedHeaders=host, Signature="
    headers = dict(request.headers) | {"authorization": authorization}
    if token is not None:
        headers["x-amz-security-token"] = token
    return replace(request, query="&".join(kept), headers=headers)
