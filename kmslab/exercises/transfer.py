"""A learner's progress as a file, to be carried to another folder or computer and merged there.

The file is JSON: when each exercise was solved, how many hints were looked at, and under `more` whatever else lies
beside the progress, such as the personal bests at golf; so a new game needs nothing here unless two of its files can be
merged better than by keeping the one that is there. A digest tells when the file is damaged. It proves nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kmslab.errors import KmslabError
from kmslab.exercises.progress import Progress
from kmslab.files import write_whole

_WHAT, _FORMAT = "kmslab progress", 1
_FOLDER = ".kmslab"
#: What lies there and is either in the file already or about this folder only.
_NOT_MORE = frozenset({"progress", "copied"})
_LARGEST = 1024 * 1024
_NAME, _NUMBER = re.compile(r"[a-z][a-z0-9_-]{0,40}"), re.compile(r"\d\d\.\d{1,2}")

Part = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """What a file has brought.

    Attributes:
        solved: The exercises that were not solved here before.
        more: What else was brought or made better, such as `golf`.
    """

    solved: tuple[str, ...]
    more: tuple[str, ...]


def export_progress(folder: Path, file: Path) -> int:
    """Write what a learner's folder remembers into a file.

    Returns:
        How many exercises are solved.

    Raises:
        KmslabError: the file cannot be written.
    """
    progress = Progress(folder)
    content = {
        "what": _WHAT,
        "format": _FORMAT,
        "exported": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "solved": {number: progress.when.get(number, "") for number in sorted(progress.solved)},
        "hints": dict(progress.hints),
        "more": _more(folder),
    }
    try:
        text = json.dumps({**content, "digest": _digest(content)}, indent=1)
        write_whole(file, f"{text}\n".encode())
    except OSError as error:
        raise KmslabError(f"{file} cannot be written: {error.strerror}.") from error
    return len(progress.solved)


def import_progress(file: Path, folder: Path) -> Merged:
    """Merge a file into what a learner's folder remembers; nothing is lost by it.

    Raises:
        KmslabError: it is no such file, or damaged, and nothing is changed; or the folder cannot be written.
    """
    content = _checked(file)
    progress = Progress(folder)
    new = sorted(set(content["solved"]) - progress.solved)
    progress.add_all(content["solved"], content["hints"])
    if not Progress(folder).solved.issuperset(content["solved"]):
        raise KmslabError(f"{folder} cannot be written; name another folder with --dir.")
    here = _more(folder)
    changed = []
    for name, theirs in content["more"].items():
        merged = _MERGE.get(name, _keep)(here[name], theirs) if name in here else theirs
        if merged != here.get(name):
            _write_part(folder / _FOLDER / f"{name}.json", merged)
            changed.append(name)
    return Merged(tuple(new), tuple(changed))


def _write_part(path: Path, part: Part) -> None:
    try:
        write_whole(path, json.dumps(part, indent=1).encode())
    except OSError as error:
        raise KmslabError(f"{path} cannot be written: {error.strerror}.") from error


def _more(folder: Path) -> dict[str, Part]:
    found = {}
    for path in sorted((folder / _FOLDER).glob("*.json")):
        if path.stem not in _NOT_MORE and _NAME.fullmatch(path.stem):
            try:
                part = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(part, dict):
                found[path.stem] = part
    return found


def _checked(file: Path) -> dict[str, Any]:
    """What a file says, if it is as it was written."""
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise KmslabError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        raise KmslabError(f"{file} is not a file of kmslab progress export.") from None
    if not isinstance(content, dict) or content.get("what") != _WHAT:
        raise KmslabError(f"{file} is not a file of kmslab progress export.")
    if content.get("format") != _FORMAT:
        raise KmslabError(f"{file} comes from a newer kmslab; update this one with pip install --upgrade kmslab.")
    digest = content.pop("digest", "")
    if digest != _digest(content) or not _is_well_formed(content):
        raise KmslabError(f"{file} is damaged; export the progress again.")
    return content


def _is_well_formed(content: dict[str, Any]) -> bool:
    solved, hints, more = content.get("solved"), content.get("hints"), content.get("more")
    if not (isinstance(solved, dict) and isinstance(hints, dict) and isinstance(more, dict)):
        return False
    return (
        all(_NUMBER.fullmatch(number) for number in (*solved, *hints))
        and all(isinstance(when, str) for when in solved.values())
        and all(isinstance(count, int) and 0 <= count <= 3 for count in hints.values())
        and all(_NAME.fullmatch(name) and name not in _NOT_MORE for name in more)
        and all(isinstance(part, dict) for part in more.values())
    )


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# --- merging what else there is ---


def _keep(here: Part, theirs: Part) -> Part:
    return here


def _fewest(here: Part, theirs: Part) -> Part:
    """Personal bests, where fewer calls are better."""
    best, other = here.get("best"), theirs.get("best")
    if not isinstance(best, dict) or not isinstance(other, dict):
        return here
    strokes = {hole: calls for hole, calls in other.items() if isinstance(calls, int)}
    return {**here, "best": {**strokes, **{hole: min(calls, strokes.get(hole, calls)) for hole, calls in best.items()}}}


_MERGE: dict[str, Callable[[Part, Part], Part]] = {"golf": _fewest}
