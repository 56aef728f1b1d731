"""The fence around a seat: limits of memory, processes and files, and on Linux what it can reach at all.

Every process can put up such a fence around itself and its children, and none can take it down again. Landlock needs no
rights and no container.
Source: Linux kernel documentation, "Landlock: unprivileged access control"; landlock(7); prctl(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import kmslab

_MEGABYTE = 1024 * 1024
#: How many processes and threads a seat may have besides what its user has already.
_PROCESSES = 256
#: How large one file may become.
_FILE_MEGABYTES = 256

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_GET_ABI = 1
_PATH, _PORT = 1, 2
_NO_NEW_PRIVILEGES, _DUMPABLE, _DEATH_SIGNAL, _SUBREAPER = 38, 4, 1, 36
_KILL = 9

# Rights on files, as bits.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
_RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_IOCTL = 1 << 15
_CONNECT_TCP = 2
#: No signals and no abstract sockets to processes outside.
_SCOPES = 1 | 2

_SYSTEM = (
    "/bin",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/proc",
    "/sbin",
    "/sys/fs/cgroup",
    "/usr",
    "/nix",
    "/run/systemd",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/pts")
#: The workbook with its solutions lies in the package, and is not for a seat.
_HIDDEN = frozenset({"_notebooks"})


@dataclass(frozen=True)
class Terms:
    """What a seat is allowed.

    Attributes:
        folder: Where it may write.
        memory_mb: Its memory in MiB.
        seconds: CPU time of the process.
        port: The port of the Lab's endpoint.
    """

    folder: str
    memory_mb: int
    seconds: int
    port: int


def close(terms: Terms) -> None:
    """Put the fence up around this process. Threads that run already stay outside, so it comes before any."""
    _limit(terms)
    if sys.platform == "linux":
        _ask_kernel(_DEATH_SIGNAL, _KILL)
        _wall(terms)


def strength() -> str:
    """What this system has for a fence, as a sentence for the teacher; empty where nothing is missing."""
    if _abi() >= 1:
        return ""
    return (
        "This system has no Landlock, so that a submission could read and write your files; "
        "grade in a container if you do not know your learners."
    )


def hide() -> None:
    """Let no other process of this user look into this one, and be who is left when a seat's children lose theirs."""
    if sys.platform == "linux":
        _ask_kernel(_DUMPABLE, 0)
        _ask_kernel(_SUBREAPER, 1)
        _ask_kernel(_DEATH_SIGNAL, _KILL)


def _limit(terms: Terms) -> None:
    if os.name != "posix":
        return
    import resource

    wanted = {
        resource.RLIMIT_AS: terms.memory_mb * _MEGABYTE,
        resource.RLIMIT_FSIZE: _FILE_MEGABYTES * _MEGABYTE,
        resource.RLIMIT_CPU: terms.seconds,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux" and os.geteuid() != 0:
        wanted[resource.RLIMIT_NPROC] = _threads_of_user() + _PROCESSES
    for what, limit in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # macOS refuses some of them.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _threads_of_user() -> int:
    count, user = 0, os.getuid()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
    return count


# --- Landlock ---


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _ask_kernel(what: int, value: int) -> None:
    _libc().prctl(what, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _abi() -> int:
    """Which version of Landlock the kernel has; 0 or less for none."""
    if sys.platform != "linux":
        return 0
    return int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), _GET_ABI))


def _wall(terms: Terms) -> None:
    abi = _abi()
    if abi < 1:
        return
    libc = _libc()
    all_rights = (1 << _RIGHTS_OF_ABI.get(abi, 16)) - 1
    handled = struct.pack("=QQQ", all_rights, _CONNECT_TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = libc.syscall(_CREATE, handled, ctypes.c_size_t(size), 0)
    if rules < 0:
        return
    try:
        for path, rights in _reachable(terms):
            _allow(libc, rules, path, rights & all_rights)
        if abi >= 4:
            libc.syscall(_ADD, rules, _PORT, struct.pack("=QQ", _CONNECT_TCP, terms.port), 0)
        _ask_kernel(_NO_NEW_PRIVILEGES, 1)
        libc.syscall(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _reachable(terms: Terms) -> Iterator[tuple[Path, int]]:
    """What may be reached, and how."""
    everything = (1 << 16) - 1
    yield Path(terms.folder), everything
    for name in _SYSTEM:
        yield Path(name), _READ
    for name in _DEVICES:
        yield Path(name), _READ_FILE | _WRITE_FILE | _READ_FOLDER | _IOCTL
    package = Path(kmslab.__file__).parent
    yield from ((path, _READ) for path in _but(package, _HIDDEN))
    # Python lists the folders of its path; of the package's own only what is not hidden may be read.
    for entry in map(Path, {*sys.path, sys.prefix, sys.base_prefix} - {""}):
        if not entry.is_dir():
            yield entry, _READ
        elif package.is_relative_to(entry) or (entry / "notebooks").is_dir():
            # A checkout has the solutions.
            yield entry, _READ_FOLDER
            yield from _around(entry, package)
        else:
            yield entry, _READ


def _around(folder: Path, package: Path) -> Iterator[tuple[Path, int]]:
    """Everything in a folder but the package; of a checkout, nothing, because it has the notebooks."""
    if (folder / "notebooks").is_dir():
        return
    for path in folder.iterdir():
        if path == package:
            continue
        if package.is_relative_to(path):
            yield path, _READ_FOLDER
            yield from _around(path, package)
        else:
            yield path, _READ


def _but(folder: Path, hidden: Iterable[str]) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.name not in hidden)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _IOCTL | (1 << 14)
        libc.syscall(_ADD, rules, _PATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def descendants() -> list[int]:
    """The processes that this one has left, with those that fell to it when their own parents ended."""
    parents: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(process.name))
    found, next_ones = [], parents.get(os.getpid(), [])
    while next_ones:
        found += next_ones
        next_ones = [child for each in next_ones for child in parents.get(each, [])]
    return found
