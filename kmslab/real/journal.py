"""The journal: what a session has made, written to disk before each request that makes something is sent.

One JSON file a session in the learner's folder, replaced whole each time, so that a crash leaves the list as it was. It
holds names, Regions and times, and nothing secret.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from kmslab.errors import KmslabError
from kmslab.real.rules import EVERYWHERE, Kind

_FOLDER, _PREFIX = ".kmslab", "aws-"

#: The Region of what belongs to none.
GLOBAL = "global"


class State(StrEnum):
    """How an entry stands."""

    ASKED = "asked for, answer unknown"
    MADE = "there"
    WAITS = "waits for its deletion"
    REMOVED = "removed"


@dataclass(slots=True)
class Entry:
    """Something that was asked for.

    Attributes:
        kind: What it is.
        region: Where it is.
        name: Its name or ARN; empty while AWS has not said it.
        at: When it was asked for, in UTC.
        state: How it stands.
        key: For an alias or a grant, the key it belongs to; otherwise empty.
        until: For a key that waits, the date of its deletion; otherwise empty.
    """

    kind: Kind
    region: str
    name: str
    at: str
    state: State = State.ASKED
    key: str = ""
    until: str = ""


@dataclass(slots=True)
class Journal:
    """The journal of one session.

    Attributes:
        session: The session's id, which is the value of the tag `kmslab` on all that it made.
        account_id: The account.
        principal: The ARN of whoever ran it.
        lesson: The lesson's number, or empty.
        regions: The Regions that it may call.
        path: The file.
        entries: What was asked for, in order.
    """

    session: str
    account_id: str
    principal: str
    lesson: str
    regions: tuple[str, ...]
    path: Path
    entries: list[Entry] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def begin(cls, workspace: Path, account_id: str, principal: str, lesson: str, regions: tuple[str, ...]) -> Journal:
        """Begin a session. Its file comes with the first entry."""
        session = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        path = workspace / _FOLDER / f"{_PREFIX}{session}.json"
        return cls(session, account_id, principal, lesson, regions, path)

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Read a journal.

        Raises:
            KmslabError: it is damaged.
        """
        try:
            kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
            entries = [
                Entry(**{**each, "kind": Kind(each["kind"]), "state": State(each["state"])})
                for each in kept.pop("entries")
            ]
            return cls(**{**kept, "regions": tuple(kept["regions"])}, path=path, entries=entries)
        except (OSError, ValueError, KeyError, TypeError):
            raise KmslabError(
                f"{path} is damaged; look for what has the tag kmslab in your account yourself."
            ) from None

    def ask(self, kind: Kind, region: str, name: str = "", key: str = "") -> Entry:
        """Write down that something is about to be asked for. Something that is there already keeps its entry.

        Raises:
            KmslabError: it cannot be written, so nothing must be sent.
        """
        with self._lock:
            region = GLOBAL if kind in EVERYWHERE else region
            there = self.find(kind, region, name) if name else None
            if there is not None:
                return there
            entry = Entry(kind, region, name, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", key=key)
            self.entries.append(entry)
            try:
                self.save()
            except KmslabError:
                self.entries.remove(entry)
                raise
            return entry

    def note(self, entry: Entry, state: State, *, name: str = "", until: str = "") -> None:
        """Write down what became of an entry."""
        with self._lock:
            entry.state, entry.name, entry.until = state, name or entry.name, until
            self.save()

    def drop(self, entry: Entry) -> None:
        """Forget an entry whose request was refused; one that was there before stays."""
        with self._lock:
            if entry.state is State.ASKED:
                self.entries.remove(entry)
                self.save()

    def find(self, kind: Kind, region: str, name: str) -> Entry | None:
        """The entry of this name that is not removed, or None. A key is found by its ARN or its id."""
        region = GLOBAL if kind in EVERYWHERE else region
        with self._lock:
            return next((each for each in self.left() if _is(each, kind, region, name)), None)

    def left(self) -> Iterator[Entry]:
        """What is not removed, as far as the journal knows."""
        return (each for each in list(self.entries) if each.state is not State.REMOVED)

    def save(self) -> None:
        """Write the file.

        Raises:
            KmslabError: it cannot be written.
        """
        with self._lock:
            kept = {
                "session": self.session,
                "account_id": self.account_id,
                "principal": self.principal,
                "lesson": self.lesson,
                "regions": self.regions,
                "entries": [asdict(entry) for entry in self.entries],
            }
            fresh = self.path.with_suffix(".new")
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with open(fresh, "w", encoding="utf-8") as file:
                    json.dump(kept, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(self.path)
            except OSError as error:
                raise KmslabError(
                    f"The list of what is made in your account cannot be written to {self.path} ({error.strerror}), so "
                    "nothing is sent."
                ) from None


def journals(workspace: Path, account_id: str | None = None) -> list[Journal]:
    """All journals of a folder, oldest first; with an account id, those of that account.

    Raises:
        KmslabError: one is damaged.
    """
    found = [Journal.read(path) for path in sorted((workspace / _FOLDER).glob(f"{_PREFIX}*.json"))]
    return [each for each in found if account_id in (None, each.account_id)]


def _is(entry: Entry, kind: Kind, region: str, name: str) -> bool:
    # A bucket's name is the only one of AWS, whichever Region a client calls.
    if entry.kind is not kind or not entry.name or (kind is not Kind.BUCKET and entry.region != region):
        return False
    return name == entry.name or _IN_ARN.get(kind, _nowhere)(entry.name, name)


def _nowhere(kept: str, name: str) -> bool:
    return False


#: How a name of each kind stands in an ARN, or an id in the ARN that is kept.
_IN_ARN: dict[Kind, Callable[[str, str], bool]] = {
    Kind.KEY: lambda kept, name: bool(name) and kept.endswith(f"/{name}"),
    Kind.ALIAS: lambda kept, name: name.endswith(f":{kept}"),
    Kind.SECRET: lambda kept, name: f":secret:{kept}-" in name,
    Kind.PARAMETER: lambda kept, name: name.endswith(f":parameter/{kept.lstrip('/')}"),
    Kind.TRAIL: lambda kept, name: name.endswith(f":trail/{kept}"),
}
