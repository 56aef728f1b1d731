"""A learner's work as one zip file: the notebooks that are not as they came, and what the exercises remember.

For places that forget, such as Binder: the file is unpacked over a new copy of the workbook, here or anywhere else.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kmslab.classroom.workspace import HIDDEN, MANIFEST, as_given

#: The name of the file.
NAME = "kmslab-work.zip"

#: In every parcel, for whoever finds it a year later.
READ_ME = "READ_ME.txt"
_READ_ME = f"""\
Your work with the kmslab workbook: the notebooks that you have changed, and which exercises you have solved.

To go on with it, put {NAME} into the folder with the workbook, open a terminal there and type

    python -m zipfile -e {NAME} .

which writes over the notebooks that have the same names.
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What was packed.

    Attributes:
        notebooks: The notebooks in it, as paths relative to the learner's folder.
        remembers: Whether the exercises that were solved are in it.
        data: The zip file.
    """

    notebooks: tuple[str, ...]
    remembers: bool
    data: bytes


def pack(folder: Path, shipped: Path | None) -> Parcel:
    """Pack what a learner has made or changed in a folder.

    Args:
        folder: The learner's folder.
        shipped: The folder with the notebooks as they come; None when nobody knows, and every notebook is packed.
    """
    if shipped is not None and shipped.resolve() == folder.resolve():
        # Somebody works in a checkout, where nothing tells what has been changed.
        shipped = None
    notebooks = [name for name in _notebooks(folder) if shipped is None or _differs(folder, shipped, name)]
    remembered = list(_remembered(folder))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(READ_ME, _READ_ME)
        for name in [*notebooks, *remembered]:
            archive.write(folder / name, name)
    return Parcel(tuple(notebooks), bool(remembered), buffer.getvalue())


def _notebooks(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.ipynb")):
        name = path.relative_to(folder)
        # Checkpoints and everything else that is hidden.
        if not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _remembered(folder: Path) -> Iterator[str]:
    for path in sorted((folder / HIDDEN).glob("*.json")):
        if path.name != MANIFEST:
            yield path.relative_to(folder).as_posix()


def _differs(folder: Path, shipped: Path, name: str) -> bool:
    if not (shipped / name).is_file():
        return True
    came, found = (shipped / name).read_bytes(), (folder / name).read_bytes()
    return found not in (came, as_given(name, came))
