"""`%load_ext kmslab` with `KMSLAB_BACKEND=aws`: a notebook against a real account. Nothing else imports this."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn, cast

import boto3

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.real import opening
from kmslab.real.closed import closed_session
from kmslab.real.connection import without_credentials

_NO_COMMAND_LINE = (
    "On real AWS, kmslab does not run the AWS CLI: what it makes could neither be tagged nor cleaned up. Use boto3 "
    "(show_boto3 translates a command), or a terminal of your own."
)

_WELCOME = """\
Account {account} is confirmed. Bare boto3 calls go there from now on, each looked at by kmslab first.
  lab             lab.trail and lab.bill (an estimate) are made from this notebook's calls; lab.inventory asks KMS
  lab.left        what was made and not removed, and what it costs
  lab.clean_up()  takes it all back: run it when you are done, or `kmslab aws clean-up` in a terminal
Set-up complete."""


def load(shell: Any, over: ExitStack) -> tuple[Lab, str]:
    """Begin a session on real AWS. Until its account is confirmed, and after `over`, nothing reaches AWS from here.

    Args:
        shell: The notebook's shell.
        over: Undoes all of it.

    Returns:
        The session under the face of a Lab, and what to tell the learner.

    Raises:
        KmslabError: the account was not confirmed, or no credentials were named.
    """
    environ = dict(os.environ)
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    over.callback(_set, before)
    over.callback(setattr, boto3, "DEFAULT_SESSION", session)
    boto3.DEFAULT_SESSION = closed_session()
    _set({**without_credentials(environ), "PATH": _without_command_line(over, environ.get("PATH", os.defpath))})
    shell.register_magic_function(_refuse_command, "line", "aws")
    _say_errors_in_a_sentence(shell)
    lab = opening.begin(environ, print, input)
    over.callback(lab.close)
    lab.install()
    # What a Lab has and this cannot, it says in a sentence; see kmslab.real.not_here.
    return cast(Lab, lab), _WELCOME.format(account=lab.account_id)


def _refuse_command(line: str) -> NoReturn:
    raise KmslabError(_NO_COMMAND_LINE)


def _without_command_line(over: ExitStack, path: str) -> str:
    """A PATH in which `aws` says why it does not run; without credentials it would only say that it has none."""
    folder = Path(over.enter_context(tempfile.TemporaryDirectory(prefix="kmslab-", ignore_cleanup_errors=True)))
    name, text = ("aws.cmd", f"@echo {_NO_COMMAND_LINE} 1>&2\r\n@exit /b 252\r\n")
    if os.name != "nt":
        name, text = "aws", f"#!/bin/sh\necho 'kmslab: {_NO_COMMAND_LINE}' >&2\nexit 252\n"
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(stat.S_IRWXU)
    return f"{folder}{os.pathsep}{path}"


def _say_errors_in_a_sentence(shell: Any) -> None:
    if not hasattr(shell, "set_custom_exc"):
        return

    def show(shell: Any, etype: type[BaseException], value: BaseException, *_: Any, **__: Any) -> Iterable[str]:
        said = [f"{etype.__name__}: {value}"]
        shell._showtraceback(etype, value, said)
        return said

    shell.set_custom_exc((KmslabError,), show)


def _set(wanted: dict[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
