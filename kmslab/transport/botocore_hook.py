"""In-process transport: botocore's before-send event, on sessions that the Lab makes.

botocore asks its before-send handlers before it opens a connection, and takes the first answer. So a Lab's client
prepares, signs and parses exactly as a client of AWS does, and no byte leaves the process. The hook sits on the Lab's
own sessions: no import order matters, and other sessions of the process are not touched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from kmslab.errors import KmslabError
from kmslab.principals import Credentials
from kmslab.wire import model
from kmslab.wire.http import HEADERS_READ, BodyStream, Reply, Request

#: One attempt per call: one line of a notebook is one line on the bill. A lesson on retries passes its own Config.
#: Endpoint settings of the machine's own AWS profile would lead out of the Lab.
_CLIENT_CONFIG = Config(retries={"mode": "legacy", "total_max_attempts": 1}, ignore_configured_endpoint_urls=True)

# The machine's own AWS profile has no say here: neither its files nor the environment variables that name them.
# As botocore wants it: name in a profile, environment variable, default, conversion.
_NO_PROFILE = {
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "profile": (None, None, None, None),
}

# Source: AWS General Reference, "AWS Key Management Service endpoints and quotas".
_KMS_HOST = re.compile(r"kms(?:-fips)?\.([^.]+)\.(?:amazonaws\.|api\.aws|api\.amazonwebservices\.)")

KmsHandler = Callable[[Request], Reply]
OtherHandler = Callable[[AWSPreparedRequest], AWSResponse]


class Hook:
    """Answers botocore's requests: KMS from the Lab's front door, every other service from whoever plays it."""

    def __init__(self, kms: KmsHandler, others: OtherHandler) -> None:
        """Remember who answers."""
        self._kms = kms
        self._others = others

    def __call__(self, request: AWSPreparedRequest, event_name: str = "", **_: Any) -> AWSResponse:
        """Answer one prepared request. `event_name` is `before-send.<service>.<operation>`."""
        if not event_name.startswith("before-send.kms."):
            return self._others(request)
        wanted = to_request(request)
        if _is_nowhere(wanted.host):
            # What a misspelt Region gives: its host name does not exist.
            raise EndpointConnectionError(endpoint_url=request.url)
        reply = self._kms(wanted)
        return AWSResponse(request.url, reply.status, reply.headers, BodyStream(reply.body))


@lru_cache(maxsize=256)
def _is_nowhere(host: str) -> bool:
    """Whether `host` is KMS's in a Region that AWS does not have."""
    found = _KMS_HOST.match(host)
    return found is not None and found.group(1) not in model.regions()


def to_request(prepared: AWSPreparedRequest) -> Request:
    """A KMS request as the front door takes it."""
    given, headers = prepared.headers, {}
    for name in HEADERS_READ:
        value = given.get(name)
        if value is not None:
            # botocore keeps some values as bytes.
            headers[name] = value.decode("latin-1") if isinstance(value, bytes) else value
    body = prepared.body or b""
    return Request(
        headers,
        body.encode() if isinstance(body, str) else bytes(body),
        prepared.url.split("/", 3)[2],
    )


class Installation:
    """Lets bare `boto3.client(...)` and `boto3.resource(...)` reach a Lab, any number of times over."""

    def __init__(self, make_session: Callable[[], boto3.Session]) -> None:
        """Install what `make_session` makes."""
        self._make_session = make_session
        self._over: list[boto3.Session | None] = []

    def install(self) -> None:
        """Put the Lab's session where boto3 keeps its default."""
        self._over.append(boto3.DEFAULT_SESSION)
        boto3.DEFAULT_SESSION = self._make_session()

    def uninstall(self) -> None:
        """Put back what was there before.

        Raises:
            KmslabError: the Lab is not installed.
        """
        if not self._over:
            raise KmslabError("This Lab is not installed, so there is nothing to uninstall.")
        boto3.DEFAULT_SESSION = self._over.pop()

    def end(self) -> None:
        """Put back what was there before the first time."""
        while self._over:
            self.uninstall()


class _Announcement:
    """Tells for which service a client is made. `event_name` is `creating-client-class.<service>`."""

    def __init__(self, expect: Callable[[str], None]) -> None:
        self._expect = expect

    def __call__(self, event_name: str = "", **_: Any) -> None:
        self._expect(event_name.rpartition(".")[2])


def make_session(
    credentials: Credentials,
    region: str,
    answer: Callable[..., AWSResponse],
    expect: Callable[[str], None] | None = None,
) -> boto3.Session:
    """An ordinary boto3 session whose clients reach the Lab.

    Args:
        credentials: Whom its clients act as.
        region: Its default Region.
        answer: What answers, as a `Hook` does.
        expect: Is told for which service a client is made, by the service's name in botocore's events.
    """
    core = botocore.session.Session(session_vars=_NO_PROFILE)
    core.set_default_client_config(_CLIENT_CONFIG)
    core.register_component("data_loader", model.loader())
    session = boto3.Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        region_name=region,
        botocore_session=core,
    )
    # boto3 adds its own folder to the loader, which all sessions share, each time anew.
    paths = model.loader().search_paths
    paths[:] = dict.fromkeys(paths)
    session.events.register_first("before-send", answer)
    if expect is not None:
        session.events.register("creating-client-class", _Announcement(expect))
    return session
