"""`show_cli()` and `show_boto3()` in a notebook: a call as the other language has it."""

from __future__ import annotations

from kmslab.call import Call, EventType
from kmslab.errors import KmslabError
from kmslab.lab import Lab
from kmslab.terminal.translate import Shown, What, show_boto3, show_cli


class Commands:
    """The two functions, for one Lab."""

    def __init__(self, lab: Lab) -> None:
        """Show the calls of `lab`."""
        self._lab = lab

    def show_cli(self, what: What | None = None) -> Shown:
        """A call as a command of the AWS CLI.

        Args:
            what: An event of lab.trail, a line of boto3, an operation with its parameters ("Encrypt", {...}) or a
                command; the last call of the notebook unless said otherwise.

        Raises:
            KmslabError: it cannot be understood, or there was no call yet.
        """
        return show_cli(self._last() if what is None else what, self._lab.region)

    def show_boto3(self, what: What | None = None) -> Shown:
        """A call as a line of boto3; see `show_cli`."""
        return show_boto3(self._last() if what is None else what, self._lab.region)

    def _last(self) -> Call:
        found = (call for call in reversed(self._lab.trail.calls) if call.event_type is EventType.API_CALL)
        last: Call | None = next(found, None)
        if last is None:
            raise KmslabError("There is no call of KMS in lab.trail yet; make one, or say which command you mean.")
        return last
