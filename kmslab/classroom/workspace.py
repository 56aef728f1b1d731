"""A learner's folder: the notebooks are copied into it, and what the learner has changed is never written over.

A lesson arrives without its outputs: they would answer each Predict, and look as if every cell had been run. The index,
the glossary and the solutions keep theirs.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.files import write_whole

#: What kmslab keeps for itself in a learner's folder.
HIDDEN = ".kmslab"
#: In that folder: what was copied, so that a change by the learner is told from one of ours.
MANIFEST = "copied.json"
#: The lessons, and not their solutions.
_LESSON = re.compile(r"\d\d_[^/]*$")


@dataclass(slots=True)
class CopyReport:
    """What happened to each notebook, as paths relative to the folder.

    Attributes:
        copied: Written, because it was not there, or because the learner had not touched an older copy.
        kept: Left alone, because the learner has changed it.
        current: Left alone, because it is what would have been written.
    """

    copied: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)


def copy_workbook(source: Path, target: Path, *, force: bool = False) -> CopyReport:
    """Copy the learner notebooks and the solutions into a folder, made if need be.

    Args:
        source: The folder with the notebooks.
        target: The learner's folder.
        force: Write over notebooks that the learner has changed, too.

    Raises:
        KmslabError: `target` is a file, or the folder the notebooks come from.
    """
    if target.exists() and not target.is_dir():
        raise KmslabError(f"{target} is a file; name a folder for the notebooks.")
    if target.resolve() == source.resolve():
        raise KmslabError(f"{target} is where the notebooks come from; name another folder.")
    target.mkdir(parents=True, exist_ok=True)
    manifest = target / HIDDEN / MANIFEST
    known = _known(manifest)
    report = CopyReport()
    for path in [*sorted(source.glob("*.ipynb")), *sorted(source.glob("solutions/*.ipynb"))]:
        name = path.relative_to(source).as_posix()
        data, there = as_given(name, path.read_bytes()), target / name
        present = there.read_bytes() if there.exists() else None
        if present == data:
            report.current.append(name)
        elif present is None or force or known.get(name) == _digest(present):
            there.parent.mkdir(parents=True, exist_ok=True)
            write_whole(there, data, lasting=False)
            report.copied.append(name)
        else:
            report.kept.append(name)
            continue
        known[name] = _digest(data)
    manifest.parent.mkdir(exist_ok=True)
    write_whole(manifest, json.dumps(known, indent=1, sort_keys=True).encode())
    return report


def _known(manifest: Path) -> dict[str, str]:
    """What was copied, by digest; nothing is known where that cannot be read, and so every changed file is kept."""
    try:
        return dict(json.loads(manifest.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def as_given(name: str, data: bytes) -> bytes:
    """A notebook as a learner gets it.

    Args:
        name: Its path in the folder.
        data: How it is shipped.
    """
    if not _LESSON.match(name):
        return data
    notebook = json.loads(data)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
