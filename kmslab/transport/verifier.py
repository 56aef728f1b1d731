"""Whether a request over HTTP is believed: its signature is computed anew from its sender's secret and compared.

    header     Authorization: every service
    query      X-Amz-Signature: every service, S3's presigned URLs above all
    query, v2  Signature and AWSAccessKeyId: S3 only, which boto3 still makes for presigned URLs

What passes is handed on in one form, as though it had been signed in its header; of a body in signed chunks, the
content is handed on. The time of a signature is compared with this machine's clock and not with the Lab's: it is the
client's clock that made it, and a Lab's can be years ahead.

Source: IAM User Guide, "Signing AWS API requests" and "Troubleshoot Signature Version 4"; S3 API Reference,
"Authenticating requests"; S3 User Guide, "Error responses". S3 takes signatures 15 minutes old, the others 5.
Simplified: nothing is public; an anonymous request is refused even by S3.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from kmslab.errors import (
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from kmslab.principals import Principal
from kmslab.transport import chunks, presigned, s3_words
from kmslab.transport.hosts import service_of
from kmslab.transport.incoming import Incoming
from kmslab.wire import model, sigv4
from kmslab.wire.refusals import RefusedError

#: How far the clocks of client and server may be apart, in minutes.
SKEW, SKEW_OF_S3 = 5, 15

_DATE = "%Y%m%dT%H%M%SZ"
_HASH = re.compile(r"[0-9a-f]{64}")

#: From an access key id to its principal, or None.
Finder = Callable[[str], Principal | None]


class Verified(Struct, frozen=True, gc=False):
    """A request that is believed.

    Attributes:
        request: The request, with its signature in the header and its content as its body.
        scope: Who signed it, and for what.
    """

    request: Incoming
    scope: sigv4.Scope


class Verifier:
    """Verifies requests for the principals of one Lab."""

    def __init__(
        self,
        find: Finder,
        region: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lab_time: Callable[[], datetime] | None = None,
    ) -> None:
        """Verify against the secrets that `find` knows.

        Args:
            find: From an access key id to its principal.
            region: The Region of a request whose signature names none, as Signature Version 2.
            now: The machine's time, in UTC.
            lab_time: The Lab's time, in UTC, at which its sessions end; None leaves their ends to whoever answers.
        """
        self._find = find
        self._region = region
        self._now = now
        self._lab_time = lab_time

    def verify(self, request: Incoming) -> Verified:
        """Verify one request.

        Raises:
            AwsError: it is not believed, in the words that most services share.
            RefusedError: it is not believed, in S3's own words.
        """
        if "+" in request.query:
            # It is signed as itself; whoever reads the query as a form would take it for a space.
            request = replace(request, query=request.query.replace("+", "%2B"))
        if "authorization" in request.headers:
            return self._header(request)
        if presigned.is_version_4(request.query):
            return self._query(request)
        if presigned.is_version_2(request.query):
            return self._version_2(request)
        raise MissingAuthenticationTokenException.unsigned()

    # --- signed in the header ---

    def _header(self, request: Incoming) -> Verified:
        header = request.headers["authorization"]
        _check_mechanism(request, header)
        signed = sigv4.read_authorization(header)
        scope = signed.scope
        date = _date_of(request, header)
        self._check_scope(scope, date)
        self._check_time(scope.service, date)
        _check_coverage(request, signed)
        secret = self._secret(scope.access_key_id, scope.service, request.headers.get("x-amz-security-token"))
        claimed = _claimed_hash(request, scope.service)
        query = sigv4.canonical_query(request.query)
        to_sign = _to_sign(request, signed, date, query, claimed)
        if not sigv4.matches(signed.signature, sigv4.signature_of(to_sign, secret, scope)):
            raise InvalidSignatureException.mismatch()
        return Verified(_content(request, signed, date, claimed, secret), scope)

    # --- signed in the query ---

    def _query(self, request: Incoming) -> Verified:
        found = presigned.read_version_4(request)
        scope = found.signed.scope
        self._check_scope(scope, found.date, in_query=True)
        self._check_presigned(scope.service, found.date, found.seconds)
        _check_coverage(request, found.signed)
        claimed = _claimed_hash(request, scope.service, default=chunks.UNSIGNED)
        query = sigv4.canonical_query(request.query, without=("X-Amz-Signature",))
        to_sign = _to_sign(request, found.signed, found.date, query, claimed)
        secret = self._secret(scope.access_key_id, scope.service, found.token)
        if not sigv4.matches(found.signed.signature, sigv4.signature_of(to_sign, secret, scope)):
            raise InvalidSignatureException.mismatch()
        content = _content(request, found.signed, found.date, claimed, secret)
        return Verified(presigned.as_header_signed(content, found), scope)

    def _version_2(self, request: Incoming) -> Verified:
        found = presigned.read_version_2(request)
        if self._now() > found.expires:
            raise s3_words.request_expired()
        expected = found.signature_with(self._secret(found.access_key_id, "s3", found.token))
        if not sigv4.matches(found.signature, expected):
            raise InvalidSignatureException.mismatch()
        scope = sigv4.Scope(found.access_key_id, f"{self._now():%Y%m%d}", self._region, "s3")
        return Verified(presigned.as_header_signed_too(request, found, scope), scope)

    # --- parts ---

    def _secret(self, access_key_id: str, service: str, token: str | None) -> str:
        principal = self._find(access_key_id)
        if principal is None:
            raise UnrecognizedClientException.unknown_access_key()
        credentials = principal.credentials
        if not hmac.compare_digest((token or "").encode(), (credentials.session_token or "").encode()):
            if service == "s3" and token:
                raise s3_words.invalid_token()
            raise UnrecognizedClientException.unknown_access_key()
        if self._lab_time is not None and credentials.expires is not None and self._lab_time() >= credentials.expires:
            raise ExpiredTokenException.over()
        return credentials.secret_access_key

    def _check_scope(self, scope: sigv4.Scope, date: datetime, *, in_query: bool = False) -> None:
        day = _written(date)[:8]
        if scope.date != day:
            if scope.service == "s3":
                raise s3_words.scope_of_another_day(scope.date, day, in_query=in_query)
            raise InvalidSignatureException.other_date(scope.date, day, _written(date))
        if scope.region not in model.regions():
            if scope.service == "s3":
                raise s3_words.scope_of_no_region(scope.region, self._region, in_query=in_query)
            raise InvalidSignatureException.other_region()

    def _check_time(self, service: str, date: datetime) -> None:
        now = self._now()
        minutes = SKEW_OF_S3 if service == "s3" else SKEW
        skew = timedelta(minutes=minutes)
        if abs(now - date) <= skew:
            return
        if service == "s3":
            raise s3_words.too_skewed()
        if date < now:
            raise InvalidSignatureException.expired(_written(date), _written(now - skew), _written(now), minutes)
        raise InvalidSignatureException.not_yet(_written(date), _written(now + skew), _written(now), minutes)

    def _check_presigned(self, service: str, date: datetime, seconds: int) -> None:
        now = self._now()
        if date > now + timedelta(minutes=SKEW_OF_S3):
            raise s3_words.not_yet_valid()
        end = date + timedelta(seconds=seconds)
        if now <= end:
            return
        if service == "s3":
            raise s3_words.request_expired()
        raise InvalidSignatureException.expired(_written(date), _written(end), _written(now), seconds // 60)


@lru_cache(maxsize=64)
def _read_date(text: str) -> datetime:
    return datetime.strptime(text, _DATE).replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _written(date: datetime) -> str:
    return date.strftime(_DATE)


def _date_of(request: Incoming, header: str) -> datetime:
    try:
        if "x-amz-date" in request.headers:
            return _read_date(request.headers["x-amz-date"])
        return parsedate_to_datetime(request.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        raise IncompleteSignatureException.undated(header) from None


def _check_mechanism(request: Incoming, header: str) -> None:
    if request.query and (presigned.is_version_4(request.query) or presigned.is_version_2(request.query)):
        raise s3_words.two_mechanisms()
    if not header.startswith(f"{sigv4.ALGORITHM} ") and service_of(request) == "s3":
        raise s3_words.other_mechanism(header)


def _content(request: Incoming, signed: sigv4.Signed, date: datetime, claimed: str, secret: str) -> Incoming:
    """The request with its content as its body, where that came in chunks."""
    if not chunks.is_chunked(claimed):
        return request
    scope = signed.scope
    key = sigv4.signing_key(secret, scope.date, scope.region, scope.service)
    return chunks.unpacked(request, claimed, chunks.Seed(key, _written(date), scope.text, signed.signature))


def _check_coverage(request: Incoming, signed: sigv4.Signed) -> None:
    """Every header that says what is wanted has to be covered, or anybody could change it."""
    if not _covers(signed.headers, tuple(request.headers)):
        if signed.scope.service == "s3":
            raise s3_words.unsigned_headers()
        raise InvalidSignatureException.unsigned_header()


# A client sends the same headers each time. Few are remembered, because their names may be long.
@lru_cache(maxsize=32)
def _covers(signed: tuple[str, ...], present: tuple[str, ...]) -> bool:
    return {name for name in present if name.startswith("x-amz-")} | {"host"} <= set(signed)


def _claimed_hash(request: Incoming, service: str, default: str | None = None) -> str:
    """What stands for the body in the canonical request, after a look whether it is true.

    Only S3 lets a client leave its body unsigned, or sign it chunk by chunk.
    """
    actual = hashlib.sha256(request.body).hexdigest()
    if service != "s3":
        return actual
    claimed = request.headers.get("x-amz-content-sha256", default)
    if claimed is None:
        raise RefusedError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if claimed == chunks.UNSIGNED or chunks.is_chunked(claimed):
        return claimed
    if not _HASH.fullmatch(claimed):
        text = (
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
        )
        raise RefusedError("InvalidArgument", text)
    if claimed != actual:
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise RefusedError("XAmzContentSHA256Mismatch", text)
    return claimed


def _to_sign(request: Incoming, signed: sigv4.Signed, date: datetime, query: str, payload_hash: str) -> str:
    path = sigv4.canonical_path(request.path, twice=signed.scope.service != "s3")
    canonical = sigv4.canonical_request(request.method, path, query, request.headers, signed.headers, payload_hash)
    return sigv4.string_to_sign(canonical, signed.scope, _written(date))
