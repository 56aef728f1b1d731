"""Which exercises a learner has solved, when, and with how many hints; and the personal bests at golf.

Kept in the learner's folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kmslab.files import write_whole

_FOLDER = Path(".kmslab")
_FILE, _GOLF_FILE = _FOLDER / "progress.json", _FOLDER / "golf.json"


class Progress:
    """The solved exercises of one folder."""

    def __init__(self, folder: Path) -> None:
        """Read what is there; a file that cannot be read counts as no progress."""
        self._path, self._golf_path = folder / _FILE, folder / _GOLF_FILE
        self._solved: set[str] = set()
        self._when: dict[str, str] = {}
        self._hints: dict[str, int] = {}
        self._best: dict[str, int] = {}
        self._read_again()

    def _read_again(self) -> None:
        """Take in what another notebook of this folder has written since."""
        stored = _read(self._path)
        self._solved |= {str(number) for number in _of_kind(stored.get("solved"), list)}
        for number, when in _of_kind(stored.get("when"), dict).items():
            self._when[str(number)] = min(str(when), self._when.get(str(number), str(when)))
        for number, count in _numbers(stored.get("hints")):
            self._hints[number] = max(count, self._hints.get(number, 0))
        for hole, strokes in _numbers(_read(self._golf_path).get("best")):
            self._best[hole] = min(strokes, self._best.get(hole, strokes))

    @classmethod
    def of_workspace(cls) -> Progress:
        """The progress of the folder that `kmslab lab` opened, or of the current one."""
        return cls(Path(os.environ.get("KMSLAB_WORKSPACE") or Path.cwd()))

    @property
    def solved(self) -> frozenset[str]:
        """The numbers of the solved exercises."""
        return frozenset(self._solved)

    @property
    def when(self) -> Mapping[str, str]:
        """When an exercise was first solved, by this computer's clock, in UTC; some are not known."""
        return MappingProxyType(self._when)

    @property
    def hints(self) -> Mapping[str, int]:
        """How many hints were looked at, by the exercise's number."""
        return MappingProxyType(self._hints)

    @property
    def best(self) -> Mapping[str, int]:
        """The fewest calls at golf, by the number of the hole."""
        return MappingProxyType(self._best)

    def add(self, number: str) -> None:
        """Remember a solved exercise."""
        self._read_again()
        if number not in self._solved:
            self._solved.add(number)
            self._when[number] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            self._save()

    def add_hint(self, number: str, level: int) -> None:
        """Remember that a hint was looked at; the first three count once each, and none after the solution."""
        self._read_again()
        if number not in self._solved and level > self._hints.get(number, 0):
            self._hints[number] = level
            self._save()

    def add_all(self, solved: Mapping[str, str], hints: Mapping[str, int]) -> None:
        """Remember what another folder remembers: what is solved there is solved, at the earlier time.

        Args:
            solved: When, by the exercise's number; empty where it is not known.
            hints: How many, by the exercise's number; the larger number counts.
        """
        self._read_again()
        for number, when in solved.items():
            known = [each for each in (self._when.get(number, ""), when) if each]
            self._solved.add(number)
            if known:
                self._when[number] = min(known)
        for number, count in hints.items():
            self._hints[number] = max(count, self._hints.get(number, 0))
        self._save()

    def add_strokes(self, hole: str, strokes: int) -> bool:
        """Remember how many calls a hole took, if that is a personal best.

        Returns:
            Whether it is better than one before.
        """
        self._read_again()
        before = self._best.get(hole)
        if before is not None and before <= strokes:
            return False
        self._best[hole] = strokes
        _write(self._golf_path, {"best": dict(sorted(self._best.items()))})
        return before is not None

    def _save(self) -> None:
        when, hints = dict(sorted(self._when.items())), dict(sorted(self._hints.items()))
        _write(self._path, {"solved": sorted(self._solved), "when": when, "hints": hints})


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(_of_kind(json.loads(path.read_text("utf-8")), dict))
    except (OSError, ValueError, RecursionError):
        return {}


def _of_kind(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) else kind()


def _numbers(value: Any) -> Iterator[tuple[str, int]]:
    return ((str(name), count) for name, count in _of_kind(value, dict).items() if isinstance(count, int))


def _write(path: Path, content: object) -> None:
    """Write a file. A folder that cannot be written is no reason to stop a lesson."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(content, indent=1).encode())
    except OSError:
        return
