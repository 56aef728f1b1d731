"""What exercises look for in a Lab's trail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kmslab import Call, Lab


def succeeded(lab: Lab, operation: str, key_id: str | None = None) -> Sequence[Call]:
    """The successful calls of an operation, oldest first.

    Args:
        lab: Whose trail.
        operation: Such as `Encrypt`.
        key_id: Only those on this key.
    """
    calls = lab.trail.events(name=operation, key=key_id).calls
    return [call for call in calls if call.error_code is None]


def failed(lab: Lab, operation: str, error_code: str) -> Sequence[Call]:
    """The calls of an operation that were answered with an error code, oldest first."""
    return [call for call in lab.trail.events(name=operation).calls if call.error_code == error_code]


def base64_size(call: Call, member: str) -> int:
    """How many characters a blob took in a request, from the length of the request's body.

    The trail keeps no blob and no size of it. The rest of the body is what botocore writes for the members that are
    kept. Three sizes share a number of characters; which of them it was must follow from something else.
    """
    return call.request_bytes - len(json.dumps({**call.params, member: ""}))


def lacked(call: Call, what: str = "") -> bool:
    """Whether a call was denied because no Allow statement of the caller's matched it.

    Args:
        call: The call.
        what: Words of the reason, such as `its Resource` or the name of a condition key.
    """
    findings = [finding for decision in call.decisions for finding in decision.considered]
    unmet = "; ".join(each.because for each in findings if each.effect == "Allow" and not each.matched)
    return call.error_code == "AccessDeniedException" and what in unmet


@contextmanager
def quietly(lab: Lab) -> Iterator[None]:
    """Within the block, calls are neither on the bill nor in the trail: for a check that has to open a ciphertext."""
    before = lab.meter.charges_requests, lab.recorder.keeps
    lab.meter.charges_requests = lab.recorder.keeps = False
    try:
        yield
    finally:
        lab.meter.charges_requests, lab.recorder.keeps = before
