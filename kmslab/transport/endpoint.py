"""The endpoint: every service of one Lab behind one HTTP address, as an ASGI application.

    uvicorn -> Endpoint -> Verifier -> KMS: FrontDoor.handle          (what is quick on the loop, the rest in threads)
                                    -> any other service: moto        (always in threads)

Which service and Region a request is for, its signature says; the host only matters for a bucket's name in it. A reply
to HTTP has the machine's date and not the Lab's: clients compare it with their own clock.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from concurrent.futures import Executor
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

import kmslab
from kmslab.errors import AwsError, InvalidSignatureException, KmslabError, NotKeptError
from kmslab.transport import body, hosts
from kmslab.transport.incoming import Incoming, joined
from kmslab.transport.room import Room
from kmslab.transport.verifier import Finder, Verified, Verifier
from kmslab.wire import model
from kmslab.wire.http import Reply, Request
from kmslab.wire.refusals import RefusedError, refuse

Given = TypeVar("Given")
Result = TypeVar("Result")

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: A body of more bytes than these is verified in a thread: hashing it would keep all others waiting.
_LONG = 256 * 2**10

#: What changes nothing and takes a fraction of a millisecond, unless it is done with a slow key.
_QUICK = frozenset(
    f"{model.TARGET_PREFIX}{operation}"
    for operation in (
        "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom "
        "GetKeyPolicy GetKeyRotationStatus GetPublicKey ListAliases ListGrants ListKeys ListResourceTags ReEncrypt "
        "Sign Verify VerifyMac".split()
    )
)

#: How a request says that a slow key is used: by its algorithm.
_SLOW = re.compile(rb"RSA|ECDSA_SHA_384|ECDSA_SHA_512|ED25519|ML_DSA")

#: What a service calls a failure of its own. Source: "Errors" of KMS's operations, "Error responses" of S3, and "Common
#: errors" of the others.
_INTERNAL = {"kms": "KMSInternalException", "s3": "InternalError"}

_OWN = "/_kmslab/"

_log = logging.getLogger("kmslab")


class Behind(NamedTuple):
    """What an endpoint needs of a Lab.

    Attributes:
        kms: Answers for KMS.
        others: Answers for every other service.
        find: From an access key id to its principal, or None.
        region: The Region of requests whose signature names none.
        time: The Lab's time, at which sessions end; None where whoever answers looks at that.
    """

    kms: Callable[[Request], Reply]
    others: Callable[[AWSPreparedRequest], AWSResponse]
    find: Finder
    region: str
    time: Callable[[], datetime] | None = None


class Endpoint:
    """The ASGI application of one Lab."""

    def __init__(
        self, behind: Callable[[], Behind], workers: Executor, reset: Callable[[], None] | None = None
    ) -> None:
        """Answer requests.

        Args:
            behind: What answers now; after a reset it is another Lab.
            workers: Where what takes longer runs.
            reset: Empties the Lab; None where that is not offered.
        """
        self._behind = behind
        self._workers = workers
        self._reset = reset
        self._resetting = asyncio.Lock()
        self._room = Room(body.LARGEST_OBJECT)

    async def __call__(self, scope: Scope, receive: body.Receive, send: Send) -> None:
        """Answer one request."""
        headers = joined(scope["headers"])
        path = scope["raw_path"].decode("latin-1")
        head = Incoming(scope["method"], path, scope["query_string"].decode("latin-1"), headers, b"", _client(scope))
        limit = body.limit_of(head)
        ends, taken = "expect" in headers and body.is_more(headers.get("content-length", ""), limit), 0
        try:
            taken = await body.make_room(self._room, headers, limit)
            content = await body.read(receive, limit)
            request = Incoming(head.method, path, head.query, headers, content, head.source_ip)
            reply = await (self._own(request) if path.startswith(_OWN) else self._answer(request))
        except RefusedError as error:
            reply = refuse(error, hosts.service_of(head))
            ends = ends or error.code == body.TIMEOUT
        except body.GoneError:
            return
        finally:
            self._room.give(taken)
        await _write(send, reply, bodiless=head.method == "HEAD", close=ends)

    async def _answer(self, request: Incoming) -> Reply:
        try:
            if request.method == "OPTIONS":
                raise _preflight(request)
            behind = self._behind()
            verifier = Verifier(behind.find, behind.region, lab_time=behind.time)
            if len(request.body) > _LONG:
                verified = await self._in_thread(verifier.verify, request)
            else:
                verified = verifier.verify(request)
            if verified.scope.service == "kms":
                asked = _asked(verified.request)
                return behind.kms(asked) if _is_quick(request) else await self._in_thread(behind.kms, asked)
            if request.headers.get("x-amz-target", "").startswith(model.TARGET_PREFIX):
                raise InvalidSignatureException.other_service("kms")
            return await self._in_thread(_ask_others, (behind, verified))
        except Exception as error:
            return _refusal(error, request)

    def at_once(
        self, headers: Collection[tuple[bytes, bytes]], body: bytes, client: tuple[str, int] | None
    ) -> Reply | None:
        """The reply to a `POST /` that is all there, if it is one of KMS's quick ones; None for every other.

        The same as calling the application, without what it takes to wait for something.

        Args:
            headers: Names in lower case and values, as in an ASGI scope.
            body: All of it.
            client: Address and port.
        """
        source_ip = client[0] if client else "127.0.0.1"
        request = Incoming("POST", "/", "", joined(headers), body, source_ip)
        if not _is_quick(request):
            return None
        try:
            behind = self._behind()
            verified = Verifier(behind.find, behind.region, lab_time=behind.time).verify(request)
            return behind.kms(_asked(verified.request)) if verified.scope.service == "kms" else None
        except Exception as error:
            return _refusal(error, request)

    async def _in_thread(self, function: Callable[[Given], Result], argument: Given) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._workers, function, argument)

    async def _own(self, request: Incoming) -> Reply:
        asked = request.method, request.path.removeprefix(_OWN)
        if asked in (("GET", "health"), ("HEAD", "health")):
            return _own_reply(200, {"status": "ok", "version": kmslab.__version__, "region": self._behind().region})
        if asked[0] == "POST" and "origin" in request.headers:
            # Any page in a browser may post to this computer, without asking.
            return _own_reply(403, {"message": "Not for web pages."})
        if asked == ("POST", "reset") and self._reset is not None:
            return await self._empty(self._reset)
        if asked == ("POST", "reset"):
            return _own_reply(403, {"message": "Resetting has to be allowed: kmslab serve --allow-reset."})
        return _own_reply(404, {"message": "There are GET /_kmslab/health and POST /_kmslab/reset."})

    async def _empty(self, reset: Callable[[], None]) -> Reply:
        # One at a time: each ends one Lab and makes the next.
        async with self._resetting:
            try:
                await asyncio.get_running_loop().run_in_executor(self._workers, reset)
            except Exception:
                _log.exception("resetting")
                return _own_reply(500, {"message": "The Lab could not be emptied; its log says why."})
        return _own_reply(200, {"status": "empty"})


def _ask_others(asked: tuple[Behind, Verified]) -> Reply:
    behind, scope = asked[0], asked[1].scope
    request = hosts.as_moto_reads_it(asked[1].request, scope)
    url = hosts.address(request, scope)
    # moto looks for a bucket's name in the host too; by now it is in the path.
    headers = dict(request.headers) | {"host": url.split("/", 3)[2]}
    response = behind.others(AWSPreparedRequest(request.method, url, headers, request.body, False))
    said = {str(name): str(value) for name, value in response.headers.items()}
    return Reply(response.status_code, hosts.with_request_ids(said, scope.service), response.content)


def _is_quick(request: Incoming) -> bool:
    """Whether KMS answers a request in less time than it takes to pass it to a thread."""
    if request.headers.get("x-amz-target") not in _QUICK or len(request.body) > _LONG:
        return False
    return b"lgorithm" not in request.body or _SLOW.search(request.body) is None


def _asked(request: Incoming) -> Request:
    return Request(request.headers, request.body, request.headers.get("host", ""), request.source_ip)


def _refusal(error: Exception, request: Incoming) -> Reply:
    """What a client hears of an error, in the words of the service that it called."""
    service = hosts.service_of(request)
    if isinstance(error, (AwsError, RefusedError)):
        return refuse(error, service)
    if isinstance(error, NotKeptError):
        return refuse(RefusedError(_INTERNAL.get(service, "InternalFailure"), str(error), 500), service)
    if isinstance(error, KmslabError):
        return refuse(RefusedError("UnknownOperationException", str(error)), service)
    if isinstance(error, NotImplementedError):
        text = f"This Lab does not run that operation of {service}: {error}."
        return refuse(RefusedError("UnknownOperationException", text), service)
    _log.error("%s %s: this is a bug of kmslab", request.method, request.path, exc_info=error)
    return refuse(RefusedError("InternalFailure", "The Lab has failed; its log says how.", 500), service)


def _preflight(request: Incoming) -> RefusedError:
    # Source: what S3 answers to a preflight request for a bucket without a CORS configuration.
    if "origin" in request.headers:
        return RefusedError("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403)
    return RefusedError("BadRequest", "Insufficient information. Origin request header needed.", 400)


def _client(scope: Mapping[str, Any]) -> str:
    return str(scope["client"][0]) if scope.get("client") else "127.0.0.1"


def _own_reply(status: int, members: dict[str, str]) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, orjson.dumps(members))


class _Name(bytes):
    """A header's name as AWS spells it: uvicorn would lower it, and libmongocrypt compares it byte by byte."""

    def lower(self) -> bytes:
        return self

    def __eq__(self, other: object) -> bool:
        return bytes.lower(self) == other

    __hash__ = bytes.__hash__


@lru_cache(maxsize=256)
def _header_name(name: str) -> bytes:
    return name.lower().encode("latin-1")


def _header_value(value: str) -> bytes:
    if value.isascii() and value.isprintable():
        return value.encode()
    # What a client asked S3 to say, such as a file's name, may have any character; a line's end would end the header.
    one_line = "".join(character if character >= " " and character != "\x7f" else " " for character in value)
    return one_line.encode("latin-1") if all(ord(each) < 256 for each in one_line) else one_line.encode()


#: What the server says for itself; its date is the machine's.
_NOT_OURS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"date"})


def line(name: str, value: str) -> bytes:
    """A reply's header as a line; none where the server speaks for itself."""
    written_name = _header_name(name)
    return b"" if written_name in _NOT_OURS else b"%b: %b\r\n" % (written_name, _header_value(value))


def written(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """A reply's headers as they go over the wire, without those that depend on how its body is sent."""
    pairs = [(_header_name(name), _header_value(value)) for name, value in headers.items()]
    return [pair for pair in pairs if pair[0] not in _NOT_OURS]


async def _write(send: Send, reply: Reply, *, bodiless: bool, close: bool = False) -> None:
    has_length = reply.status not in (204, 304)
    bodiless = bodiless or not has_length
    headers = written(reply.headers)
    if close:
        # A client that waits for leave to send its body may send it all the same, or the next request.
        headers.append((b"connection", b"close"))
    length = str(len(reply.body))
    if bodiless:
        # The length that a GET would have, where the service says it.
        length = next((value for name, value in reply.headers.items() if name.lower() == "content-length"), length)
    if has_length:
        headers.append((_Name(b"Content-Length"), length.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodiless else reply.body})
