"""Where the workbook lies: in a checkout beside the package, in an installed wheel inside it."""

from __future__ import annotations

from pathlib import Path

from kmslab.errors import KmslabError

_PACKAGE = Path(__file__).resolve().parents[1]


def notebooks_folder() -> Path:
    """The folder with the learner notebooks, `source/` and `solutions/`.

    Raises:
        KmslabError: this installation has no notebooks.
    """
    for folder in (_PACKAGE / "_notebooks", _PACKAGE.parent / "notebooks"):
        if (folder / "source").is_dir():
            return folder
    raise KmslabError("This installation of kmslab has no notebooks; install it again with pip.")
