"""`kmslab lab` as a newcomer runs it: a folder appears, JupyterLab comes up on loopback and lists the notebooks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

TOKEN = "newcomer"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the workbook is served; the server is told to stop afterwards."""
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    command = [sys.executable, "-m", "kmslab", "lab", "workbook", "--no-browser", "--port", "18888"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            printed = []
            for line in server.stdout:
                printed.append(line)
                found = re.search(r"(http://127\.0\.0\.1:\d+)/lab", line)
                if found:
                    yield found.group(1)
                    break
            else:
                pytest.fail("JupyterLab did not come up:\n" + "".join(printed))
        finally:
            # The whole group: the command and the JupyterLab that it started.
            os.killpg(server.pid, signal.SIGKILL)


def ask(address: str, path: str) -> dict[str, object]:
    request = urllib.request.Request(f"{address}{path}", headers={"Authorization": f"token {TOKEN}"})  # noqa: S310
    # The address is printed a moment before the server accepts.
    for attempt in range(100):
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
                return json.load(reply)
        except urllib.error.URLError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    raise AssertionError


def test_a_newcomer_sees_the_lessons(address: str, tmp_path: Path) -> None:
    listed = ask(address, "/api/contents")["content"]
    assert isinstance(listed, list)
    names = sorted(entry["name"] for entry in listed)
    shipped = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
    assert [name for name in names if name.endswith(".ipynb")] == shipped
    assert "solutions" in names
    first = ask(address, "/api/contents/00_start.ipynb")
    assert first["type"] == "notebook"
    assert (tmp_path / "workbook" / "00_start.ipynb").is_file()
