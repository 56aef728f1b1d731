"""Which `aws` this computer has, whether it will do, and the folder with the `aws` that takes its place.

It will do if it is AWS CLI 2.13 or newer: older ones do not know AWS_ENDPOINT_URL, and version 1 takes binary arguments
in another way. The shim stands before every other `aws` in PATH and is never taken for one.
Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import platformdirs

from kmslab.errors import KmslabError

#: The first version that obeys AWS_ENDPOINT_URL.
FIRST_WITH_ENDPOINT_URL = (2, 13)

_VERSION = re.compile(r"aws-cli/(\d+)\.(\d+)\.")
_SECONDS_TO_ANSWER = 30


class Program(NamedTuple):
    """An `aws` in PATH.

    Attributes:
        path: Where it is.
        version: Its major and minor version.
    """

    path: str
    version: tuple[int, int]

    @property
    def obeys_endpoint_url(self) -> bool:
        """Whether it goes where AWS_ENDPOINT_URL says."""
        return self.version >= FIRST_WITH_ENDPOINT_URL


def shim_is_needed(path: str | None = None) -> bool:
    """Whether the first `aws` in PATH will not do, or there is none."""
    first = next(_programs(path), None)
    return first is None or not first.obeys_endpoint_url


def best_version_2(path: str | None = None) -> Program | None:
    """The first AWS CLI in PATH that will do as it is; otherwise the first of version 2; or None.

    Args:
        path: What to search; the environment's PATH unless said otherwise.
    """
    second: Program | None = None
    for program in _programs(path):
        if program.obeys_endpoint_url:
            return program
        if second is None and program.version >= (2, 0):
            second = program
    return second


def shim_folder() -> Path:
    """The folder with our `aws`, made or renewed: the owner's alone, and one for each Python that runs kmslab.

    Raises:
        KmslabError: somebody else owns the folder, or it cannot be written.
    """
    folder = _shims() / hashlib.sha256(sys.executable.encode()).hexdigest()[:12]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _claim(folder)
        for name, text in _scripts().items():
            _write(folder / name, text)
    except OSError as error:
        raise KmslabError(f"The folder for kmslab's aws command cannot be written: {error}.") from error
    return folder


def _shims() -> Path:
    return Path(platformdirs.user_cache_dir("kmslab", appauthor=False)) / "aws"


def _claim(folder: Path) -> None:
    """What stands in PATH must be nobody else's."""
    if os.name == "posix":
        if folder.stat().st_uid != os.getuid():
            raise KmslabError(
                f"{folder} belongs to another user; remove it, or set XDG_CACHE_HOME to a folder of yours."
            )
        folder.chmod(0o700)


def _scripts() -> Mapping[str, str]:
    # -P: a folder called kmslab where the command is typed is not this package.
    if os.name == "nt":
        python = sys.executable.replace("%", "%%")
        return {"aws.cmd": f'@"{python}" -P -m kmslab.terminal.shim %*\r\n'}
    return {"aws": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m kmslab.terminal.shim "$@"\n'}


def _write(file: Path, text: str) -> None:
    if file.exists() and file.read_bytes() == text.encode():
        return
    # Another process may be running it: put the new one in its place whole.
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_bytes(text.encode())
    fresh.chmod(0o700)
    fresh.replace(file)


def _programs(path: str | None) -> Iterator[Program]:
    """Every `aws` in PATH that says its version, in order, without the shims."""
    shims = _shims()
    for folder in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep):
        found = shutil.which("aws", path=folder) if folder and shims not in Path(folder).parents else None
        version = None if found is None else _version(found)
        if found is not None and version is not None:
            yield Program(found, version)


def _version(program: str) -> tuple[int, int] | None:
    real = Path(program).resolve()
    try:
        return _remembered(program, str(real), real.stat().st_mtime_ns)
    except OSError:
        return None


@cache
def _remembered(program: str, real: str, changed_at_ns: int) -> tuple[int, int] | None:
    """Asking takes half a second, so the answers are kept in a file until the program changes."""
    name = f"{program} {real} {changed_at_ns}"
    notes = _shims() / "versions.json"
    known = _read(notes)
    if name not in known:
        known[name] = _ask(program)
        _keep(notes, known)
    version = known[name]
    return None if version is None else (version[0], version[1])


def _read(notes: Path) -> dict[str, list[int] | None]:
    try:
        known = json.loads(notes.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _keep(notes: Path, known: Mapping[str, list[int] | None]) -> None:
    try:
        notes.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(notes, json.dumps(known, indent=1))
    except OSError:
        # Then it is asked again the next time.
        return


def _ask(program: str) -> list[int] | None:
    try:
        said = subprocess.run(  # noqa: S603
            [program, "--version"], capture_output=True, text=True, timeout=_SECONDS_TO_ANSWER, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    # Old ones of version 1 say it on stderr.
    found = _VERSION.match(said.stdout) or _VERSION.match(said.stderr)
    return None if found is None else [int(found[1]), int(found[2])]
