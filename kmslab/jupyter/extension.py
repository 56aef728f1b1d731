"""`%load_ext kmslab`: a Lab of its own for a notebook, and everything after the first cell is plain boto3."""

from __future__ import annotations

from typing import Any, Protocol

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.progress import Progress

#: Every notebook's Lab has the same ids and dates, so that what a learner sees is what the text talks about.
SEED = 2026

_WELCOME = """\
A simulated AWS account, {account}, is yours. Its default Region is {region}.
Every boto3 client you make from now on calls it: nothing leaves this computer, and the bill is only shown.
  lab        the Lab: lab.trail, lab.bill, lab.clock, lab.inventory
  check()    looks at an exercise, hint() helps with it, progress() shows what you have solved
Set-up complete."""


class Shell(Protocol):
    """What the extension needs of IPython's shell."""

    user_ns: dict[str, Any]

    def push(self, variables: dict[str, Any]) -> None:
        """Put variables into the notebook's namespace."""
        ...


def load_ipython_extension(shell: Shell) -> None:
    """Make a Lab, let bare boto3 calls reach it, and put it into the notebook's namespace with the exercises."""
    lab = Lab(seed=SEED)
    lab.install()
    desk = Desk(lab, Progress.of_workspace())
    shell.push({"lab": lab, "check": desk.check, "hint": desk.hint, "progress": desk.progress})
    print(_WELCOME.format(account=lab.account_id, region=lab.region))


def unload_ipython_extension(shell: Shell) -> None:
    """Leave boto3 as it was. `%reload_ext kmslab` begins with a new Lab."""
    lab = shell.user_ns.get("lab")
    if isinstance(lab, Lab):
        lab.close()
