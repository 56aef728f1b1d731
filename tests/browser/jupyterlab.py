"""A real JupyterLab in a real browser: opening a notebook, running cells, typing into one, and what axe-core finds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Seconds that a kernel may take for a notebook, or a page for anything else.
PATIENCE = 60
_SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "@jupyterlab/apputils-extension": {"notification": {"fetchNews": "false", "checkForUpdates": False}},
    # Every cell is in the page, also those that nobody sees.
    "@jupyterlab/notebook-extension": {"tracker": {"windowingMode": "none"}},
}


@contextmanager
def served(folder: Path, scratch: Path, **environment: str) -> Iterator[str]:
    """`kmslab lab FOLDER` as a learner starts it, without a token and without news; gives its address.

    Args:
        folder: The learner's folder.
        scratch: Where JupyterLab keeps its settings.
        environment: More variables for it and for the kernels.
    """
    for plugin, settings in _SETTINGS.items():
        for name, values in settings.items():
            file = scratch / "settings" / plugin / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
    config = scratch / "config"
    config.mkdir(exist_ok=True)
    (config / "jupyter_server_config.json").write_text(json.dumps({"IdentityProvider": {"token": ""}}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSLAB_", "JUPYTER"))}
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "kmslab", "lab", str(folder), "--no-browser", "--port", str(port)],
        env=clean
        | {
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
            "TZ": "UTC",
        }
        | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/api/status")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _wait(url: str) -> None:
    for _ in range(PATIENCE * 4):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
        else:
            return
    raise TimeoutError(url)


class Lesson:
    """A notebook that is open in a page."""

    def __init__(self, page: Any, base: str, notebook: str) -> None:
        """Open it, and wait for its kernel."""
        self.page = page
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{base}/lab/tree/{notebook}?reset")
        # The status bar, not the toolbar: a run before the kernel is connected clears every output and runs nothing.
        page.get_by_text("| Idle").first.wait_for()

    def run_all(self) -> None:
        """Run every cell, those too that follow one with an announced error, and wait for the last."""
        # The stored numbers go first: only new ones are awaited.
        self.menu("Edit", "Clear Outputs of All Cells")
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function(
            """() => /\\[\\d+\\]/.test([...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].at(-1)
                .querySelector('.jp-InputPrompt').textContent)"""
        )
        self.settled()

    def menu(self, *names: str) -> None:
        """Choose from the menu bar."""
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).first.click()

    def cell(self, text: str) -> Any:
        """The code cell whose source contains a text."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)).first

    def write(self, after: str, lines: str) -> None:
        """Write below what stands in the code cell that contains `after`, and run it, with the keyboard alone."""
        editor = self.cell(after).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+End")
        for line in lines.split("\n"):
            self.page.keyboard.press("Enter")
            # JupyterLab indents by itself; the lines come with their own.
            self.page.keyboard.press("Home")
            self.page.keyboard.insert_text(line)
        self.page.keyboard.press("Control+Enter")
        self.settled()

    def run(self, text: str) -> None:
        """Run the code cell that contains a text."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.settled()

    def settled(self) -> None:
        """Wait until nothing runs."""
        self.page.wait_for_timeout(150)
        self.page.wait_for_function(
            """() => ![...document.querySelectorAll('.jp-InputPrompt')]
                .some(each => each.textContent.includes('[*]'))"""
        )

    def output(self, text: str) -> str:
        """What the code cell that contains `text` shows."""
        return str(self.cell(text).locator(".jp-OutputArea").inner_text())

    def errors(self) -> list[str]:
        """The errors that cells ended with."""
        shown = self.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()
        return [text.strip().split("\n")[-1] for text in shown]


def violations(page: Any, axe: Any, within: str) -> list[str]:
    """What axe-core finds, WCAG A and AA, inside the elements that a selector names: rule, impact and element."""
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = axe.run(page, context={"include": [[within]]}, options=options).response["violations"]
    return [f"{each['id']} ({each['impact']}): {node['html'][:160]}" for each in found for node in each["nodes"]]
