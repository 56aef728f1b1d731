"""AWS errors in a notebook with the learner's own lines only.

boto3 raises an error of AWS eight frames deep in its own code, and a learner who is to read the last line scrolls past
them. Of the errors that AWS, boto3 and kmslab answer with, the frames of libraries are left out; every other error is
shown in full.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import boto3
import botocore
import IPython
from botocore.exceptions import BotoCoreError, ClientError

import kmslab
from kmslab.errors import KmslabError

#: Frames of these packages are left out.
_LIBRARIES = tuple(str(Path(str(each.__file__)).parent) for each in (IPython, boto3, botocore, kmslab))

#: What these say is the whole story: where in a library they were raised helps nobody.
_TOLD = (ClientError, BotoCoreError, KmslabError)


class Shell(Protocol):
    """What is needed of IPython's shell."""

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Callable[..., Any] | None) -> None:
        """Let `handler` show the errors of these classes."""
        ...


def shorten(shell: Shell) -> Callable[[], None]:
    """Show such errors with the learner's own lines only; gives what ends it."""
    shell.set_custom_exc(_TOLD, _show)
    return lambda: shell.set_custom_exc((), None)


def _show(
    shell: Any, kind: type[BaseException], error: BaseException, traceback: TracebackType | None, **_: object
) -> list[str]:
    lines: list[str] = shell.InteractiveTB.structured_traceback(kind, error, own(traceback), tb_offset=0)
    shell._showtraceback(kind, error, lines)
    return lines


def own(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of libraries; None where none is left."""
    if traceback is None:
        return None
    after = own(traceback.tb_next)
    if traceback.tb_frame.f_code.co_filename.startswith(_LIBRARIES):
        return after
    return TracebackType(after, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)
