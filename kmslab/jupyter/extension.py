"""`%load_ext kmslab`: a Lab of its own for a notebook, and everything after the first cell is plain boto3."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.exercises.desk import Desk
from kmslab.exercises.progress import Progress
from kmslab.exercises.seat import join
from kmslab.jupyter import aws_magic, short_tracebacks
from kmslab.jupyter.commands import Commands
from kmslab.jupyter.lent import is_binder

if TYPE_CHECKING:
    from kmslab.jupyter.keeping import KeepPanel

#: Every notebook's Lab has the same ids and dates, so that what a learner sees is what the text talks about.
SEED = 2026

#: Says what a notebook runs against: the Lab, unless it is `aws`.
_BACKEND = "KMSLAB_BACKEND"

_WELCOME = """\
A simulated AWS account, {account}, is yours. Its default Region is {region}.
Every boto3 client you make from now on calls it: nothing leaves this computer,
and the bill is only shown.
  lab        the Lab: lab.trail, lab.bill, lab.clock, lab.inventory
  check()    looks at an exercise, hint() helps with it, progress() shows what you have solved
  !aws ...   the AWS CLI calls it too, as it does in %%bash and, quicker, in %aws ...
Set-up complete."""


class Shell(aws_magic.Shell, short_tracebacks.Shell, Protocol):
    """What the extension needs of IPython's shell."""

    def push(self, variables: dict[str, Any]) -> None:
        """Put variables into the notebook's namespace."""
        ...


def load_ipython_extension(shell: Shell) -> None:
    """Make a Lab, let bare boto3 calls reach it, and put it into the notebook's namespace with the exercises.

    Raises:
        KmslabError: the environment asks for another backend than there is, or for real AWS, and it was not confirmed.
    """
    backend = os.environ.get(_BACKEND) or "lab"
    if backend not in _BACKENDS:
        raise KmslabError(f"{_BACKEND} is {' or '.join(_BACKENDS)}, not {backend!r}.")
    over = ExitStack()
    _LOADED.append(over)
    lab, welcome = _BACKENDS[backend](shell, over)
    over.callback(short_tracebacks.shorten(shell))
    desk = Desk(lab, Progress.of_workspace())
    commands = Commands(lab)
    names = {"check": desk.check, "hint": desk.hint, "progress": desk.progress, "golf": desk.golf}
    names |= {"keep": _keep, "join": join}
    shell.push({"lab": lab, "show_cli": commands.show_cli, "show_boto3": commands.show_boto3, **names})
    if is_binder():
        from IPython.display import display

        display(_keep())  # type: ignore[no-untyped-call]
    print(welcome)


def unload_ipython_extension(shell: Shell) -> None:
    """Leave boto3 and the environment as they were. `%reload_ext kmslab` begins with a new Lab."""
    while _LOADED:
        _LOADED.pop().close()


def _load_lab(shell: Shell, over: ExitStack) -> tuple[Lab, str]:
    lab = Lab(seed=SEED)
    over.callback(lab.close)
    lab.install()
    environment = _Environment(lab)
    over.callback(environment.restore)
    environment.lead()
    magic = aws_magic.AwsMagic(shell, lambda: os.environ)
    over.callback(magic.close)
    magic.register()
    return lab, _WELCOME.format(account=lab.account_id, region=lab.region)


def _load_real(shell: Shell, over: ExitStack) -> tuple[Lab, str]:
    # Only here, and only when it is asked for: without the variable nothing in the process can reach a real account.
    from kmslab.jupyter import real_aws

    return real_aws.load(shell, over)


#: What a notebook runs against: each gives the lab and what to tell the learner.
_BACKENDS: dict[str, Callable[[Shell, ExitStack], tuple[Lab, str]]] = {"lab": _load_lab, "aws": _load_real}


def _keep() -> KeepPanel:
    """Your work as a file to download: the notebooks that you have changed, and which exercises you have solved."""
    # Widgets take a while to import, and most cells never ask.
    from kmslab.jupyter.keeping import keep

    return keep()


class _Environment:
    """The environment of this process, which `!aws`, `%%bash` and terminals of the kernel inherit."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._before = dict(os.environ)

    def lead(self) -> None:
        """Lead AWS clients in other processes to the Lab; its server starts when the first of them calls."""
        _set(self._lab.environ())

    def restore(self) -> None:
        """Put back what was there."""
        _set(self._before)


def _set(wanted: dict[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)


#: What undoes what was loaded and not yet unloaded: one kernel has one process environment.
_LOADED: list[ExitStack] = []
