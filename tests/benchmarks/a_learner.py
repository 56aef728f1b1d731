"""What one learner needs of a computer: memory and processor time of JupyterLab and of a kernel, lesson by lesson.

    python tests/benchmarks/a_learner.py [LESSON ...]

For each lesson a kernel of its own runs the solution from top to bottom. Given are, of the kernel and everything that
it has started: the memory that is its own or its share (PSS, in MB) when it is idle after the first cell and after the
last, the most it was seen to hold (RSS, looked at every tenth of a second), and the processor time of all cells.
JupyterLab's server is measured by itself, with the workbook listed and one kernel running. Linux only.

What is aimed at is what binder/jupyterhub/values.yaml guarantees to a learner.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import nbformat
import psutil
from nbclient import NotebookClient
from table import Line, Target

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "notebooks" / "solutions"
TOKEN = "a-benchmark"
TARGETS = (Target("a learner: JupyterLab's server and the largest kernel", "MB", "", "at most", 384),)


def main() -> None:
    """Measure JupyterLab, then each lesson."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="two digits; all unless given")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KMSLAB_WORKSPACE"] = os.environ["TMPDIR"] = folder
        with jupyterlab(Path(folder)) as server:
            print(f"JupyterLab's server, workbook listed, one kernel: {megabytes(server, family=False):.0f} MB")
        print(f"\n{'lesson':34}{'after load_ext':>15}{'at the end':>12}{'peak RSS':>10}{'CPU s':>8}")
        worst = [0.0] * 4
        for path in sorted(SOLUTIONS.glob("*.ipynb")):
            if not options.lessons or path.name[:2] in options.lessons:
                found = lesson(path)
                worst = [max(pair) for pair in zip(worst, found, strict=True)]
                show(path.stem, found)
        show("the most", tuple(worst))


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """What a learner needs at most; `quick` looks at one lesson."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KMSLAB_WORKSPACE"] = os.environ["TMPDIR"] = folder
        with jupyterlab(Path(folder)) as server:
            served = megabytes(server, family=False)
        peaks = {}
        for path in sorted(SOLUTIONS.glob("*.ipynb"))[: 1 if options.quick else None]:
            print(path.stem, file=sys.stderr, flush=True)
            peaks[path.stem[:2]] = lesson(path)[2]
    worst = max(peaks, key=peaks.__getitem__)
    yield TARGETS[0].line(
        served + peaks[worst], note=f"server {served:.0f}, kernel {peaks[worst]:.0f} in lesson {worst}"
    )


def show(name: str, found: tuple[float, ...] | list[float]) -> None:
    """Print one line."""
    first, last, peak, used = found[:4]
    print(f"{name:34}{first:>12.0f} MB{last:>9.0f} MB{peak:>7.0f} MB{used:>8.1f}", flush=True)


def lesson(path: Path) -> tuple[float, float, float, float]:
    """Memory after the first code cell and after the last, peak RSS in MB, and processor seconds."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    first = 0.0
    with client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.process.pid)
        watch = Watch(kernel)
        watch.start()
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            if cell.cell_type == "code" and not first:
                first = megabytes(kernel)
        last = megabytes(kernel)
        used = sum(
            times.user + times.system + times.children_user + times.children_system
            for times in (process.cpu_times() for process in [kernel, *kernel.children(recursive=True)])
        )
        return first, last, watch.stop(), used


def megabytes(process: psutil.Process, *, family: bool = True) -> float:
    """The proportional set size of a process, and of all that it has started."""
    every = [process, *(process.children(recursive=True) if family else ())]
    return sum(each.memory_full_info().pss for each in every) / 1e6


class Watch(threading.Thread):
    """Looks again and again how much memory a process and all that it has started hold."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._over = threading.Event()
        self.most = 0.0

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(0.1):
            with contextlib.suppress(psutil.NoSuchProcess):
                every = [self._process, *self._process.children(recursive=True)]
                self.most = max(self.most, sum(each.memory_info().rss for each in every) / 1e6)

    def stop(self) -> float:
        """Stop, and say what was the most, in MB."""
        self._over.set()
        self.join()
        return self.most


@contextmanager
def jupyterlab(folder: Path) -> Iterator[psutil.Process]:
    """`kmslab lab` as a learner starts it, with a page loaded and a kernel running."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "kmslab", "lab", str(folder / "workbook"), "--no-browser", "--port", str(port)]
    environment = {**os.environ, "JUPYTER_TOKEN": TOKEN}
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            ask(port, "/api/contents")
            ask(port, "/lab")
            ask(port, "/api/contents/00_start.ipynb")
            ask(port, "/api/kernels", b'{"name": "python3"}')
            time.sleep(3)
            yield psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(60)


def ask(port: int, path: str, body: bytes | None = None) -> None:
    """One request, as soon as the server accepts."""
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}{path}", body, headers)
    for attempt in range(200):
        try:
            with urlopen(request, timeout=20) as reply:  # noqa: S310
                text = reply.read()
                assert path.startswith("/lab") or json.loads(text)
                return
        except URLError:
            if attempt == 199:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    main()
