"""`kmslab serve` and `kmslab env`: a Lab that other programs use, and how they find it."""

from __future__ import annotations

import gc
import json
import os
import re
import secrets
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from urllib.request import urlopen

import platformdirs

from kmslab.classroom.roster import Roster
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.lab import Lab
from kmslab.terminal import environment
from kmslab.transport.serving import serve

if TYPE_CHECKING:
    from kmslab.scenario import Scenario

#: How many events a served Lab keeps in memory, unless it is told otherwise: each takes about a kilobyte.
EVENTS = 1_000_000

ACCOUNT, REGION = "123456789010", "us-east-1"

#: Source: linux/prctl.h.
_PR_SET_DUMPABLE = 4

_ID, _SECRET = "KMSLAB_ACCESS_KEY_ID", "KMSLAB_SECRET_ACCESS_KEY"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a served Lab shall be.

    Attributes:
        host: A loopback address.
        port: The port; 0 for any that is free.
        state: The file that the Lab is kept in, or None for a Lab that is gone when the server stops.
        scenario: The file that says what a new Lab has to begin with, or None.
        allow_reset: Whether `POST /_kmslab/reset` empties it.
        roster: The file of the class that shares it, or None.
        events: How many of each account's newest events of the trail are kept in memory.
    """

    host: str
    port: int
    state: Path | None = None
    scenario: Path | None = None
    allow_reset: bool = False
    roster: Path | None = None
    events: int = EVENTS


class Serving:
    """A served Lab: after a reset it is a new one behind the same address."""

    def __init__(self, wish: Wish) -> None:
        """Make the Lab and take the port.

        Raises:
            KmslabError: the state file or the scenario cannot be used, or the port is taken.
        """
        self._wish = wish
        self._key = administrator_key()
        self.lab = self._make()
        try:
            self._server = serve(
                lambda: self.lab.behind, wish.host, wish.port, self._reset if wish.allow_reset else None
            )
        except KmslabError:
            self.lab.close()
            raise

    @property
    def url(self) -> str:
        """Its address."""
        return self._server.url

    def stop(self) -> None:
        """Finish what is under way, and save."""
        self._server.stop()
        self.lab.close()

    def _make(self) -> Lab:
        wish = self._wish
        # Read first: a scenario with a mistake in it stops everything before anything is made.
        scenario = None if wish.scenario is None else _read_scenario(wish.scenario)
        roster = None if wish.roster is None else Roster.read(wish.roster)
        account, region = (ACCOUNT, REGION) if scenario is None else (scenario.account_id, scenario.region)
        if wish.state is None:
            lab = Lab(account, region, access_key=self._key)
        else:
            lab = Lab.open(wish.state, account_id=account, region=region, access_key=self._key)
            for sentence in lab.lost:
                print(f"kmslab: {sentence}", file=sys.stderr)
        lab.recorder.most = wish.events
        try:
            if scenario is not None:
                print(scenario.apply(lab), file=sys.stderr)
            if roster is not None:
                roster.seat(lab)
                print(f"kmslab: {len(roster.learners)} learners have an account each.", file=sys.stderr)
        except KmslabError:
            lab.close()
            raise
        return lab

    def _reset(self) -> None:
        old = self.lab
        if self._wish.state is not None:
            old.close()
            remove_state(self._wish.state)
        self.lab = self._make()
        if self._wish.state is None:
            old.close()


def _read_scenario(path: Path) -> Scenario:
    # Checking one against its schema takes a library that takes long to import.
    from kmslab.scenario import Scenario

    return Scenario.read(path)


def remove_state(state: Path) -> None:
    """Remove a state file and what SQLite keeps beside it; the root key stays."""
    # The log first: one without its file would be in the way of the next.
    for ending in ("-wal", "-shm", "-journal", ""):
        state.with_name(state.name + ending).unlink(missing_ok=True)


def run(wish: Wish) -> int:
    """Serve until SIGTERM or SIGINT; finish what is under way, save, and return 0.

    Prints `ready http://127.0.0.1:N` on one line of stdout when it accepts.
    """
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    # The loop's thread and the workers take turns; a turn of 5 ms would be ten requests.
    sys.setswitchinterval(0.0005)
    stay_out_of_core_files()
    serving = Serving(wish)
    # What is there now stays, and so does the trail: looking through it for garbage every few requests would take a
    # fifth of the time (measured).
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    print(f"ready {serving.url}", flush=True)
    while not over.wait(3600):
        pass
    serving.stop()
    return 0


def stay_out_of_core_files() -> None:
    """Leave no picture of this process's memory on a disk, and none to other processes of its user.

    It holds everybody's keys and secrets. The limit alone is not enough on Linux: it does not hold where core files go
    to a program. Only what is served: a learner's kernel is the learner's own to look into.

    Source: core(5), "Piping core dumps to a program"; prctl(2), PR_SET_DUMPABLE.
    """
    if os.name != "posix":
        return
    import resource

    # Where the system refuses, this is as it was before.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        nothing = ctypes.c_ulong(0)
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, nothing, nothing, nothing, nothing)


def exports(port: int, shell: str) -> str:
    """The commands that lead a shell's AWS clients to the Lab that is served on `port`.

    Raises:
        KmslabError: the shell is not known.
    """
    region = region_at(port) or REGION
    variables = environment.variables(f"http://127.0.0.1:{port}", *administrator_key(), region)
    return environment.exports(variables, shell)


def region_at(port: int) -> str | None:
    """The Region of the Lab that is served on `port`; None where nothing answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/_kmslab/health", timeout=2) as reply:
            return str(json.load(reply)["region"])
    except (OSError, ValueError, KeyError):
        return None


def administrator_key() -> tuple[str, str]:
    """The access key id and the secret access key of every served Lab's administrator.

    From the environment, when both variables are set; otherwise made at random the first time, and kept for the next
    in a file that only its owner can read.

    Raises:
        KmslabError: the file is damaged, or others can read it.
    """
    given = os.environ.get(_ID), os.environ.get(_SECRET)
    if given[0] and given[1]:
        if not re.fullmatch(r"\w{16,128}", given[0], re.ASCII):
            raise KmslabError(f"{_ID} has to be 16 to 128 letters and digits, as AWS's access key ids are.")
        return given[0], given[1]
    if given[0] or given[1]:
        raise KmslabError(f"Set both {_ID} and {_SECRET}, or neither of them.")
    path = Path(os.environ.get("KMSLAB_HOME") or platformdirs.user_data_dir("kmslab")) / "administrator.json"
    return _read_key(path) if path.exists() else _make_key(path)


def _make_key(path: Path) -> tuple[str, str]:
    key = "AKIA" + Ids().letters("administrator", 16), secrets.token_urlsafe(30)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        # Another process was first.
        return _read_key(path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"access_key_id": key[0], "secret_access_key": key[1]}, file)
    return key


def _read_key(path: Path) -> tuple[str, str]:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KmslabError(f"Others can read {path}, which holds a secret: chmod 600 it, or remove it for a new one.")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return str(kept["access_key_id"]), str(kept["secret_access_key"])
    except (ValueError, KeyError, TypeError):
        raise KmslabError(f"{path} is damaged; remove it, and a new access key is made.") from None
