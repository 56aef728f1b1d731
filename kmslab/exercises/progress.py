"""Which exercises a learner has solved, kept in the learner's folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

_FILE = Path(".kmslab") / "progress.json"


class Progress:
    """The solved exercises of one folder."""

    def __init__(self, folder: Path) -> None:
        """Read what is there; a file that cannot be read counts as no progress."""
        self._path = folder / _FILE
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            self._solved = {str(number) for number in stored["solved"]}
        except (OSError, ValueError, KeyError, TypeError):
            self._solved = set()

    @classmethod
    def of_workspace(cls) -> Progress:
        """The progress of the folder that `kmslab lab` opened, or of the current one."""
        return cls(Path(os.environ.get("KMSLAB_WORKSPACE") or Path.cwd()))

    @property
    def solved(self) -> frozenset[str]:
        """The numbers of the solved exercises."""
        return frozenset(self._solved)

    def add(self, number: str) -> None:
        """Remember a solved exercise. A folder that cannot be written is no reason to stop a lesson."""
        if number in self._solved:
            return
        self._solved.add(number)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({"solved": sorted(self._solved)}, indent=1), encoding="utf-8")
        except OSError:
            return
