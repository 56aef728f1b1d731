"""The wheel carries the workbook, and an installation from it finds its notebooks without the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what installing the wheel would put into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_every_notebook_is_in_the_wheel(installed: Path) -> None:
    stored = sorted(path.relative_to(ROOT / "notebooks") for path in (ROOT / "notebooks").rglob("*.ipynb"))
    carried = installed / "kmslab" / "_notebooks"
    assert [path for path in stored if not (carried / path).is_file()] == []
    assert (installed / "kmslab" / "py.typed").is_file()
    assert (installed / "kmslab" / "ARCHITECTURE.md").is_file()


def test_an_installation_finds_its_own_notebooks(installed: Path, tmp_path: Path) -> None:
    code = "from kmslab.classroom.sources import notebooks_folder; print(notebooks_folder())"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {code}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout.strip()) == installed / "kmslab" / "_notebooks"
