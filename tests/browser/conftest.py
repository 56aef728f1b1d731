"""JupyterLab with the workbook, once for all tests here, and a page of Chromium for each.

They need Chromium on this machine and the Python packages of kmslab[browser]; without them they are skipped.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .jupyterlab import Lesson, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def workbook() -> Iterator[Path]:
    """A learner's folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "workbook"


@pytest.fixture(scope="session")
def base(workbook: Path) -> Iterator[str]:
    """The address of a JupyterLab in the learner's folder, as `kmslab lab` starts it."""
    with tempfile.TemporaryDirectory() as scratch, served(workbook, Path(scratch)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser. It goes with its module: Playwright keeps an event loop running, and other tests start theirs."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: kmslab[browser]")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A tall page, because JupyterLab does not draw cells far outside of it; what goes wrong in it fails the test."""
    page = chromium.new_page(viewport={"width": 1280, "height": 3000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def axe() -> Any:
    """axe-core, which knows the rules of accessibility."""
    return pytest.importorskip("axe_playwright_python.sync_playwright", reason="kmslab[browser]").Axe()


@pytest.fixture
def open_lesson(page: Any, base: str) -> Any:
    """Opens a notebook of the learner's folder in the page."""
    return lambda notebook: Lesson(page, base, notebook)
