"""The peers that cannot live beside kmslab, or are not needed to use it: each in a virtual environment of its own.

    python tests/benchmarks/peers.py        # install them all now, before there is no network

A peer that the running Python can already import is used from there. Any other is installed with pip the first time
that a benchmark asks for it, into the user's cache folder, and kept. Without a network there is no peer, and the line
says so.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Peer:
    """What to install.

    Attributes:
        package: The one whose version is told.
        requirements: For pip; `{name}` stands for the version of that package which is installed here, so that both
            sides use the same.
        modules: What has to be importable here for no installation to be needed.
    """

    package: str
    requirements: tuple[str, ...]
    modules: tuple[str, ...]


PEERS = {
    "moto": Peer(
        "moto",
        ("moto[server,kms]=={moto}", "flask", "flask-cors", "boto3=={boto3}", "cryptography=={cryptography}"),
        ("moto", "flask", "flask_cors"),
    ),
    # It insists on a botocore of its own.
    "ministack": Peer("ministack", ("ministack", "cryptography", "uvloop"), ("ministack", "hypercorn")),
    "aws-encryption-sdk": Peer(
        "aws-encryption-sdk", ("aws-encryption-sdk", "cryptography=={cryptography}"), ("aws_encryption_sdk",)
    ),
}


def main() -> int:
    """Install every peer; 1 if one could not be."""
    found = {name: python(name) for name in PEERS}
    for name, path in found.items():
        print(f"{name}: {version_of(name) if path else 'missing'}")
    return int(None in found.values())


@functools.cache
def python(name: str) -> str | None:
    """The Python that can import a peer, or None where it is not here and cannot be installed."""
    peer = PEERS[name]
    if all(find_spec(module) for module in peer.modules):
        return sys.executable
    wanted = [each.format_map(_Versions()) for each in peer.requirements]
    folder = _folder() / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    path = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    complete = folder / "complete"
    if complete.is_file() and complete.read_text("utf-8").split("\n") == wanted and path.exists():
        return str(path)
    print(f"installing {name}, once ...", end=" ", file=sys.stderr, flush=True)
    try:
        venv.create(folder, clear=True, with_pip=True)
        pip = [path, "-m", "pip", "install", "-qq", "--retries", "1", "--disable-pip-version-check", *wanted]
        subprocess.run(pip, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{name} could not be installed ({type(error).__name__}).", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    complete.write_text("\n".join(wanted), "utf-8")
    print("done", file=sys.stderr, flush=True)
    return str(path)


def version_of(name: str) -> str | None:
    """The version of a peer that is here; None if it is not, and nothing is installed for the question."""
    package = PEERS[name].package
    try:
        return version(package)
    except PackageNotFoundError:
        pass
    pattern = f"{name}-{sys.version_info.major}.{sys.version_info.minor}/**/{package.replace('-', '_')}-*.dist-info"
    found = sorted(_folder().glob(pattern))
    return found[-1].name.removesuffix(".dist-info").rpartition("-")[2] if found else None


class _Versions(dict[str, str]):
    def __missing__(self, package: str) -> str:
        return version(package)


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("kmslab-benchmarks", appauthor=False))


if __name__ == "__main__":
    sys.exit(main())
