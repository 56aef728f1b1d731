"""How a request that is not believed is refused: in the words and the format of the service that it was meant for.

Source: API References of STS, IAM and S3, "Common errors" and "Error responses"; the formats are those of the services'
protocols in botocore's models.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.exceptions import DataNotFoundError

from kmslab.errors import AwsError
from kmslab.wire import model
from kmslab.wire.encode import error_body, write_body
from kmslab.wire.http import Reply

#: What XML cannot say, not even as a reference. Source: XML 1.0 section 2.2.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RefusedError(Exception):
    """An error with a code of its own, in the service's format.

    Attributes:
        code: Its code.
        message: Its text.
        status: The HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep code, text and status."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class _Words(NamedTuple):
    """What a service calls an error about credentials; without a message it has the general one."""

    code: str
    status: int
    message: str | None = None


_QUERY: dict[str, _Words] = {
    "ExpiredTokenException": _Words("ExpiredToken", 403),
    "IncompleteSignatureException": _Words("IncompleteSignature", 400),
    "InvalidSignatureException": _Words("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": _Words("MissingAuthenticationToken", 403),
    "UnrecognizedClientException": _Words("InvalidClientTokenId", 403),
}

_S3: dict[str, _Words] = {
    "ExpiredTokenException": _Words("ExpiredToken", 400, "The provided token has expired."),
    "IncompleteSignatureException": _Words("AuthorizationHeaderMalformed", 400),
    "InvalidSignatureException": _Words(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
    ),
    "MissingAuthenticationTokenException": _Words("AccessDenied", 403, "Access Denied"),
    "UnrecognizedClientException": _Words(
        "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
    ),
}


def refuse(error: AwsError | RefusedError, service: str) -> Reply:
    """An error as a reply of `service`, such as `kms` or `s3`; of a service that nobody knows, as KMS's would be."""
    protocol, namespace = _metadata(service)
    if protocol == "rest-xml":
        return _xml_of_s3(_in(_S3, error))
    if protocol in ("query", "ec2"):
        return _xml_of_query(_in(_QUERY, error), namespace)
    request_id = str(uuid4())
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
    if isinstance(error, AwsError):
        return Reply(error.status, headers, error_body(error))
    return Reply(error.status, headers, write_body({"__type": error.code, "message": error.message}))


def _in(words: dict[str, _Words], error: AwsError | RefusedError) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    said = words.get(error.code, _Words(error.code, error.status))
    return RefusedError(said.code, error.message if said.message is None else said.message, said.status)


@lru_cache(maxsize=512)
def _metadata(service: str) -> tuple[str, str]:
    """The protocol of a service and the namespace of its XML."""
    try:
        metadata = _beginning(service)
    except DataNotFoundError:
        return "json", ""
    return str(metadata["protocol"]), str(metadata.get("xmlNamespace", ""))


def _beginning(service: str) -> dict[str, Any]:
    """The metadata of a service's model, which stand at the beginning of its file.

    Anybody may name any service, believed or not, and reading all of EC2's model takes a hundred megabytes.
    """
    version = model.loader().determine_latest_version(service, "service-2")
    for folder in model.loader().search_paths:
        path = Path(folder, service, version, "service-2.json.gz")
        if path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                before, found, rest = file.read(16_384).partition('"metadata":')
            if found and before.count("{") == 1:
                metadata: dict[str, Any] = json.JSONDecoder().raw_decode(rest.lstrip())[0]
                return metadata
    return dict(model.loader().load_service_model(service, "service-2")["metadata"])


def _xml_of_query(error: RefusedError, namespace: str) -> Reply:
    request_id = str(uuid4())
    fault = "Sender" if error.status < 500 else "Receiver"
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{fault}</Type><Code>{error.code}</Code>'
        f"<Message>{_escaped(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(error.status, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode())


def _xml_of_s3(error: RefusedError) -> Reply:
    request_id = uuid4().hex[:16].upper()
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{_escaped(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>kmslab</HostId></Error>"
    )
    headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id, "x-amz-id-2": "kmslab"}
    return Reply(error.status, headers, body.encode())


def _escaped(text: str) -> str:
    # A text may quote what the client sent, whatever that was.
    return escape(_NOT_XML.sub("\ufffd", text))
