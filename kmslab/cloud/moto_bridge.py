"""Every service but KMS, answered by moto, in a world of the Lab's own.

moto keeps what it holds in tables of the process, one per service, by account. Two Labs in one process share account
ids, so each Lab keeps its own contents of those tables and puts them in place while moto answers one of its requests.
moto's mock is never started: no patching, no fake credentials, and no KMS of moto's own that would make a twin of
every key.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.base_backend import BackendDict as _BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.request import normalize_request
from moto.iam.models import iam_backends
from werkzeug.datastructures import ImmutableMultiDict

from kmslab.cloud.aws_policies import QuickIAMBackend
from kmslab.errors import AwsError, KmslabError
from kmslab.wire.http import BodyStream
from kmslab.wire.refusals import RefusedError

# One of moto's tables: from account id to what moto holds for it. The class keeps a list of those in use.
BackendDict: Any = _BackendDict

# moto's tables belong to the process; so does the right to exchange their contents.
_MOTO = threading.RLock()

#: Services that change nothing of IAM: what was read of IAM before they answered is still so.
_APART_FROM_IAM = frozenset({"cloudtrail", "dynamodb", "logs", "s3", "secretsmanager", "sns", "sqs", "ssm"})

_BUCKET_IN_HOST = re.compile(r"https?://(?P<bucket>[^/]+)\.(?P<s3>s3[.-][^/]*)(?P<rest>/.*)?", re.DOTALL)

#: What moto says for an address of AWS behind which it plays nothing.
_NOBODY = "Not yet implemented"

#: What a service calls a request that it cannot read; most say ValidationException.
_MALFORMED = {"iam": "MalformedInput", "s3": "MalformedXML", "sts": "MalformedInput"}

_log = logging.getLogger("kmslab")

#: From a prepared request to the account it is made for.
AccountOf = Callable[[AWSPreparedRequest], str]


@dataclass(frozen=True, slots=True)
class Held:
    """What one of moto's tables held: its accounts, and the indexes beside them."""

    table: Any
    accounts: dict[str, Any]
    indexes: dict[str, dict[Any, Any]]


class MotoBridge:
    """moto, with this Lab's contents."""

    def __init__(self, account_of: AccountOf) -> None:
        """Start an empty world.

        Args:
            account_of: Finds the account of a request; moto would guess it from tables of its own.
        """
        self._account_of = account_of
        #: Grows whenever moto may have changed something of IAM: what was read before may not be so any more.
        self.version = 0
        self._held: list[Held] = []
        self._stubber = BotocoreStubber()

    def answer(self, request: AWSPreparedRequest, service: str) -> AWSResponse:
        """Let moto answer a prepared request for `service`.

        Raises:
            KmslabError: moto does not play that service.
            RefusedError: moto fails at the request.
        """
        status, headers, body = self.ask(request, service)
        return AWSResponse(request.url, status, headers, BodyStream(body.encode() if isinstance(body, str) else body))

    def ask(self, request: AWSPreparedRequest, service: str) -> tuple[int, dict[str, Any], Any]:
        """What moto answers: status, headers and body, the body as moto has it.

        Raises:
            KmslabError: moto does not play that service.
            RefusedError: moto fails at the request.
        """
        request.headers["x-moto-account-id"] = self._account_of(request)
        read: Any = _plain(request) if service == "s3" else request
        with self.in_place(quietly=service in _APART_FROM_IAM):
            try:
                answer = self._stubber.process_request(read)
            except (AwsError, RefusedError, KmslabError, NotImplementedError):
                raise
            except Exception as error:
                _log.info("moto's %s has stumbled", service, exc_info=True)
                raise _not_understood(service, error, has_body=bool(request.body)) from error
            finally:
                if read is not request:
                    # It refers to itself there, and would keep its body until somebody collects garbage.
                    read.environ.pop("werkzeug.request", None)
        if answer is None or answer[2] == _NOBODY:
            raise KmslabError(f"Nothing in this Lab answers {request.url}.")
        status, headers, body = answer
        return status, dict(headers), body

    @contextmanager
    def in_place(self, *, quietly: bool = False) -> Iterator[None]:
        """Put this Lab's contents into moto's tables for a while; `quietly` when nothing of IAM will change."""
        with _MOTO:
            foreign = _take_out()
            _put_in(self._held)
            # AWS's own managed policies, AdministratorAccess among them, are there to be attached.
            usual, iam_backends.backend = iam_backends.backend, QuickIAMBackend
            try:
                with without_profile():
                    yield
            finally:
                iam_backends.backend = usual
                self._held = _take_out()
                _put_in(foreign)
                # Whoever looks something up waits for moto; so KMS does not wait for S3.
                self.version += not quietly

    @contextmanager
    def looking_at(self, table: Any) -> Iterator[Mapping[str, Any]]:
        """What this Lab holds in one of moto's tables, by account, for a while: without exchanging anything.

        That is enough to read what the objects there have in themselves, and much quicker than `in_place`.
        """
        with _MOTO:
            yield next((held.accounts for held in self._held if held.table is table), {})

    @contextmanager
    def standing_still(self) -> Iterator[list[Held]]:
        """Everything this Lab holds in moto's tables, for a while in which nothing changes."""
        with _MOTO:
            yield self._held


def _not_understood(service: str, error: Exception, *, has_body: bool) -> RefusedError:
    """What a client hears when moto takes for granted what the request lacks, and fails.

    Simplified: AWS looks at everything first, and says which member is wrong.
    """
    code = _MALFORMED.get(service, "ValidationException")
    code = "InvalidArgument" if service == "s3" and not has_body else code
    reason = f"{type(error).__name__}: {error}"[:200]
    return RefusedError(code, f"This Lab's {service} does not understand the request ({reason}).")


def _plain(request: AWSPreparedRequest) -> Any:
    """A request for S3 as moto reads it rightly.

    The bucket stands in the path and not in the host, where moto would take `logs.s3.amazonaws.com` for another
    service. The body is no form, whatever its type: moto would read one, and store an object without it.
    """
    found = _BUCKET_IN_HOST.match(request.url)
    url = request.url if found is None else f"https://{found['s3']}/{found['bucket']}{found['rest'] or '/'}"
    headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    headers["Host"] = url.split("/", 3)[2]
    plain: Any = normalize_request(AWSPreparedRequest(request.method, url, headers, request.body, False))
    plain.get_data(cache=True)
    plain.form = plain.files = ImmutableMultiDict()
    return plain


@contextmanager
def without_profile() -> Iterator[None]:
    """Let the AWS profile of this machine have no say: moto makes sessions of its own, to look up AWS's Regions."""
    profiles = {name: os.environ.pop(name) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(profiles)


def indexes_of(table: Any) -> dict[str, dict[Any, Any]]:
    """What one of moto's tables keeps beside the accounts, such as S3's index from bucket names to accounts."""
    return {name: value for name, value in vars(table).items() if type(value) is dict}


def _take_out() -> list[Held]:
    taken = []
    for table in list(BackendDict._instances):
        indexes = indexes_of(table)
        taken.append(Held(table, dict(table.items()), {name: dict(index) for name, index in indexes.items()}))
        table.clear()
        for index in indexes.values():
            index.clear()
    BackendDict._instances.clear()
    return taken


def _put_in(contents: list[Held]) -> None:
    for held in contents:
        for account_id, backend in held.accounts.items():
            held.table[account_id] = backend
        for name, index in indexes_of(held.table).items():
            index.update(held.indexes.get(name, {}))
        BackendDict._instances.append(held.table)
