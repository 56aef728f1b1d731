"""What S3 says of its own when it does not believe a request, where other services say what they all say.

Source: answers of S3 in public issues of SDKs and of servers that are compared with it; S3 API Reference, "Error
responses".
"""

from __future__ import annotations

from kmslab.wire import sigv4
from kmslab.wire.refusals import RefusedError


def request_expired() -> RefusedError:
    """A presigned URL is over."""
    return RefusedError("AccessDenied", "Request has expired", 403)


def not_yet_valid() -> RefusedError:
    """A presigned URL is of the future."""
    return RefusedError("AccessDenied", "Request is not yet valid", 403)


def too_skewed() -> RefusedError:
    """The clocks of client and server are too far apart."""
    text = "The difference between the request time and the current time is too large."
    return RefusedError("RequestTimeTooSkewed", text, 403)


def invalid_token() -> RefusedError:
    """The session token is not the one of the access key."""
    return RefusedError("InvalidToken", "The provided token is malformed or otherwise invalid.")


def unsigned_headers() -> RefusedError:
    """A header that has to be signed is not."""
    return RefusedError("AccessDenied", "There were headers present in the request which were not signed", 403)


def scope_of_another_day(found: str, day: str, *, in_query: bool) -> RefusedError:
    """The credential scope is of another day than the request; days are such as 20260105."""
    if in_query:
        text = f'Invalid credential date "{found}". This date is not the same as X-Amz-Date: "{day}".'
        return RefusedError("AuthorizationQueryParametersError", text)
    text = "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date."
    return RefusedError("AuthorizationHeaderMalformed", text)


def scope_of_no_region(found: str, expected: str, *, in_query: bool) -> RefusedError:
    """The credential scope names no Region."""
    text = f"the region '{found}' is wrong; expecting '{expected}'"
    if in_query:
        text = f"Error parsing the X-Amz-Credential parameter; {text}"
        return RefusedError("AuthorizationQueryParametersError", text)
    return RefusedError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {text}")


def two_mechanisms() -> RefusedError:
    """A presigned URL came with an Authorization header."""
    text = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified"
    )
    return RefusedError("InvalidArgument", text)


def other_mechanism(authorization: str) -> RefusedError:
    """The Authorization header is of Signature Version 2, or of no scheme of AWS's."""
    if authorization.startswith("AWS "):
        text = f"The authorization mechanism you have provided is not supported. Please use {sigv4.ALGORITHM}."
        return RefusedError("InvalidRequest", text)
    return RefusedError("InvalidArgument", "Unsupported Authorization Type")
