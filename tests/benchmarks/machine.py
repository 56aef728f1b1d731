"""On what the benchmarks ran: versions and the machine, and nothing that says whose it is."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import peers
import psutil

import kmslab

PACKAGES = ("boto3", "botocore", "cryptography", "uvicorn", "httptools", "uvloop", "orjson", "msgspec")


def facts() -> dict[str, str]:
    """What a reader has to know to make the same figures."""
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "kmslab": " ".join(filter(None, (kmslab.__version__, _commit()))),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        **{package: version(package) for package in PACKAGES},
        **{name: peers.version_of(name) or "not installed" for name in peers.PEERS},
        "wrk": _wrk(),
        "processor": f"{_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def _commit() -> str:
    """The commit that was measured, and whether the files are another's by now."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)  # noqa: S603
        changed = subprocess.run([*git, "status", "--porcelain", "--", ":/kmslab"], capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"at {commit.stdout.strip()}{' with changes' if changed.stdout else ''}"


def _model() -> str:
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _wrk() -> str:
    path = shutil.which("wrk")
    if path is None:
        return "not installed"
    # It says its version with an exit code of 1, because no address was given.
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r"wrk (\S+)", said)
    return found[1] if found else "unknown"
